use fire_and_forget::fire_and_forget;

#[fire_and_forget]
fn audit(#[own] line: Option<&str>) {
    println!("{line:?}");
}

fn main() {}
