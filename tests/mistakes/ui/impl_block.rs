use fire_and_forget::fire_and_forget;

struct Audit;

#[fire_and_forget]
impl Audit {
    fn line(self) {}
}

fn main() {}
