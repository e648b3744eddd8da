use fire_and_forget::fire_and_forget;

#[fire_and_forget(trace = "child")]
fn welcome(_: String) {}

fn main() {
    welcome("ada@example.com".into());
}
