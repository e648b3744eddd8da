use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "durable", on_full = "caller_runs")]
fn welcome(to: String) {
    drop(to);
}

fn main() {}
