use fire_and_forget::fire_and_forget;

#[fire_and_forget]
fn audit(#[cfg_attr(unix, own)] line: &str) {
    println!("{line}");
}

fn main() {}
