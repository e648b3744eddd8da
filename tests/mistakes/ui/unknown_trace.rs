use fire_and_forget::fire_and_forget;

#[fire_and_forget(trace = "parent")]
fn welcome(_: String) {}

fn main() {
    welcome("ada@example.com".into());
}
