use fire_and_forget::fire_and_forget;

#[fire_and_forget]
async fn audit(count: u32, line: impl std::fmt::Display + Send) {
    println!("{line} {count}");
}

fn main() {}
