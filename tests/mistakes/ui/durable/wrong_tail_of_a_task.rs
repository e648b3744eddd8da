use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "durable")]
async fn store() {
    5
}

fn main() {}
