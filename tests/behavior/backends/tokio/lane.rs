//! Launches that a task of ours spawns on a multi-thread runtime.

use std::cell::Cell;
use std::future::pending;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier};
use std::thread;

use ::tokio::runtime::{Builder, Handle, Id, Runtime};
use fire_and_forget::fire_and_forget;
use waiting::{PATIENCE, in_time};

use super::runtimes::multi_thread;
use crate::recorder::{row, watch};

fn with_two_threads() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap()
}

/// A body that says that it has begun, and where.
type Begun = Sender<(u32, Id)>;

#[fire_and_forget]
async fn begins_while_its_launcher_blocks(number: u32, begun: Begun) {
    let _ = begun.send((number, Handle::current().id()));
}

// A task that was woken last lies where only its thread takes it.
#[test]
fn of_the_launches_of_a_task_that_blocks_all_but_one_begin_at_once() {
    let watched = watch!(begins_while_its_launcher_blocks);
    let runtime = with_two_threads();
    in_time("nine have begun, again and again", move || {
        for _ in 0..200 {
            let (begun, beginnings) = channel();
            let task = runtime.spawn(async move {
                for number in 0..10 {
                    begins_while_its_launcher_blocks(number, begun.clone());
                }
                drop(begun);
                beginnings.iter().take(9).for_each(drop);
            });
            runtime.block_on(task).unwrap();
        }
    });
    // The runtime has ended with the closure.
    let counts = watched.quiet();
    assert_eq!((counts.launched, counts.ok + counts.lost), (2_000, 2_000));
}

#[fire_and_forget]
async fn is_one_of_many() {}

#[test]
fn a_helper_is_spawned_once_and_called_again_when_many_launches_wait() {
    let watched = watch!(is_one_of_many);
    let runtime = with_two_threads();
    let in_runtime = runtime.enter();
    // Until the dispatcher has first run, callers spawn. It runs ahead of what is spawned after it.
    is_one_of_many();
    for _ in 0..3 {
        let all = Arc::new(Barrier::new(3));
        let gate = Arc::new(Barrier::new(3));
        for _ in 0..2 {
            let (all, gate) = (Arc::clone(&all), Arc::clone(&gate));
            runtime.spawn(async move {
                all.wait();
                gate.wait();
            });
        }
        all.wait();
        for _ in 0..500 {
            is_one_of_many();
        }
        gate.wait();
        watched.quiet();
        let metrics = runtime.metrics();
        in_time("only the dispatcher and a helper are left", move || {
            while metrics.num_alive_tasks() != 2 {
                thread::yield_now();
            }
        });
    }
    drop(in_runtime);
}

#[fire_and_forget]
async fn begins_while_two_block(number: u32, begun: Begun) {
    let _ = begun.send((number, Handle::current().id()));
}

// The task that wakes ours is not the one that waits for it.
#[test]
fn a_task_that_blocks_keeps_no_launches_of_others() {
    let watched = watch!(begins_while_two_block);
    let runtime = Builder::new_multi_thread()
        .worker_threads(3)
        .build()
        .unwrap();
    in_time("nine of the other have begun, again and again", move || {
        for _ in 0..200 {
            let (first, ignored) = channel();
            let (second, beginnings) = channel::<(u32, Id)>();
            let (over, is_over) = channel::<()>();
            let both = Arc::new(Barrier::new(2));
            let before = Arc::clone(&both);
            let blocks = runtime.spawn(async move {
                begins_while_two_block(0, first);
                before.wait();
                let _ = is_over.recv();
                drop(ignored);
            });
            let waits = runtime.spawn(async move {
                both.wait();
                for number in 0..10 {
                    begins_while_two_block(number, second.clone());
                }
                drop(second);
                beginnings.iter().take(9).for_each(drop);
                drop(over);
            });
            runtime.block_on(async { (blocks.await.unwrap(), waits.await.unwrap()) });
        }
    });
    let counts = watched.quiet();
    assert_eq!((counts.launched, counts.ok + counts.lost), (2_200, 2_200));
}

#[fire_and_forget]
async fn begins_beside_a_task_that_left_its_worker(number: u32, begun: Begun) {
    let _ = begun.send((number, Handle::current().id()));
}

// After `block_in_place`, our task does not lie where the thread has woken it, and nobody was called.
#[test]
fn a_task_that_blocks_after_it_has_left_its_worker_keeps_no_launches_of_others() {
    let watched = watch!(begins_beside_a_task_that_left_its_worker);
    in_time(
        "each launch from outside has begun, again and again",
        move || {
            let runtime = with_two_threads();
            let _entered = runtime.enter();
            for _ in 0..100 {
                let (begun, beginnings) = channel();
                let launch = begins_beside_a_task_that_left_its_worker;
                let (to_task, task) = channel::<()>();
                let (to_main, main) = channel::<()>();
                let of_task = begun.clone();
                let blocks = runtime.spawn(async move {
                    launch(0, of_task.clone());
                    to_main.send(()).unwrap();
                    task.recv().unwrap();
                    ::tokio::task::block_in_place(|| ());
                    launch(1, of_task);
                    to_main.send(()).unwrap();
                    let _ = task.recv();
                });
                main.recv().unwrap();
                launch(2, begun.clone());
                to_task.send(()).unwrap();
                main.recv().unwrap();
                for number in 3..6 {
                    launch(number, begun.clone());
                    while beginnings.recv().unwrap().0 != number {}
                }
                drop(to_task);
                runtime.block_on(blocks).unwrap();
            }
        },
    );
    let counts = watched.quiet();
    assert_eq!((counts.launched, counts.ok + counts.lost), (600, 600));
}

