use fire_and_forget::fire_and_forget;

#[fire_and_forget]
#[tokio::test]
async fn audit() {}

fn main() {}
