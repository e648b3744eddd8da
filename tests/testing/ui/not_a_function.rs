use fire_and_forget::testing;

fn main() {
    let launches = testing::capture();
    assert_eq!(launches.count("welcome"), 0);
}
