use fire_and_forget::fire_and_forget;

const NUMBER: u8 = 5;

#[fire_and_forget(name = NUMBER)]
fn audit(line: String) {
    println!("{line}");
}

fn main() {
    audit("line".into());
}
