//! Launches that are refused or forbidden because a test says so.

use std::sync::{Mutex, Once};

use fire_and_forget::{Event, Refusal, Report, fire_and_forget, ledger, testing};

use crate::{contexts, panic_of};

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

/// To be called before anything that is to be seen.
pub(crate) fn observe() {
    static OBSERVED: Once = Once::new();
    OBSERVED.call_once(|| {
        fire_and_forget::set_observer(|report: &Report<'_>| {
            if report.function() == "dropped by a test" {
                assert!(matches!(report.event(), Event::Refused(Refusal::Full)));
                REPORTS.lock().expect("nobody panics").push((
                    report.launched_at().file().to_owned(),
                    report.launched_at().line(),
                ));
            } else if report.function().ends_with("in a context") {
                contexts::note("reported");
            }
        })
        .expect("the first");
    });
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

    observe();
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
    assert!(message.contains("it would block forever"), "{message}");
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

#[fire_and_forget]
fn audit(line: &'static str) {
    unreachable!("{line} is captured");
}

#[test]
fn one_function_is_refused_and_the_others_are_captured() {
    let launches = testing::capture();
    let refusing = testing::refuse_only(rejecting, Refusal::Full);
    let rejected = rejecting("a".into()).expect_err("refused");
    assert_eq!(rejected.reason(), Refusal::Full);
    rejecting_task("b".into()).expect("captured");
    audit("c");
    drop(refusing);
    rejecting("d".into()).expect("captured");
    assert_eq!(launches.take(rejecting_task), [("b".to_owned(),)]);
    assert_eq!(launches.take(audit), [("c",)]);
    assert_eq!(launches.take(rejecting), [("d".to_owned(),)]);
}

#[test]
fn one_function_is_forbidden_and_the_others_are_captured() {
    let launches = testing::capture();
    let forbidding = testing::forbid_only(audit);
    rejecting("a".into()).expect("captured");
    let message = panic_of(|| audit("b"));
    assert!(message.contains("::audit` was launched"), "{message}");
    drop(forbidding);
    audit("c");
    assert_eq!(launches.take(audit), [("c",)]);
    assert_eq!(launches.count(rejecting), 1);
}

#[test]
fn functions_are_refused_for_a_reason_each_and_forbidden_at_once() {
    let launches = testing::capture();
    let _full = testing::refuse_only(rejecting, Refusal::Full);
    let _ending = testing::refuse_only(rejecting_task, Refusal::ShuttingDown);
    let _forbidding = testing::forbid_only(audit);
    assert_eq!(
        rejecting("a".into()).expect_err("refused").reason(),
        Refusal::Full
    );
    let rejected = rejecting_task("b".into()).expect_err("refused");
    assert_eq!(rejected.reason(), Refusal::ShuttingDown);
    let message = panic_of(|| audit("c"));
    assert!(message.contains("::audit` was launched"), "{message}");
    assert!(launches.is_empty());
}

#[test]
fn without_a_capture_what_is_not_refused_runs() {
    #[fire_and_forget]
    fn answer(number: u8, answers: std::sync::mpsc::Sender<u8>) {
        let _ = answers.send(number);
    }

    let _refusing = testing::refuse_only(rejecting, Refusal::Full);
    let (answers, received) = std::sync::mpsc::channel();
    answer(7, answers);
    assert_eq!(received.recv(), Ok(7));
    assert!(rejecting("a".into()).is_err());
}

#[test]
fn an_instance_is_refused_and_another_one_is_captured() {
    #[fire_and_forget(on_full = "reject")]
    fn store<T: Send + 'static>(value: T) {
        drop(value);
    }

    let launches = testing::capture();
    let _refusing = testing::refuse_only(store::<u8>, Refusal::Full);
    assert!(store(1_u8).is_err());
    assert!(store(1_u16).is_ok());
    assert_eq!(launches.len(), 1);
}

#[test]
fn what_means_one_function_goes_before_a_capture_that_is_begun_later() {
    let _refusing = testing::refuse_only(rejecting, Refusal::Full);
    let _forbidding = testing::forbid_only(audit);
    let launches = testing::capture();
    rejecting("a".into()).expect_err("refused");
    let message = panic_of(|| audit("b"));
    assert!(message.contains("::audit` was launched"), "{message}");
    rejecting_task("c".into()).expect("captured");
    assert_eq!(launches.len(), 1);
}

#[test]
fn of_two_that_mean_one_function_the_innermost_decides() {
    let _forbidding = testing::forbid_only(rejecting);
    let refusing = testing::refuse_only(rejecting, Refusal::Full);
    let _forbidding_all = testing::forbid();
    assert!(rejecting("a".into()).is_err());
    drop(refusing);
    let message = panic_of(|| rejecting("b".into()));
    let end = "`fire_and_forget::testing::forbid_only` forbids it here";
    assert!(message.ends_with(end), "{message}");
    let message = panic_of(|| audit("c"));
    let end = "`fire_and_forget::testing::forbid` forbids it here";
    assert!(message.ends_with(end), "{message}");
}

#[test]
fn a_call_names_a_function_that_is_refused_or_forbidden() {
    let launches = testing::capture();
    let _forbidding = testing::forbid_only(audit);
    let _refusing = testing::refuse_only(rejecting, Refusal::Full);
    let _forbidding_all = testing::forbid();
    let functions = [
        testing::by_call(|| audit("a")),
        testing::by_call(|| rejecting("b".into())),
        testing::by_call(|| rejecting_task("c".into())),
    ];
    assert_eq!(functions.map(|function| launches.count(function)), [0; 3]);
}

#[test]
fn another_thread_has_one_function_refused_and_the_others_captured() {
    let launches = testing::capture();
    let refusing = testing::refuse_only(rejecting, Refusal::Full);
    let handles = [launches.handle(), refusing.handle()];
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let _entered = handles.each_ref().map(testing::Handle::enter);
            audit("a");
            rejecting("b".into()).is_err()
        });
        assert!(thread.join().expect("it does not panic"));
    });
    assert_eq!(launches.take(audit), [("a",)]);
    launches.assert_empty();
}

#[test]
fn a_closure_does_not_say_which_function_is_refused_or_forbidden() {
    let message = panic_of(|| testing::refuse_only(|| audit("a"), Refusal::Full));
    assert!(message.contains("`testing::by_call(|| …)`"), "{message}");
    let message = panic_of(|| testing::forbid_only(|| audit("a")));
    assert!(message.contains("`testing::by_call(|| …)`"), "{message}");
}
