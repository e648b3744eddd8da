use fire_and_forget::fire_and_forget;

#[fire_and_forget(on_full = "block")]
async fn audit(line: String) {
    drop(line);
}

fn main() {}
