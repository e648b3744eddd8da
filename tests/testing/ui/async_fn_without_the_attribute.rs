use fire_and_forget::testing;

async fn webhook(event: u8) {
    println!("{event}");
}

fn main() {
    let launches = testing::capture();
    assert_eq!(launches.take(webhook), [(7,)]);
}
