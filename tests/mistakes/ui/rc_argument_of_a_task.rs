use std::rc::Rc;
use fire_and_forget::fire_and_forget;

#[fire_and_forget]
async fn audit(line: Rc<str>) {
    std::future::ready(()).await;
    println!("{line}");
}

fn main() {}
