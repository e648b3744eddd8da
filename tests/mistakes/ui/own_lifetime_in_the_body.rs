use fire_and_forget::fire_and_forget;

#[fire_and_forget]
fn audit<'a>(#[own] line: &'a str) {
    let word: &'a str = line.trim();
    println!("{word}");
}

fn main() {}
