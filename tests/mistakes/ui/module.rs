use fire_and_forget::fire_and_forget;

#[fire_and_forget]
mod audit {
    pub fn line() {}
}

fn main() {}
