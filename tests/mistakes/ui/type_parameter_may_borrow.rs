use fire_and_forget::fire_and_forget;

#[fire_and_forget]
fn audit<T: std::fmt::Display + Send>(line: T) {
    println!("{line}");
}

fn main() {}
