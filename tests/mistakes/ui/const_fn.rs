use fire_and_forget::fire_and_forget;

#[fire_and_forget]
const fn audit(line: u8) {
    let _ = line;
}

fn main() {}
