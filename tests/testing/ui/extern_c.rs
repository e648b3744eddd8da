use fire_and_forget::{fire_and_forget, testing};

#[fire_and_forget]
extern "C" fn signal(number: i32) {
    println!("{number}");
}

fn main() {
    let launches = testing::capture();
    assert_eq!(launches.count(signal), 0);
}
