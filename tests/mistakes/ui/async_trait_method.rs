use fire_and_forget::fire_and_forget;

#[async_trait::async_trait]
trait Audit {
    #[fire_and_forget]
    async fn line(self: std::sync::Arc<Self>, line: String) {
        drop(line);
    }
}

fn main() {}
