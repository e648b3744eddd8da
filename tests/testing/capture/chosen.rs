//! Functions whose backend is chosen at each launch.

use std::cell::Cell;

use fire_and_forget::{Pool, Refusal, fire_and_forget, ledger, testing};

use crate::panic_of;

static A: Pool = Pool::new("a");
static B: Pool = Pool::new("b");

thread_local! {
    static CHOSEN: Cell<u32> = const { Cell::new(0) };
}

fn choose(number: u32) -> &'static Pool {
    CHOSEN.set(CHOSEN.get() + 1);
    match number {
        0 => &A,
        1 => &B,
        _ => panic!("no pool {number}"),
    }
}

#[fire_and_forget(backend = choose(number), name = "chosen in a test")]
fn chosen(number: u32, done: std::sync::mpsc::Sender<u32>) {
    let _ = done.send(number);
}

#[fire_and_forget(backend = pool, on_full = "reject")]
async fn task(pool: &'static Pool, number: u32) {
    assert!(number < 3, "{pool:?}");
}

#[test]
fn launches_on_several_backends_are_those_of_one_function() {
    let launches = testing::capture();
    let (done, numbers) = std::sync::mpsc::channel();
    for number in [0, 1, 0] {
        chosen(number, done.clone());
    }
    assert_eq!(CHOSEN.get(), 3, "once for each launch");
    assert_eq!(launches.count(chosen), 3);
    launches.run();
    drop(done);
    assert_eq!(numbers.iter().collect::<Vec<_>>(), [0, 1, 0]);
    assert_eq!(CHOSEN.get(), 3, "not when it runs");
    task(&A, 1).unwrap();
    task(&B, 2).unwrap();
    let numbers: Vec<_> = launches.take(task).into_iter().map(|it| it.1).collect();
    assert_eq!(numbers, [1, 2]);
    assert!(ledger().get("chosen in a test").is_none());
}

#[test]
fn a_panic_in_the_expression_reaches_the_test() {
    let launches = testing::capture();
    let (done, _) = std::sync::mpsc::channel();
    assert_eq!(panic_of(|| chosen(2, done)), "no pool 2");
    assert!(launches.is_empty());
}

#[test]
fn a_refused_launch_has_been_chosen_a_backend_too() {
    let _refusing = testing::refuse(Refusal::Full);
    let rejected = task(&A, 1).unwrap_err();
    let (pool, number) = rejected.into_args();
    assert!(std::ptr::eq(pool, &raw const A));
    assert_eq!(number, 1);
}

#[test]
fn one_function_is_refused_on_all_its_backends() {
    let launches = testing::capture();
    let (done, _) = std::sync::mpsc::channel();
    {
        let _refusing = testing::refuse_only(task, Refusal::MaxInFlight);
        for pool in [&A, &B] {
            let rejected = task(pool, 1).unwrap_err();
            assert_eq!(rejected.reason(), Refusal::MaxInFlight);
        }
        chosen(0, done);
    }
    assert_eq!(launches.len(), 1);
    let by_call = testing::by_call(|| drop(task(&A, 2)));
    task(&B, 3).unwrap();
    assert_eq!(launches.count(by_call), 1);
}
