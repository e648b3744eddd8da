use fire_and_forget::fire_and_forget;

struct Receipt;

#[fire_and_forget]
fn audit(line: String) -> Receipt {
    drop(line);
    Receipt
}

fn main() {}
