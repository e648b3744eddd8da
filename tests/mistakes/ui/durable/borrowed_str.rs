use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "durable")]
fn welcome(to: &str) {
    println!("{to}");
}

fn main() {}
