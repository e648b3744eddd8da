use fire_and_forget::fire_and_forget;

#[fire_and_forget]
async fn audit(line: String) {
    let shared = std::rc::Rc::new(line);
    std::future::ready(()).await;
    println!("{shared}");
}

fn main() {}
