use fire_and_forget::{fire_and_forget, testing};

#[fire_and_forget]
fn many(_: u8, _: u8, _: u8, _: u8, _: u8, _: u8, _: u8, _: u8, _: u8, _: u8, _: u8, _: u8, _: u8) {}

fn main() {
    let launches = testing::capture();
    assert_eq!(launches.count(many), 0);
}
