use fire_and_forget::{Pool, fire_and_forget};

fn main() {
    let mail = Pool::new("mail");

    #[fire_and_forget(backend = mail)]
    fn audit(line: String) {
        println!("{line}");
    }

    audit("line".into());
}
