//! Two rows for each function, and the equation in both.

use fire_and_forget::durable::collect;
use fire_and_forget::{Counts, fire_and_forget};

use crate::store::Store;
use crate::{counts, observe, reports};

#[fire_and_forget(backend = "durable", name = "goes well")]
fn goes_well(number: u64) {
    assert_eq!(number, 7);
}

#[test]
fn a_launch_is_ok_when_it_is_stored_and_an_execution_when_it_is_done() {
    let store = Store::default();
    let taken = collect(|| goes_well(7));
    let [launched, executed] = counts("goes well");
    assert_eq!((launched.launched, launched.in_flight()), (1, 1));
    assert_eq!(executed, Counts::default());
    store.take(taken);
    assert_eq!(counts("goes well")[0].ok, 1);
    assert!(store.work_off_one());
    let [launched, executed] = counts("goes well");
    assert_eq!((launched.launched, launched.ok), (1, 1));
    assert_eq!((executed.launched, executed.ok), (1, 1));
    assert_eq!(store.done().len(), 1);
}

#[fire_and_forget(backend = "durable", name = "fails twice", attempts = 2)]
async fn fails_twice(to: String) -> Result<(), String> {
    Err(format!("{to} does not answer"))
}

#[test]
fn each_failed_attempt_is_reported_with_the_line_that_launched_and_giving_up_once() {
    observe();
    let store = Store::default();
    let line = line!() + 1;
    store.take(collect(|| fails_twice("ada".into())));
    store.work_off();
    let [launched, executed] = counts("fails twice");
    assert_eq!((launched.launched, launched.ok), (1, 1));
    assert_eq!((executed.launched, executed.failed), (2, 2));
    let at = format!("; launched at {}:{line}", file!());
    let reports = reports("fails twice");
    assert_eq!(reports.len(), 3, "{reports:?}");
    for (backend, report) in &reports {
        assert_eq!(backend, "durable worker");
        assert!(report.ends_with(&at), "{report}");
    }
    assert!(reports[0].1.contains(") failed: ada does not answer;"));
    assert!(reports[1].1.contains(") failed: ada does not answer;"));
    assert!(
        reports[2]
            .1
            .contains(") was given up after 2 attempts: ada does not answer;")
    );
    assert_eq!(store.dead()[0].1, "ada does not answer");
}

#[fire_and_forget(backend = "durable", name = "panics", attempts = 1)]
fn panics() {
    panic!("deliberate");
}

#[test]
fn a_body_that_panics_is_counted_and_the_store_hears_of_it() {
    observe();
    let store = Store::default();
    store.take(collect(panics));
    store.work_off();
    assert_eq!(counts("panics")[1].panicked, 1);
    assert_eq!(store.dead()[0].1, "panicked: deliberate");
}

#[fire_and_forget(backend = "durable", name = "is not stored")]
fn is_not_stored(_number: u64) {}

#[test]
fn a_launch_that_an_adapter_drops_or_cannot_store_is_reported() {
    observe();
    let mut taken = collect(|| (0..4).for_each(is_not_stored));
    taken.next().unwrap().failed(&"the disk is full");
    taken.next().unwrap().rolled_back();
    taken.next().unwrap().spooled();
    drop(taken.next().unwrap());
    let launched = counts("is not stored")[0];
    assert_eq!(
        (launched.launched, launched.failed, launched.lost),
        (4, 1, 3)
    );
    let reports = reports("is not stored");
    let says = ["the disk is full", "rolled back", "spool file", "dropped"];
    for ((backend, report), says) in reports.iter().zip(says) {
        assert_eq!(backend, "durable");
        assert!(report.contains(says), "{report}");
    }
}

static HANDLED: std::sync::Mutex<Vec<std::num::ParseIntError>> = std::sync::Mutex::new(Vec::new());

fn handle(error: std::num::ParseIntError) {
    HANDLED.lock().unwrap().push(error);
}

#[fire_and_forget(
    backend = "durable",
    name = "is handled",
    attempts = 3,
    on_error = handle
)]
fn is_handled(text: String) -> Result<(), std::num::ParseIntError> {
    text.parse::<u8>().map(drop)
}

#[test]
fn an_error_handler_gets_each_failed_attempt() {
    let store = Store::default();
    store.take(collect(|| is_handled("no number".into())));
    store.work_off();
    assert_eq!(HANDLED.lock().unwrap().len(), 3);
    assert_eq!(counts("is handled")[1].failed, 3);
    assert_eq!(store.dead().len(), 1);
}

#[fire_and_forget(
    backend = "durable",
    name = "comes back",
    on_full = "reject",
    max_in_flight = 1
)]
fn comes_back(text: String, number: u64) {
    drop((text, number));
}

#[test]
fn a_refused_launch_gives_its_arguments_back_as_they_were() {
    let mut rejected = None;
    let taken = collect(|| {
        comes_back("first".into(), 1).unwrap();
        rejected = comes_back("second".into(), 2).err();
    });
    assert_eq!(taken.missing(), 0, "the caller knows");
    let rejected = rejected.expect("one may be on its way to the store");
    assert_eq!(rejected.into_args(), ("second".to_owned(), 2));
    Store::default().take(taken);
    let launched = counts("comes back")[0];
    assert_eq!((launched.ok, launched.refused), (1, 1));
}
