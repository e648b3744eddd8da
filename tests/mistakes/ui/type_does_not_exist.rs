use fire_and_forget::fire_and_forget;

#[fire_and_forget]
fn audit(line: Line, number: u8) {
    println!("{line} {number}");
}

fn main() {}
