use fire_and_forget::fire_and_forget;

const SECONDS: u64 = 30;

#[fire_and_forget(backend = "durable", timeout = SECONDS)]
async fn welcome(to: String) {
    drop(to);
}

fn main() {}
