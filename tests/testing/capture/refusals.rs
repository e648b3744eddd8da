//! Launches that are refused or forbidden because a test says so.

use std::sync::Mutex;

use fire_and_forget::{Event, Refusal, Report, fire_and_forget, ledger, testing};

use crate::panic_of;

#[fire_and_forget(on_full = "reject", name = "refused by a test")]
fn rejecting(text: String) {
    unreachable!("{text} is refused");
}

#[fire_and_forget(on_full = "reject")]
async fn rejecting_task(text: String) {
    unreachable!("{text} is refused");
}

#[test]
fn a_refused_launch_gives_its_arguments_back() {
    for reason in [Refusal::Full, Refusal::MaxInFlight, Refusal::ShuttingDown] {
        let refusing = testing::refuse(reason);
        let rejected = rejecting("a".into()).expect_err("refused");
        assert_eq!(rejected.reason(), reason);
        assert_eq!(rejected.into_args(), ("a".to_owned(),));
        let rejected = rejecting_task("b".into()).expect_err("refused");
        assert_eq!(rejected.into_args(), ("b".to_owned(),));
        drop(refusing);
    }
    assert!(ledger().get("refused by a test").is_none());
}

/// Where the launches were that were reported as dropped.
static REPORTS: Mutex<Vec<(String, u32)>> = Mutex::new(Vec::new());

#[test]
fn a_refused_launch_that_is_dropped_is_reported() {
    #[fire_and_forget(name = "dropped by a test")]
    fn dropped(witness: std::sync::Arc<()>) {
        drop(witness);
    }

    #[fire_and_forget(name = "dropped by a test")]
    async fn dropped_task(witness: std::sync::Arc<()>) {
        drop(witness);
    }

    fire_and_forget::set_observer(|report: &Report<'_>| {
        if report.function() == "dropped by a test" {
            assert!(matches!(report.event(), Event::Refused(Refusal::Full)));
            REPORTS.lock().expect("nobody panics").push((
                report.launched_at().file().to_owned(),
                report.launched_at().line(),
            ));
        }
    })
    .expect("the first");
    let witness = std::sync::Arc::new(());
    let _refusing = testing::refuse(Refusal::Full);
    let line = line!() + 1;
    dropped(witness.clone());
    dropped_task(witness.clone());
    let reports = std::mem::take(&mut *REPORTS.lock().expect("nobody panics"));
    let places: Vec<_> = reports
        .iter()
        .map(|(file, line)| (&**file, *line))
        .collect();
    assert_eq!(places, [(file!(), line), (file!(), line + 1)]);
    assert_eq!(std::sync::Arc::strong_count(&witness), 1);
    assert!(ledger().get("dropped by a test").is_none());
}

#[test]
fn a_caller_that_runs_what_is_refused_runs_it() {
    #[fire_and_forget(on_full = "caller_runs")]
    fn runs(ran: std::sync::mpsc::Sender<std::thread::ThreadId>) {
        let _ = ran.send(std::thread::current().id());
    }

    let _refusing = testing::refuse(Refusal::MaxInFlight);
    let (ran, received) = std::sync::mpsc::channel();
    runs(ran);
    assert_eq!(received.try_recv(), Ok(std::thread::current().id()));
}

#[test]
fn a_caller_that_would_wait_for_ever_panics_instead() {
    #[fire_and_forget(on_full = "block")]
    fn waits() {}

    let refusing = testing::refuse(Refusal::Full);
    let message = panic_of(waits);
    assert!(message.contains("it would wait for ever"), "{message}");
    drop(refusing);
    let _refusing = testing::refuse(Refusal::ShuttingDown);
    waits();
}

#[test]
fn a_forbidden_launch_panics_and_names_the_function() {
    let _forbidding = testing::forbid();
    let message = panic_of(|| rejecting("a".into()));
    assert!(
        message.starts_with("`refused by a test` was launched"),
        "{message}"
    );
    let message = panic_of(|| rejecting_task("a".into()));
    assert!(
        message.contains("::rejecting_task` was launched"),
        "{message}"
    );
}

#[test]
fn other_threads_are_reached_by_a_handle_while_the_scope_lasts() {
    let refusing = testing::refuse(Refusal::Full);
    let handle = refusing.handle();
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let _entered = handle.enter();
            rejecting("a".into()).is_err()
        });
        assert!(thread.join().expect("it does not panic"));
    });
    let forbidding = testing::forbid();
    let forbidden = forbidding.handle().wrap(async { rejecting("b".into()) });
    drop(forbidding);
    let mut forbidden = std::pin::pin!(forbidden);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let polled = forbidden.as_mut().poll(&mut context);
    assert!(
        matches!(polled, std::task::Poll::Ready(Err(_))),
        "still refused"
    );
}

#[test]
fn the_innermost_scope_decides() {
    let launches = testing::capture();
    {
        let _refusing = testing::refuse(Refusal::Full);
        assert!(rejecting("a".into()).is_err());
        let inner = testing::capture();
        assert!(rejecting("b".into()).is_ok());
        assert_eq!(inner.count(rejecting), 1);
    }
    assert!(rejecting("c".into()).is_ok());
    assert_eq!(launches.take(rejecting), [("c".to_owned(),)]);
}
