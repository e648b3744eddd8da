use fire_and_forget::fire_and_forget;

struct Audit(u8);

impl Audit {
    #[fire_and_forget]
    fn line(#[own] &self, line: String) {
        println!("{} {line}", self.0);
    }
}

fn main() {}
