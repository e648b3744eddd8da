use fire_and_forget::fire_and_forget;

pub trait Job {
    type Input: Send;
}

#[fire_and_forget]
fn audit<J: Job>(input: J::Input) {
    drop(input);
}

fn main() {}
