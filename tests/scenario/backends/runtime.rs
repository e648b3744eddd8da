//! The runtime given to the backend `"tokio"`, and the one that starts by itself.

use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use fire_and_forget::{fire_and_forget, flush, set_tokio_handle, shutdown};
use tokio::runtime::{Builder, Handle, Runtime};
use waiting::{PATIENCE, signal};

use crate::{counts, named};

crate::scenarios!(
    handle_is_used_where_there_is_no_runtime,
    handle_comes_after_the_first_launch,
    handle_of_a_runtime_that_is_gone,
    own_runtime_is_started_and_ended_inside_another,
    paused_clock_does_not_jump_over_a_wait,
);

#[fire_and_forget]
async fn says_where(names: Sender<String>) {
    let _ = names.send(thread_name());
}

#[fire_and_forget(backend = "tokio")]
fn says_where_its_runtime_is(names: Sender<String>) {
    let name = Handle::current().block_on(async { tokio::spawn(async { thread_name() }).await });
    let _ = names.send(name.unwrap());
}

fn thread_name() -> String {
    thread::current().name().unwrap_or_default().to_owned()
}

fn runtime(name: &str) -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name(name)
        .build()
        .unwrap()
}

/// Given, current, given again: the current one goes first.
fn handle_is_used_where_there_is_no_runtime() {
    let (given, current) = (runtime("given"), runtime("current"));
    set_tokio_handle(given.handle().clone()).unwrap();
    println!(
        "{}",
        set_tokio_handle(current.handle().clone()).unwrap_err()
    );
    let (names, received) = signal();
    let both = || {
        says_where(names.clone());
        println!("{}", received.receive());
        says_where_its_runtime_is(names.clone());
        println!("{}", received.receive());
    };
    both();
    {
        let _entered = current.enter();
        both();
    }
    both();
    flush(PATIENCE).wait().unwrap();
}

fn handle_comes_after_the_first_launch() {
    let (names, received) = signal();
    says_where(names.clone());
    println!("{}", received.receive());
    let given = runtime("given");
    set_tokio_handle(given.handle().clone()).unwrap();
    says_where(names);
    println!("{}", received.receive());
    flush(PATIENCE).wait().unwrap();
}

fn handle_of_a_runtime_that_is_gone() {
    let given = runtime("given");
    set_tokio_handle(given.handle().clone()).unwrap();
    drop(given);
    let (names, _received) = signal();
    says_where(names);
    flush(PATIENCE).wait().unwrap();
    assert_eq!(counts(named!(says_where)), [1, 0, 0, 0, 1, 0]);
}

/// Pitfall 18: dropping a runtime inside another one panics, if it is done on that thread.
fn own_runtime_is_started_and_ended_inside_another() {
    let (names, received) = signal();
    let outer = runtime("outer");
    outer.block_on(async {
        thread::scope(|scope| {
            scope.spawn(|| says_where(names.clone()));
        });
        says_where(names.clone());
    });
    let mut all = received.receive_many(2);
    all.sort();
    println!("{} {}", all[0], all[1]);
    outer.block_on(async { shutdown(PATIENCE).await.unwrap() });
}

#[fire_and_forget]
async fn takes_a_second() {
    tokio::time::sleep(Duration::from_secs(1)).await;
}

#[fire_and_forget(max_in_flight = 1)]
async fn takes_as_long() {
    tokio::time::sleep(Duration::from_secs(1)).await;
}

/// The clock of tokio's tests jumps to the next timer as soon as their runtime has nothing to do.
fn paused_clock_does_not_jump_over_a_wait() {
    const HOUR: Duration = Duration::from_secs(3600);
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let began = tokio::time::Instant::now();
        for seconds in 1..=3 {
            takes_a_second();
            takes_as_long();
            tokio::time::timeout(HOUR, flush(PATIENCE))
                .await
                .unwrap()
                .unwrap();
            assert_eq!(began.elapsed().as_secs(), seconds);
        }
        // Nothing is in flight.
        tokio::time::timeout(HOUR, flush(PATIENCE))
            .await
            .unwrap()
            .unwrap();
        takes_a_second();
        tokio::time::timeout(HOUR, shutdown(PATIENCE))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(began.elapsed().as_secs(), 4);
    });
}
