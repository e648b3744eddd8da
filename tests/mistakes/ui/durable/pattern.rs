use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "durable")]
fn area((width, height): (u32, u32)) {
    println!("{}", width * height);
}

fn main() {}
