use fire_and_forget::fire_and_forget;

#[fire_and_forget]
fn main() {}
