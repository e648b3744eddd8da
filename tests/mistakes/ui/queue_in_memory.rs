use fire_and_forget::fire_and_forget;

#[fire_and_forget(queue = "mail")]
fn welcome(to: String) {
    drop(to);
}

fn main() {}
