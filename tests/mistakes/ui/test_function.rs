use fire_and_forget::fire_and_forget;

#[fire_and_forget]
#[test]
fn audit() {}

fn main() {}
