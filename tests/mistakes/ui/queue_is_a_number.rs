use fire_and_forget::fire_and_forget;

#[fire_and_forget(queue = 1024)]
fn welcome(to: String) {
    drop(to);
}

fn main() {}