#[fire_and_forget]
async fn says_its_runtime(number: u32, begun: Begun) {
    begun.send((number, Handle::current().id())).unwrap();
}

#[test]
fn a_thread_that_goes_from_one_runtime_to_the_other_launches_on_each() {
    let watched = watch!(says_its_runtime);
    let runtimes = [multi_thread(), multi_thread(), with_two_threads()];
    let (begun, beginnings) = channel();
    for round in 0..10 {
        for runtime in &runtimes {
            let _entered = runtime.enter();
            says_its_runtime(round, begun.clone());
            assert_eq!(
                beginnings.recv_timeout(PATIENCE).unwrap().1,
                runtime.handle().id()
            );
            // One inside the other.
            let inner = &runtimes[round as usize % 3];
            let _entered = inner.enter();
            says_its_runtime(round, begun.clone());
            assert_eq!(
                beginnings.recv_timeout(PATIENCE).unwrap().1,
                inner.handle().id()
            );
        }
    }
    assert_eq!(watched.quiet(), row!(launched: 60, ok: 60));
}

#[fire_and_forget]
async fn is_launched_while_its_runtime_ends(_number: u32) {}

#[test]
fn what_is_launched_while_a_runtime_ends_runs_or_is_lost() {
    let watched = watch!(is_launched_while_its_runtime_ends);
    for _ in 0..100 {
        let runtime = with_two_threads();
        let begin = Arc::new(Barrier::new(3));
        let launchers = [(); 2].map(|()| {
            let (handle, begin) = (runtime.handle().clone(), Arc::clone(&begin));
            thread::spawn(move || {
                let _entered = handle.enter();
                begin.wait();
                (0..50).for_each(is_launched_while_its_runtime_ends);
            })
        });
        begin.wait();
        drop(runtime);
        for launcher in launchers {
            launcher.join().unwrap();
        }
    }
    let counts = watched.quiet();
    assert_eq!((counts.launched, counts.ok + counts.lost), (10_000, 10_000));
}

/// Launches when it is dropped.
struct Launches;

impl Drop for Launches {
    fn drop(&mut self) {
        is_launched_by_a_task_that_is_dropped(None);
    }
}

#[fire_and_forget]
async fn is_launched_by_a_task_that_is_dropped(launches: Option<Launches>) {
    if launches.is_some() {
        pending::<()>().await;
    }
}

#[test]
fn what_a_runtime_that_ends_has_launched_by_its_tasks_is_lost() {
    let watched = watch!(is_launched_by_a_task_that_is_dropped);
    for _ in 0..50 {
        let runtime = with_two_threads();
        runtime.block_on(async {
            for _ in 0..4 {
                is_launched_by_a_task_that_is_dropped(Some(Launches));
            }
        });
        drop(runtime);
    }
    let counts = watched.quiet();
    assert_eq!((counts.launched, counts.lost + counts.ok), (400, 400));
    assert!(counts.lost >= 200, "{counts:?}");
}

#[fire_and_forget]
async fn is_one_of_more_than_there_is_room_for(begun: Begun, number: u32) {
    begun.send((number, Handle::current().id())).unwrap();
}

#[test]
fn more_launches_than_there_is_room_for_are_spawned_by_their_caller() {
    let watched = watch!(is_one_of_more_than_there_is_room_for);
    // Its only thread is busy with what launches.
    let runtime = multi_thread();
    let (begun, beginnings): (Begun, Receiver<_>) = channel();
    let task = runtime.spawn(async move {
        for number in 0..5_000 {
            is_one_of_more_than_there_is_room_for(begun.clone(), number);
        }
    });
    runtime.block_on(task).unwrap();
    let mut all: Vec<_> = beginnings.iter().map(|(number, _)| number).collect();
    all.sort_unstable();
    assert_eq!(all, (0..5_000).collect::<Vec<_>>());
    assert_eq!(watched.quiet(), row!(launched: 5_000, ok: 5_000));
}

thread_local! {
    static IS_DROPPING: Cell<bool> = const { Cell::new(false) };
}

/// Launches more than a lane has room for when it is dropped.
struct LaunchesWhenItIsDropped;

impl Drop for LaunchesWhenItIsDropped {
    fn drop(&mut self) {
        if !IS_DROPPING.replace(true) {
            (0..1400).for_each(is_launched_by_a_destructor);
            IS_DROPPING.set(false);
        }
    }
}

#[fire_and_forget]
async fn is_launched_by_a_destructor(_: u32) {}

#[fire_and_forget]
async fn launches_when_it_is_dropped(launches: LaunchesWhenItIsDropped) {
    pending::<()>().await;
    drop(launches);
}

// A runtime that ends drops what is spawned at once, while our task is still busy with the launch.
#[test]
fn destructors_launch_more_than_there_is_room_for_while_their_runtime_ends() {
    let watched = watch!(launches_when_it_is_dropped);
    in_time("each runtime has ended", || {
        for round in 0..40 {
            let runtime = with_two_threads();
            let handle = runtime.handle().clone();
            let (to_main, main) = channel();
            let launcher = thread::spawn(move || {
                let _entered = handle.enter();
                for _ in 0..20 {
                    launches_when_it_is_dropped(LaunchesWhenItIsDropped);
                    let _ = to_main.send(());
                }
            });
            // It ends earlier or later while launches come.
            main.iter().take(round / 2).for_each(drop);
            drop(runtime);
            launcher.join().unwrap();
        }
    });
    let counts = watched.quiet();
    assert_eq!((counts.launched, counts.lost), (800, 800));
}
