use fire_and_forget::fire_and_forget;

struct Line(u8);

#[fire_and_forget]
fn audit(number: u32, #[own] line: &Line) {
    println!("{number} {}", line.0);
}

fn main() {}
