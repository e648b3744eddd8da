use fire_and_forget::fire_and_forget;

#[derive(Clone)]
struct Audit(String);

impl Audit {
    #[fire_and_forget]
    fn line(#[own] &self) {
        drop(self.0);
    }
}

fn main() {}
