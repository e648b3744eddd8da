use fire_and_forget::fire_and_forget;

#[fire_and_forget(timeout = std::time::Duration::from_secs(30))]
async fn welcome(to: String) {
    drop(to);
}

fn main() {}
