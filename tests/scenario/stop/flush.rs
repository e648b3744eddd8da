//! `flush` over all backends.

use std::future::Future;
use std::pin::pin;
use std::sync::Mutex;
use std::sync::mpsc::Sender;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use fire_and_forget::{Unfinished, WhyUnfinished, fire_and_forget, flush, shutdown_on_drop};
use waiting::{Gate, PATIENCE, Pass, begin, in_time, signal, silence_reports, wait_until};

use crate::{counts, named};

crate::scenarios!(
    flush_inside_a_body,
    flush_on_a_current_thread_runtime,
    flush_keeps_accepting,
    flush_waits_for_children_on_all_backends,
    flush_names_what_is_left,
    flush_without_launches,
    flush_on_another_executor,
    flush_in_a_task_on_the_worker_that_launched,
    flush_is_never_forgotten,
    flush_that_is_awaited_is_never_forgotten,
    flush_whose_waker_panics,
    flush_whose_waker_polls,
    flush_keeps_one_waker_of_each_wait,
    flush_whose_waker_launches_what_is_refused,
    flush_whose_deadline_another_thread_keeps,
    unfinished_says_why,
);

#[fire_and_forget]
fn flushes_and_waits(texts: Sender<String>) {
    let text = flush(Duration::MAX).wait().unwrap_err().to_string();
    let _ = texts.send(text);
}

#[fire_and_forget]
async fn flushes_and_awaits(texts: Sender<String>) {
    let text = flush(Duration::MAX).await.unwrap_err().to_string();
    let _ = texts.send(text);
}

/// It would wait for itself. A wait from outside that is handed in would, too.
fn flush_inside_a_body() {
    let (texts, received) = signal();
    flushes_and_waits(texts.clone());
    println!("{}", received.receive());
    flush(PATIENCE).wait().unwrap();
    flushes_and_awaits(texts.clone());
    println!("{}", received.receive());
    flush(PATIENCE).wait().unwrap();

    let (begun, beginnings) = signal();
    let gate = Gate::new();
    takes_a_wait(begun, gate.pass(), texts);
    let waits = beginnings.receive();
    waits.send(flush(Duration::MAX)).unwrap();
    println!("{}", received.receive());
    gate.open();
    flush(PATIENCE).wait().unwrap();
}

#[fire_and_forget]
fn takes_a_wait(begun: Sender<Sender<fire_and_forget::Wait>>, pass: Pass, texts: Sender<String>) {
    let (sender, waits) = signal();
    let _ = begun.send(sender);
    let _ = texts.send(waits.receive().wait().unwrap_err().to_string());
    pass.wait();
}

#[fire_and_forget]
async fn yields_often(ends: Sender<u32>) {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let _ = ends.send(1);
}

fn flush_on_a_current_thread_runtime() {
    let (ends, received) = signal();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        yields_often(ends);
        println!("{}", flush(Duration::MAX).wait().unwrap_err());
        flush(PATIENCE).await.unwrap();
    });
    println!("ended: {}", received.so_far().iter().sum::<u32>());
    flush(PATIENCE).wait().unwrap();
}

#[fire_and_forget]
fn passes(pass: Pass) {
    pass.wait();
}

#[fire_and_forget]
fn does_nothing() {}

fn flush_keeps_accepting() {
    let gate = Gate::new();
    passes(gate.pass());
    let wait = flush(PATIENCE);
    for _ in 0..10 {
        does_nothing();
    }
    gate.open();
    wait.wait().unwrap();
    assert_eq!(counts(named!(passes)), [1, 1, 0, 0, 0, 0]);
    does_nothing();
    flush(PATIENCE).wait().unwrap();
    assert_eq!(counts(named!(does_nothing)), [11, 11, 0, 0, 0, 0]);
}

#[fire_and_forget(backend = "thread")]
fn first(left: u32) {
    second(left);
}

#[fire_and_forget]
fn second(left: u32) {
    third(left);
}

#[fire_and_forget(backend = "tokio")]
fn third(left: u32) {
    fourth(left);
}

#[fire_and_forget]
async fn fourth(left: u32) {
    tokio::time::sleep(Duration::from_millis(1)).await;
    if left > 0 {
        first(left - 1);
    }
}

/// "All have ended" is a moment of quiet across backends, also while each launch is replaced by the next.
fn flush_waits_for_children_on_all_backends() {
    for round in 1..=10 {
        first(9);
        flush(PATIENCE).wait().unwrap();
        for function in ["first", "second", "third", "fourth"] {
            let all = round * 10;
            assert_eq!(
                counts(&format!("{}::{function}", module_path!())),
                [all, all, 0, 0, 0, 0]
            );
        }
    }
}

