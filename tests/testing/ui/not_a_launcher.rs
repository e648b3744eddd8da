use fire_and_forget::testing;

fn length(text: String) -> usize {
    text.len()
}

fn main() {
    let launches = testing::capture();
    assert_eq!(launches.count(length), 0);
}
