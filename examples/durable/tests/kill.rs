//! The shop is killed twenty times in the middle of its work, and has lost nothing in the end.

use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// So many orders; those of before each kill are there after it.
const ORDERS: u64 = 400;
const KILLS: u64 = 20;

fn start(url: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_shop"))
        .args([url, &ORDERS.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn check(url: &str) {
    for kill in 0..KILLS {
        let mut shop = start(url);
        // Whenever it comes: a different moment each time, and none of them is waited for.
        thread::sleep(Duration::from_millis(30 + 17 * kill));
        shop.kill().unwrap();
        shop.wait().unwrap();
    }
    let began = Instant::now();
    let output = start(url).wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "after {:?}: {text}",
        began.elapsed()
    );
    let expected = format!("{ORDERS} orders, {ORDERS} mails\n");
    assert!(text.ends_with(&expected), "{text}");
}

#[test]
fn a_shop_that_is_killed_twenty_times_has_a_mail_for_each_order_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    check(&format!(
        "sqlite:{}",
        folder.path().join("shop.db").display()
    ));
}

#[test]
fn a_shop_that_is_killed_twenty_times_has_a_mail_for_each_order_on_postgres() {
    match std::env::var("DURABLE_TEST_POSTGRES") {
        Ok(url) => check(&url),
        Err(_) => println!("left out: `DURABLE_TEST_POSTGRES` names no server"),
    }
}
