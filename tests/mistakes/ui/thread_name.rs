use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "thread", thread_name = "mail")]
fn welcome(to: String) {
    drop(to);
}

fn main() {}
