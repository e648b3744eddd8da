use fire_and_forget::fire_and_forget;

#[derive(Clone)]
struct Audit(u8);

impl Audit {
    #[fire_and_forget]
    fn line(#[own] &mut self) {
        self.0 += 1;
    }
}

fn main() {}
