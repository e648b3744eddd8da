use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "local")]
async fn welcome(to: String) {
    drop(to);
}

fn main() {}
