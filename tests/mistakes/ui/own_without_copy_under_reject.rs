use fire_and_forget::fire_and_forget;

struct Line(u8);

#[fire_and_forget(on_full = "reject")]
fn audit(#[own] line: &Line) {
    println!("{}", line.0);
}

fn main() {}
