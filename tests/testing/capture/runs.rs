//! Captured launches that run in the test.

use std::cell::RefCell;
use std::panic::{set_hook, take_hook};
use std::pin::pin;
use std::sync::Mutex;
use std::sync::mpsc::{self, Sender};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use fire_and_forget::{fire_and_forget, is_stopping, ledger, testing};

use crate::panic_of;

thread_local! {
    /// What the bodies of this test's thread did.
    static RAN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn ran() -> Vec<String> {
    RAN.take()
}

fn note(text: impl Into<String>) {
    let text = text.into();
    RAN.with_borrow_mut(|ran| ran.push(text));
}

#[fire_and_forget]
fn plain(name: String) {
    note(name);
}

#[fire_and_forget(backend = "tokio")]
fn in_a_runtime(name: String) {
    tokio::runtime::Handle::current();
    note(name);
}

#[fire_and_forget]
async fn task(name: String) {
    tokio::time::sleep(Duration::from_millis(1)).await;
    note(name);
}

#[fire_and_forget(backend = "thread", on_full = "reject")]
async fn blocking(name: String) {
    let here = std::rc::Rc::new(name);
    tokio::task::yield_now().await;
    note((*here).clone());
}

#[fire_and_forget]
fn panics_in_a_test() {
    panic!("in a test that runs its launches");
}

#[fire_and_forget]
fn panics_in_a_worker(_sender: Sender<()>) {
    panic!("in a worker, after the hook");
}

#[test]
fn a_panic_of_a_body_that_a_test_runs_is_printed_as_ever() {
    static PRINTED: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let other = take_hook();
    set_hook(Box::new(move |info| {
        let text = info.payload().downcast_ref::<&str>().copied();
        PRINTED.lock().unwrap().extend(text.map(str::to_owned));
        other(info);
    }));
    fire_and_forget::hook_panics();
    let (sender, ended) = mpsc::channel();
    panics_in_a_worker(sender);
    assert!(ended.recv().is_err());
    let launches = testing::capture();
    panics_in_a_test();
    panic_of(|| drop(launches.run()));
    let printed = PRINTED.lock().unwrap();
    let is_printed = |text: &str| printed.iter().any(|it| it == text);
    assert!(is_printed("in a test that runs its launches"));
    assert!(!is_printed("in a worker, after the hook"));
}

#[test]
fn bodies_run_in_launch_order_on_the_thread_of_the_test() {
    let launches = testing::capture();
    plain("a".into());
    in_a_runtime("b".into());
    plain("c".into());
    assert_eq!(ran(), [""; 0]);
    launches.run();
    assert_eq!(ran(), ["a", "b", "c"]);
    launches.assert_empty();
}

#[tokio::test]
async fn futures_are_awaited_in_launch_order() {
    let launches = testing::capture();
    plain("a".into());
    task("b".into());
    plain("c".into());
    blocking("d".into()).expect("captured");
    task("e".into());
    launches.run().await;
    assert_eq!(ran(), ["a", "b", "c", "d", "e"]);
    launches.assert_empty();
}

#[test]
fn a_future_that_is_not_awaited_fails_the_test() {
    let launches = testing::capture();
    plain("a".into());
    task("b".into());
    plain("c".into());
    let message = panic_of(|| {
        launches.run();
    });
    assert!(message.contains("::task`, launched at"), "{message}");
    assert!(
        message.ends_with("is an `async fn`: write `launches.run().await`"),
        "{message}"
    );
    assert_eq!(ran(), ["a"]);
    let message = panic_of(|| {
        task("b".into());
        launches.run().errors()
    });
    assert!(message.contains("is an `async fn`"), "{message}");
}

#[test]
fn a_cancelled_run_captures_again_what_has_not_begun() {
    let launches = testing::capture();
    plain("a".into());
    forever();
    plain("c".into());
    {
        let mut run = pin!(launches.run());
        let mut context = Context::from_waker(Waker::noop());
        assert!(run.as_mut().poll(&mut context).is_pending());
    }
    assert_eq!(ran(), ["a"]);
    plain("d".into());
    launches.run();
    assert_eq!(ran(), ["c", "d"]);
}

#[fire_and_forget]
async fn forever() {
    std::future::pending::<()>().await;
}

#[test]
fn the_panic_of_a_body_reaches_the_test_and_the_rest_stays_captured() {
    #[fire_and_forget]
    fn panics(text: &'static str) {
        panic!("{text}");
    }

    let launches = testing::capture();
    plain("a".into());
    panics("of the body");
    plain("c".into());
    let message = panic_of(|| {
        launches.run();
    });
    assert_eq!(message, "of the body");
    assert_eq!(ran(), ["a"]);
    launches.run();
    assert_eq!(ran(), ["c"]);
}

#[test]
fn a_panic_of_a_body_can_be_expected() {
    #[fire_and_forget]
    fn panics() {
        panic!("expected");
    }

    let launches = testing::capture();
    panics();
    let caught = std::panic::catch_unwind(|| drop(launches.run()));
    assert!(caught.is_err());
}

#[tokio::test]
#[should_panic(expected = "of the future")]
async fn the_panic_of_a_future_reaches_the_test() {
    #[fire_and_forget]
    async fn panics() {
        tokio::task::yield_now().await;
        panic!("of the future");
    }

    let launches = testing::capture();
    panics();
    launches.run().await;
}

#[fire_and_forget]
fn countdown(from: u32, steps: Sender<u32>) {
    let _ = steps.send(from);
    if from > 0 {
        countdown(from - 1, steps);
    }
}

#[test]
fn what_a_body_launches_waits_for_the_next_run() {
    let launches = testing::capture();
    let (steps, received) = mpsc::channel();
    countdown(2, steps);
    launches.run();
    assert_eq!(received.try_iter().collect::<Vec<_>>(), [2]);
    assert_eq!(launches.count(countdown), 1);
    while !launches.is_empty() {
        launches.run();
    }
    assert_eq!(received.iter().collect::<Vec<_>>(), [1, 0]);
}

#[fire_and_forget(name = "fails in a run")]
fn fails(text: &'static str) -> Result<(), String> {
    Err(text.to_owned())
}

#[tokio::test]
async fn errors_are_returned_in_launch_order() {
    #[fire_and_forget]
    async fn fails_later(text: &'static str) -> Result<(), &'static str> {
        tokio::task::yield_now().await;
        Err(text)
    }

    let launches = testing::capture();
    fails("a");
    plain("fine".into());
    fails("b");
    assert_eq!(launches.run().errors(), ["a", "b"]);
    fails("c");
    fails_later("d");
    assert_eq!(launches.run().await, ["c", "d"]);
    assert!(ledger().get("fails in a run").is_none());
}

#[test]
fn an_error_goes_to_its_handler() {
    #[fire_and_forget(on_error = handle)]
    fn fails(number: u8) -> Result<(), u8> {
        Err(number)
    }

    fn handle(number: u8) {
        note(number.to_string());
    }

    let launches = testing::capture();
    fails(7);
    assert_eq!(launches.run().errors(), [""; 0]);
    assert_eq!(ran(), ["7"]);
}

#[test]
#[should_panic(expected = "it was 7")]
fn a_panic_in_a_handler_reaches_the_test() {
    #[fire_and_forget(on_error = judge)]
    fn fails(number: u8) -> Result<(), u8> {
        Err(number)
    }

    fn judge(number: u8) {
        assert_eq!(number, 8, "it was {number}");
    }

    let launches = testing::capture();
    fails(7);
    launches.run();
}

#[test]
fn a_body_is_inside_a_launch() {
    #[fire_and_forget]
    fn flushes() {
        let unfinished = fire_and_forget::flush(Duration::from_secs(5)).wait();
        note(if unfinished.is_err() {
            "at once"
        } else {
            "waited"
        });
    }

    let launches = testing::capture();
    flushes();
    launches.run();
    assert_eq!(ran(), ["at once"]);
}

#[test]
fn a_run_of_nothing_is_ready() {
    let launches = testing::capture();
    let mut run = pin!(launches.run());
    let mut context = Context::from_waker(Waker::noop());
    assert_eq!(run.as_mut().poll(&mut context), Poll::Ready(Vec::new()));
}

#[tokio::test]
async fn the_launches_of_one_function_run_and_the_others_wait() {
    let launches = testing::capture();
    plain("a".into());
    task("b".into());
    plain("c".into());
    launches.run_only(task).await;
    assert_eq!(ran(), ["b"]);
    launches.run_only(plain);
    assert_eq!(ran(), ["a", "c"]);
    launches.assert_empty();
}

#[test]
fn errors_of_one_function_are_returned() {
    let launches = testing::capture();
    fails("a");
    plain("b".into());
    fails("c");
    assert_eq!(launches.run_only(fails).errors(), ["a", "c"]);
    assert_eq!(ran(), [""; 0]);
    assert_eq!(launches.count(plain), 1);
}

#[fire_and_forget(daemon)]
fn looks(name: String) -> Result<(), String> {
    while !is_stopping() {
        note(name.as_str());
    }
    Err("told".into())
}

#[fire_and_forget(daemon, restart = "always")]
fn looks_and_comes_back(name: String) {
    while !is_stopping() {
        note(name.as_str());
    }
}

/// A daemon would go on for ever: a run goes through it once.
#[test]
fn the_loop_of_a_daemon_is_run_once() {
    let launches = testing::capture();
    looks("a".into());
    looks_and_comes_back("b".into());
    assert_eq!(launches.count(looks), 1);
    assert_eq!(launches.run().errors(), ["told"]);
    assert_eq!(ran(), ["a", "b"]);
    assert!(!is_stopping());
    looks("c".into());
    assert_eq!(launches.take(looks), [("c".to_owned(),)]);
}

#[fire_and_forget(daemon)]
async fn takes(names: Vec<String>) {
    for name in names {
        std::future::ready(()).await;
        note(name);
    }
    std::future::pending::<()>().await;
}

#[fire_and_forget(daemon, restart = "on_failure", backend = "thread")]
async fn takes_on_a_thread(names: Vec<String>) -> Result<(), String> {
    for name in names {
        note(name);
    }
    std::future::pending().await
}

#[tokio::test]
async fn an_async_daemon_is_run_until_it_waits() {
    let launches = testing::capture();
    takes(vec!["a".into(), "b".into()]);
    takes_on_a_thread(vec!["c".into()]);
    task("d".into());
    assert_eq!(launches.run().await, [""; 0]);
    assert_eq!(ran(), ["a", "b", "c", "d"]);
}
