use fire_and_forget::fire_and_forget;
use std::fmt::Debug;

#[derive(Debug, Clone)]
struct Audit;

impl Audit {
    #[fire_and_forget]
    fn line(#[own] &self, number: u8) {
        println!("{number} in {self:?}");
    }
}

fn main() {}
