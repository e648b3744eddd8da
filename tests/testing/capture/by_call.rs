//! Functions that are named by a call: those that take closures, `impl Trait`, or more than a name can say.

use std::sync::Arc;
use std::sync::mpsc::{self, Sender};

use fire_and_forget::{Refusal, fire_and_forget, ledger, testing};
use testing_elsewhere::{Notify, Pager, store};

use ::testing as testing_elsewhere;

use crate::panic_of;

#[fire_and_forget(name = "submit by call")]
fn submit(job: impl FnOnce() + Send + 'static) {
    job();
}

#[fire_and_forget]
async fn drive(future: impl Future<Output = ()> + Send + 'static) {
    future.await;
}

#[fire_and_forget(on_full = "reject")]
fn run<F: FnOnce() + Send + 'static>(job: F) {
    job();
}

/// Launches one closure of each function, which send their letter.
fn handler(letters: &Sender<char>) {
    let (a, b, c) = (letters.clone(), letters.clone(), letters.clone());
    submit(move || a.send('a').expect("the test receives"));
    drive(async move { b.send('b').expect("the test receives") });
    run(move || c.send('c').expect("the test receives")).expect("captured");
}

#[test]
fn launches_with_closures_and_futures_are_counted() {
    let launches = testing::capture();
    let (letters, _received) = mpsc::channel();
    handler(&letters);
    handler(&letters);
    submit(|| ());
    assert_eq!(launches.count(testing::by_call(|| submit(|| ()))), 3);
    assert_eq!(launches.count(testing::by_call(|| drive(async {}))), 2);
    assert_eq!(launches.count(testing::by_call(|| run(|| ()))), 2);
    assert_eq!(launches.len(), 7);
}

#[tokio::test]
async fn launches_with_closures_and_futures_are_run() {
    let launches = testing::capture();
    let (letters, received) = mpsc::channel();
    handler(&letters);
    handler(&letters);
    launches.run_only(testing::by_call(|| run(|| ())));
    assert_eq!(received.try_iter().collect::<String>(), "cc");
    launches
        .run_only(testing::by_call(|| drive(async {})))
        .await;
    assert_eq!(received.try_iter().collect::<String>(), "bb");
    launches.run().await;
    assert_eq!(received.try_iter().collect::<String>(), "aa");
    launches.assert_empty();
}

#[test]
fn what_has_a_type_with_a_name_is_taken() {
    let launches = testing::capture();
    let (letters, received) = mpsc::channel();
    let boxed: Box<dyn FnOnce() + Send> = Box::new(move || {
        let _ = letters.send('a');
    });
    run(boxed).expect("captured");
    run(nothing as fn()).expect("captured");
    assert_eq!(launches.take(run::<fn()>), [(nothing as fn(),)]);
    let jobs = launches.take(run::<Box<dyn FnOnce() + Send>>);
    for (job,) in jobs {
        job();
    }
    assert_eq!(received.recv(), Ok('a'));
}

fn nothing() {}

#[test]
fn a_call_that_names_a_function_launches_nothing() {
    let launches = testing::capture();
    let dropped = Arc::new(());
    let witness = Arc::clone(&dropped);
    let named = testing::by_call(|| submit(move || drop(witness)));
    assert_eq!(Arc::strong_count(&dropped), 1);
    assert_eq!((launches.count(named), launches.len()), (0, 0));
    assert!(ledger().get("submit by call").is_none());
}

#[test]
fn every_instance_is_meant_whatever_its_types() {
    let launches = testing::capture();
    store(1_u8);
    store("text");
    Pager(1_u8).alert(1);
    Pager("two").alert(2);
    assert_eq!(launches.count(testing::by_call(|| store(()))), 2);
    assert_eq!(launches.count(testing::by_call(|| Pager(()).alert(0))), 2);
    assert_eq!(launches.count(store::<u8>), 1);
}

#[test]
fn functions_that_no_name_can_ask_for() {
    #[fire_and_forget]
    extern "C" fn signal(number: i32) {
        let _ = number;
    }

    #[fire_and_forget]
    #[expect(clippy::too_many_arguments)]
    fn many(
        _: u8,
        _: u8,
        _: u8,
        _: u8,
        _: u8,
        _: u8,
        _: u8,
        _: u8,
        _: u8,
        _: u8,
        _: u8,
        _: u8,
        _: u8,
    ) {
    }

    let launches = testing::capture();
    let notify: Box<dyn Fn()> = Box::new(|| Pager(1_u8).notify("a".into()));
    signal(1);
    many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13);
    notify();
    assert_eq!(launches.count(testing::by_call(|| signal(0))), 1);
    let of_many = testing::by_call(|| many(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    assert_eq!(launches.count(of_many), 1);
    assert_eq!(launches.count(testing::by_call(&notify)), 1);
}

#[test]
fn functions_of_one_path_are_told_apart() {
    let launches = testing::capture();
    let first = {
        #[fire_and_forget]
        fn twin(number: u8) {
            let _ = number;
        }
        twin(1);
        testing::by_call(|| twin(0))
    };
    let second = {
        #[fire_and_forget]
        fn twin(number: u8) {
            let _ = number;
        }
        testing::by_call(|| twin(0))
    };
    assert_eq!((launches.count(first), launches.count(second)), (1, 0));
}

#[test]
fn one_function_with_a_closure_is_refused_and_gives_it_back() {
    let launches = testing::capture();
    let (letters, received) = mpsc::channel();
    let refusing = testing::refuse_only(testing::by_call(|| run(|| ())), Refusal::MaxInFlight);
    submit(|| ());
    let rejected = run(move || letters.send('a').expect("the test receives"));
    let rejected = rejected.expect_err("the test refuses it");
    assert_eq!(rejected.reason(), Refusal::MaxInFlight);
    (rejected.into_args().0)();
    assert_eq!(received.recv(), Ok('a'));
    drop(refusing);
    run(|| ()).expect("captured");
    assert_eq!(launches.len(), 2);
}

#[test]
fn one_function_with_a_closure_is_forbidden() {
    let launches = testing::capture();
    let _forbidding = testing::forbid_only(testing::by_call(|| submit(|| ())));
    run(|| ()).expect("captured");
    let message = panic_of(|| submit(|| ()));
    assert!(
        message.starts_with("`submit by call` was launched"),
        "{message}"
    );
    assert_eq!(launches.len(), 1);
}

#[test]
fn a_call_that_launches_nothing_or_two_functions_names_none() {
    let message = panic_of(|| testing::by_call(|| ()));
    assert!(
        message.starts_with("the call has launched nothing"),
        "{message}"
    );
    let message = panic_of(|| {
        testing::by_call(|| {
            submit(|| ());
            drive(async {});
        })
    });
    assert!(
        message.starts_with("the call has launched more than one function"),
        "{message}"
    );
    assert!(message.contains("`submit by call`"), "{message}");
    let twice = || {
        submit(|| ());
        submit(|| ());
    };
    let launches = testing::capture();
    twice();
    assert_eq!(launches.count(testing::by_call(twice)), 2);
}