fn flush_names_what_is_left() {
    let gate = Gate::new();
    passes(gate.pass());
    let begun = Instant::now();
    let unfinished = flush(Duration::from_millis(20)).wait().unwrap_err();
    let took = begun.elapsed();
    assert!(took >= Duration::from_millis(20), "{took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    println!("{unfinished}");
    let waiting = flush(Duration::from_millis(20));
    let unfinished = tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(waiting)
        .unwrap_err();
    println!("{}", unfinished.entries()[0].function());
    gate.open();
    flush(PATIENCE).wait().unwrap();
}

fn flush_without_launches() {
    flush(Duration::ZERO).wait().unwrap();
    in_time("there is nothing to wait for", || {
        flush(Duration::MAX).wait().unwrap();
    });
}

fn flush_on_another_executor() {
    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }

    let gate = Gate::new();
    passes(gate.pass());
    in_time("the executor is woken", move || {
        let mut wait = pin!(flush(PATIENCE));
        let waker = Waker::from(std::sync::Arc::new(Unpark(thread::current())));
        let mut context = Context::from_waker(&waker);
        assert!(wait.as_mut().poll(&mut context).is_pending());
        gate.open();
        loop {
            if let Poll::Ready(result) = wait.as_mut().poll(&mut context) {
                result.unwrap();
                break;
            }
            thread::park();
        }
    });
}

/// The thread that wakes it goes on, and creates the next thread.
fn flush_whose_waker_panics() {
    struct Panics;

    impl Wake for Panics {
        fn wake(self: std::sync::Arc<Self>) {
            std::panic::resume_unwind(Box::new("without a word from the hook"));
        }
    }

    let gate = Gate::new();
    passes(gate.pass());
    let mut wait = pin!(flush(PATIENCE));
    let waker = Waker::from(std::sync::Arc::new(Panics));
    let mut context = Context::from_waker(&waker);
    assert!(wait.as_mut().poll(&mut context).is_pending());
    let other = flush(PATIENCE);
    gate.open();
    other.wait().unwrap();
    for _ in 0..2 {
        first(0);
        flush(PATIENCE).wait().unwrap();
    }
    assert!(wait.as_mut().poll(&mut context).is_ready());
}

/// An executor may poll where it is woken: what is known by then is told, on whichever thread.
fn flush_whose_waker_polls() {
    struct Polls {
        wait: Mutex<fire_and_forget::Wait>,
        results: Sender<Result<(), Unfinished>>,
    }

    impl Wake for Polls {
        fn wake(self: std::sync::Arc<Self>) {
            let mut context = Context::from_waker(Waker::noop());
            let mut wait = self.wait.lock().unwrap();
            if let Poll::Ready(result) = pin!(&mut *wait).poll(&mut context) {
                let _ = self.results.send(result);
            }
        }
    }

    let gate = Gate::new();
    passes(gate.pass());
    let (results, received) = signal();
    let polls = std::sync::Arc::new(Polls {
        wait: Mutex::new(flush(PATIENCE)),
        results,
    });
    let waker = Waker::from(polls.clone());
    let mut context = Context::from_waker(&waker);
    let poll = pin!(&mut *polls.wait.lock().unwrap()).poll(&mut context);
    assert!(poll.is_pending());
    gate.open();
    received.receive().unwrap();
}

/// A wait that is entered while another is tended must not be taken for one whose caller has gone.
fn flush_is_never_forgotten() {
    for _ in 0..5_000 {
        does_nothing();
        let first = flush(PATIENCE);
        does_nothing();
        let second = flush(PATIENCE);
        first.wait().unwrap();
        second.wait().unwrap();
    }
}

/// A task has no patience of its own: it would wait for ever.
fn flush_that_is_awaited_is_never_forgotten() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap();
    in_time("every wait that is awaited ends", move || {
        runtime.block_on(async {
            for _ in 0..5_000 {
                does_nothing();
                flush(PATIENCE).await.unwrap();
            }
        });
    });
}

#[fire_and_forget]
fn flushes_and_hands_on(results: Sender<Unfinished>) {
    let _ = results.send(flush(Duration::MAX).wait().unwrap_err());
}

/// `Debug` is what a `main` that returns it prints.
fn unfinished_says_why() {
    let (results, received) = signal();
    flushes_and_hands_on(results);
    let inside = received.receive();
    flush(PATIENCE).wait().unwrap();
    let gate = Gate::new();
    passes(gate.pass());
    let late = flush(Duration::ZERO).wait().unwrap_err();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let blocking = runtime.block_on(async { flush(PATIENCE).wait().unwrap_err() });
    assert_eq!(
        [&inside, &late, &blocking].map(Unfinished::reason),
        [
            WhyUnfinished::InsideBody,
            WhyUnfinished::Deadline,
            WhyUnfinished::CurrentThreadRuntime
        ]
    );
    println!("{late:?}");
    gate.open();
    flush(PATIENCE).wait().unwrap();
}

