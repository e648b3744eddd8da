use fire_and_forget::fire_and_forget;

static LINES: std::sync::Mutex<Vec<String>> = std::sync::Mutex::new(Vec::new());

#[fire_and_forget(backend = "tokio", on_full = "reject")]
async fn audit(line: String) {
    let mut lines = LINES.lock().unwrap();
    std::future::ready(()).await;
    lines.push(line);
}

fn main() {}
