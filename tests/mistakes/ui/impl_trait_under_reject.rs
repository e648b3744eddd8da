use fire_and_forget::fire_and_forget;

#[fire_and_forget(on_full = "reject")]
fn audit(line: impl std::fmt::Display + Send + 'static) {
    println!("{line}");
}

fn main() {}
