use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "durable")]
fn serve() -> ! {
    loop {}
}

fn main() {}
