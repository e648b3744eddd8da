use fire_and_forget::fire_and_forget;

#[fire_and_forget]
async fn audit(line: String) -> ! {
    println!("{line}");
}

fn main() {
    audit("line".into());
}
