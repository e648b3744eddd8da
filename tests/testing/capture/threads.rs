//! Whose launches are captured.

use std::process::Command;
use std::sync::mpsc;
use std::thread;

use fire_and_forget::{fire_and_forget, testing};

#[fire_and_forget]
fn answer(number: u32, answers: mpsc::Sender<u32>) {
    let _ = answers.send(number);
}

#[test]
fn another_thread_launches_as_ever() {
    let (answers, received) = mpsc::channel();
    let launches = testing::capture();
    thread::scope(|scope| {
        scope.spawn(|| answer(1, answers));
    });
    assert_eq!(received.recv(), Ok(1));
    launches.assert_empty();
}

/// Asks `a_launch_that_is_missed` to fail, which it does not by itself.
const FAIL: &str = "FIRE_AND_FORGET_TESTS_FAIL";

/// Runs a test of this binary that fails, and returns what the harness shows of it.
fn output_of(test: &str) -> String {
    let this = std::env::current_exe().expect("the system says what it runs");
    let output = Command::new(this)
        .args([test, "--exact"])
        .env(FAIL, "1")
        .output()
        .expect("it can be run again");
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn who_asks_for_what_another_thread_has_launched_is_told_where() {
    let output = output_of("threads::a_launch_that_is_missed");
    assert!(
        output.contains("no launch of `capture::threads::answer` is captured; one was made at"),
        "{output}"
    );
    assert!(output.contains("use `Capture::handle` there"), "{output}");
    assert!(output.contains(file!()), "{output}");
}

#[test]
fn who_asks_for_what_was_not_launched_is_told_what_was() {
    let output = output_of("threads::launches_that_are_not_meant");
    let none = concat!(
        "no launch of `",
        module_path!(),
        "::webhook` is captured, but:\n"
    );
    assert!(output.contains(none), "{output}");
    let left =
        "captured launches were neither taken nor run:\n  `capture::threads::answer`, launched at";
    assert!(output.contains(left), "{output}");
}

#[test]
fn who_asks_for_an_instance_is_told_how_to_ask_for_all() {
    let output = output_of("threads::launches_of_another_instance");
    assert!(
        output.contains(
            "launches with other argument types are captured: `testing::by_call` names all of them"
        ),
        "{output}"
    );
    let output = output_of("threads::launches_that_are_not_meant");
    assert!(!output.contains("by_call"), "{output}");
}

#[test]
fn launches_of_another_instance() {
    #[fire_and_forget]
    fn run<F: FnOnce() -> u8 + Send + 'static>(job: F) {
        let _ = job();
    }

    let launches = testing::capture();
    run(|| 7);
    let count = launches.count(run::<fn() -> u8>);
    assert!(std::env::var_os(FAIL).is_none(), "{count} are captured");
}

#[test]
fn launches_that_are_not_meant() {
    let launches = testing::capture();
    answer(1, mpsc::channel().0);
    let count = launches.count(webhook);
    assert!(std::env::var_os(FAIL).is_none(), "{count} are captured");
}

#[test]
fn a_launch_that_is_missed() {
    let launches = testing::capture();
    thread::scope(|scope| {
        scope.spawn(|| answer(1, mpsc::channel().0));
    });
    let count = launches.count(answer);
    assert!(std::env::var_os(FAIL).is_none(), "{count} are captured");
}

#[test]
fn tests_on_two_threads_do_not_see_each_other() {
    let both_capture = std::sync::Barrier::new(2);
    thread::scope(|scope| {
        for number in 0..2 {
            let both_capture = &both_capture;
            scope.spawn(move || {
                let launches = testing::capture();
                both_capture.wait();
                answer(number, mpsc::channel().0);
                both_capture.wait();
                let numbers: Vec<_> = launches.take(answer).into_iter().map(|it| it.0).collect();
                assert_eq!(numbers, [number]);
            });
        }
    });
}

#[test]
fn a_thread_that_enters_is_captured_until_it_leaves() {
    let launches = testing::capture();
    let handle = launches.handle();
    let (answers, received) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(|| {
            let entered = handle.enter();
            answer(1, answers.clone());
            drop(entered);
            answer(2, answers);
        });
    });
    assert_eq!(launches.count(answer), 1);
    assert_eq!(received.recv(), Ok(2));
}

#[test]
fn an_attached_thread_launches_again_when_the_capture_has_gone() {
    let launches = testing::capture();
    let handle = launches.handle();
    let (answers, received) = mpsc::channel();
    let (go, wait) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let thread = scope.spawn(move || {
            handle.attach();
            let _ = wait.recv();
            answer(1, answers);
        });
        drop(launches);
        drop(go);
        thread.join().expect("it does not panic");
    });
    assert_eq!(received.recv(), Ok(1));
}

#[fire_and_forget]
async fn webhook(event: u32) {
    unreachable!("{event} is captured");
}

#[tokio::test]
async fn a_test_on_a_current_thread_runtime_is_captured_with_its_tasks() {
    let launches = testing::capture();
    tokio::spawn(async {
        tokio::task::yield_now().await;
        webhook(1);
    })
    .await
    .expect("it does not panic");
    webhook(2);
    assert_eq!(launches.take(webhook), [(1,), (2,)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrapped_task_is_captured_on_whatever_thread() {
    let launches = testing::capture();
    let request = launches.handle().wrap(async {
        for event in 0..10 {
            tokio::task::yield_now().await;
            webhook(event);
        }
    });
    tokio::spawn(request).await.expect("it does not panic");
    let events: Vec<_> = launches.take(webhook).into_iter().map(|it| it.0).collect();
    assert!(events.into_iter().eq(0..10));
}

#[test]
fn a_runtime_whose_threads_attach_is_captured_altogether() {
    let launches = testing::capture();
    let handle = launches.handle();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .on_thread_start(move || handle.attach())
        .build()
        .expect("threads can be created");
    runtime.block_on(async {
        webhook(0);
        let mut tasks = tokio::task::JoinSet::new();
        for event in 1..=8 {
            tasks.spawn(async move { webhook(event) });
        }
        tasks.join_all().await;
        let blocking = tokio::task::spawn_blocking(|| webhook(9));
        blocking.await.expect("it does not panic");
    });
    let mut events: Vec<_> = launches.take(webhook).into_iter().map(|it| it.0).collect();
    events.sort_unstable();
    assert!(events.into_iter().eq(0..10));
}
