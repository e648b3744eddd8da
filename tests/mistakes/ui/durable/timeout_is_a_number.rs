use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "durable", timeout = 30)]
async fn welcome(to: String) {
    drop(to);
}

fn main() {}
