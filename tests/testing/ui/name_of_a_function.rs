use fire_and_forget::{Refusal, testing};

fn main() {
    let _refusing = testing::refuse_only("app::index", Refusal::Full);
}
