use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "durable")]
fn store<const N: usize>(bytes: [u8; N]) {
    println!("{bytes:?}");
}

fn main() {}
