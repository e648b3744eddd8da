//! Whose launches are captured.

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
    assert_eq!(events, Vec::from_iter(0..10));
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
        let tasks = (1..=8).map(|event| tokio::spawn(async move { webhook(event) }));
        for task in Vec::from_iter(tasks) {
            task.await.expect("it does not panic");
        }
        let blocking = tokio::task::spawn_blocking(|| webhook(9));
        blocking.await.expect("it does not panic");
    });
    let mut events: Vec<_> = launches.take(webhook).into_iter().map(|it| it.0).collect();
    events.sort_unstable();
    assert_eq!(events, Vec::from_iter(0..10));
}
