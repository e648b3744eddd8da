use fire_and_forget::fire_and_forget;

#[fire_and_forget]
fn audit(line: String) -> impl Sized {
    line
}

fn main() {}
