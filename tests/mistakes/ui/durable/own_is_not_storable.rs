use fire_and_forget::fire_and_forget;

#[derive(Clone)]
struct Line(u8);

#[fire_and_forget(backend = "durable")]
fn audit(#[own] line: &Line) {
    println!("{}", line.0);
}

fn main() {}
