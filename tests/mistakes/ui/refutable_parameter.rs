use fire_and_forget::fire_and_forget;

#[fire_and_forget]
fn audit(Some(line): Option<String>) {
    println!("{line}");
}

fn main() {
    audit(None);
}
