use fire_and_forget::testing;

async fn webhook(event: u8) {
    println!("{event}");
}

fn main() {
    let _forbidding = testing::forbid_only(testing::by_call(|| webhook(7)));
}