/// A wait is polled by ever new tasks, as in a `select!` over what is made anew; another one goes away.
fn flush_keeps_one_waker_of_each_wait() {
    struct Task;

    impl Wake for Task {
        fn wake(self: std::sync::Arc<Self>) {}
    }

    let gate = Gate::holding(passes);
    let held = |tasks: &[std::sync::Weak<Task>]| {
        tasks.iter().filter(|task| task.strong_count() > 0).count()
    };
    for wait in [flush, fire_and_forget::shutdown] {
        let mut tasks = Vec::new();
        let mut poll = |wait: &mut fire_and_forget::Wait| {
            let task = std::sync::Arc::new(Task);
            tasks.push(std::sync::Arc::downgrade(&task));
            let waker = Waker::from(task);
            let polled = std::pin::Pin::new(wait).poll(&mut Context::from_waker(&waker));
            assert!(polled.is_pending());
            tasks.clone()
        };
        let (mut first, mut second) = (wait(PATIENCE), wait(PATIENCE));
        for _ in 0..100 {
            poll(&mut first);
        }
        let tasks = poll(&mut second);
        assert_eq!(held(&tasks), 2);
        drop(first);
        assert_eq!(held(&tasks), 1);
        assert_eq!(tasks[100].strong_count(), 1);
        drop(second);
    }
    gate.open();
    fire_and_forget::shutdown(PATIENCE).wait().unwrap();
}

/// On the thread that has ended the last launch, and so wakes who waits: the launch of the waker ends in it.
fn flush_whose_waker_launches_what_is_refused() {
    struct Launches;

    impl Wake for Launches {
        fn wake(self: std::sync::Arc<Self>) {
            does_nothing();
        }
    }

    silence_reports();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let waker = Waker::from(std::sync::Arc::new(Launches));
    let ended = runtime.block_on(async {
        runs_as_a_task();
        let mut wait = Box::pin(fire_and_forget::shutdown(PATIENCE));
        let mut context = Context::from_waker(&waker);
        assert!(wait.as_mut().poll(&mut context).is_pending());
        while fire_and_forget::ledger().total().refused == 0 {
            tokio::task::yield_now().await;
        }
        wait.await
    });
    ended.unwrap();
    let [launched, .., refused] = counts(named!(does_nothing));
    assert!(launched > 0 && launched == refused, "{launched} {refused}");
}

/// The thread that completes waits is stuck in somebody's waker.
fn flush_whose_deadline_another_thread_keeps() {
    let (gate, woken) = (Gate::holding(passes), Gate::new());
    let waker = woken.waker();
    let wait = pin!(flush(PATIENCE));
    assert!(wait.poll(&mut Context::from_waker(&waker)).is_pending());
    gate.open();
    woken.reached_by(1);
    // Then another thread keeps the deadlines; and when it is stuck in the same way, a third one.
    let wait = pin!(flush(Duration::ZERO));
    assert!(wait.poll(&mut Context::from_waker(&waker)).is_pending());
    woken.reached_by(2);

    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let gate = Gate::holding(passes);
    let unfinished = runtime.block_on(flush(Duration::ZERO)).unwrap_err();
    assert_eq!(unfinished.reason(), WhyUnfinished::Deadline);
    assert_eq!(unfinished.entries().len(), 1);
    gate.open();
    wait_until("all is quiet", || {
        counts(named!(passes)) == [2, 2, 0, 0, 0, 0]
    });
    // Two at a time, the later one first, and a thread that blocks.
    let later = runtime.spawn(flush(Duration::from_millis(100)));
    let sooner = runtime.spawn(flush(Duration::ZERO));
    let blocked = begin(|| flush(Duration::ZERO).wait());
    let results = runtime.block_on(async { [later.await.unwrap(), sooner.await.unwrap()] });
    for result in results {
        result.unwrap();
    }
    blocked.end("the deadline comes").unwrap();
}

#[fire_and_forget]
async fn runs_as_a_task() {}

/// The worker blocks; the others have to take over what it has spawned.
fn flush_in_a_task_on_the_worker_that_launched() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    let task = runtime.spawn(async {
        runs_as_a_task();
        flush(PATIENCE).wait().unwrap();
        runs_as_a_task();
        drop(shutdown_on_drop(PATIENCE));
    });
    runtime.block_on(task).unwrap();
    assert_eq!(counts(named!(runs_as_a_task)), [2, 2, 0, 0, 0, 0]);
}
