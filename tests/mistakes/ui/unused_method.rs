#![deny(dead_code)]

use fire_and_forget::fire_and_forget;

pub struct Audit;

impl Audit {
    #[fire_and_forget]
    async fn line(self) {}
}

fn main() {}
