use fire_and_forget::fire_and_forget;

#[fire_and_forget(on_full = "reject")]
fn audit(line: String, #[cfg(all())] count: u32) {
    println!("{line} {count}");
}

fn main() {}
