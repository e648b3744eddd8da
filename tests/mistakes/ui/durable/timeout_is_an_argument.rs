use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "durable", timeout = std::time::Duration::from_secs(seconds))]
async fn welcome(seconds: u64) {
    println!("{seconds}");
}

fn main() {}
