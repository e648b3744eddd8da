use fire_and_forget::fire_and_forget;

#[derive(Clone)]
struct Line<'a>(&'a str);

#[fire_and_forget]
fn audit(#[own] line: &Line) {
    println!("{}", line.0);
}

fn main() {}
