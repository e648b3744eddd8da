//! Launches on their way to the store.

use std::time::Duration;

use fire_and_forget::{WhyUnfinished, durable, fire_and_forget};
use waiting::{PATIENCE, wait_until};

use crate::counts;
use crate::store::Store;

#[fire_and_forget(backend = "durable", name = "is launched")]
fn is_launched(number: u32) {
    assert!(number < 10_000);
}

#[test]
fn launches_wait_while_the_store_is_away_and_arrive_in_their_order() {
    let store = Store::open();
    store.go_away();
    for number in 0..10_000 {
        is_launched(number);
    }
    let unfinished = durable::flush(Duration::from_millis(10))
        .wait()
        .unwrap_err();
    assert_eq!(unfinished.reason(), WhyUnfinished::Deadline);
    // Other tests may launch meanwhile.
    let says = unfinished.to_string();
    assert!(
        says.contains("`is launched` (10000 not in the store)"),
        "{says}"
    );
    let mut entries = unfinished.entries().iter();
    let entry = entries.find(|entry| entry.function() == "is launched");
    assert_eq!(entry.map(fire_and_forget::Entry::backend), Some("durable"));
    assert_eq!(counts("is launched")[0].in_flight(), 10_000);
    store.come_back();
    durable::flush(PATIENCE).wait().unwrap();
    let arguments = store.waiting().into_iter().map(|row| row.arguments);
    let expected = (0..10_000).map(|number| format!(r#"{{"number":{number}}}"#).into_bytes());
    assert!(arguments.eq(expected));
    store.work_off();
    wait_until("all have been done", || {
        counts("is launched")[1].ok == 10_000
    });
    assert_eq!(counts("is launched")[0].ok, 10_000);
}
