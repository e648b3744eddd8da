//! All that is compared: one line each in the table, and below it what sets each one up.

use std::future::ready;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;
use std::thread;

use crossbeam_channel::Sender;
use fire_and_forget::{Pool, fire_and_forget};
use futures::FutureExt;
use serde::Serialize;

use crate::body::work;
use crate::peer::{Peer, RUNTIME, WORKERS};

/// What is compared with what. The best peer of a contest sets the bar of each column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum Contest {
    /// Work on a fixed number of threads.
    Pool,
    /// A task that is launched inside another.
    TokioInside,
    /// A task that is launched from a thread outside the runtime.
    TokioOutside,
    /// A task that is launched on the only thread of a runtime.
    CurrentThread,
    /// A thread for each launch.
    Thread,
}

/// What a line of the table is there for.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) enum Role {
    /// It is ours, in this contest.
    Ours(Contest),
    /// It is to be beaten in these.
    Peer(&'static [Contest]),
    /// It is shown and compared with nothing.
    Shown,
}

use self::Contest::{CurrentThread, Pool as OnPool, Thread, TokioInside, TokioOutside};
use self::Role::{Ours, Peer as Against, Shown};

/// A name, what it is there for, and how it is set up.
pub(crate) type Line = (&'static str, Role, fn() -> Peer);

/// The table. A new peer is one line here, and a function below unless a closure will do.
#[rustfmt::skip]
pub(crate) const LINES: &[Line] = &[
    ("in line, no launch",                Shown,                       || Peer::new(work).without_workers()),
    (OURS,                                Ours(OnPool),                ours_on_a_pool),
    ("crossbeam-channel + Box",           Against(&[OnPool]),          crossbeam_channel),
    ("rayon spawn",                       Against(&[OnPool]),          rayon_spawn),
    ("rusty_pool",                        Against(&[OnPool]),          rusty_pool),
    ("threadpool",                        Against(&[OnPool]),          threadpool),
    ("tokio spawn, from outside",         Against(&[OnPool]),          || Peer::new(tokio_spawn)),
    ("tokio spawn_blocking",              Against(&[OnPool]),          tokio_spawn_blocking),
    ("std::thread::spawn",                Against(&[OnPool, Thread]),  thread_spawn),
    ("ours on \"thread\"",                Ours(Thread),                ours_on_a_thread),
    // No peer of a pool: nothing is handed over, the caller's own worker runs the task when the caller yields.
    ("tokio spawn, from inside",          Shown,                       || Peer::new(tokio_spawn).in_a_task()),
    ("by hand on tokio, from inside",     Against(&[TokioInside]),     || Peer::new(by_hand_on_tokio).in_a_task()),
    ("ours on \"tokio\", from inside",    Ours(TokioInside),           || ours_on_tokio().in_a_task()),
    ("by hand on tokio, from outside",    Against(&[TokioOutside]),    || Peer::new(by_hand_on_tokio)),
    ("ours on \"tokio\", from outside",   Ours(TokioOutside),          ours_on_tokio),
    ("by hand on a current thread",       Against(&[CurrentThread]),   || Peer::new(by_hand_here).on_the_only_thread()),
    ("ours on a current thread",          Ours(CurrentThread),         || ours_on_tokio().on_the_only_thread()),
];

/// The line that most is about.
pub(crate) const OURS: &str = "ours on a Pool";

/// Sets a peer up.
pub(crate) fn build(&(name, _, build): &Line) -> Peer {
    build().named(name)
}

static POOL: Pool = Pool::new("launch").threads(WORKERS).queue(QUEUE);

const QUEUE: usize = 16_384;

fn ours_on_a_pool() -> Peer {
    #[fire_and_forget(backend = POOL)]
    fn launch(text: String, number: u64) {
        work(text, number);
    }

    #[fire_and_forget(backend = POOL, on_full = "block")]
    fn launch_or_wait(text: String, number: u64) {
        work(text, number);
    }

    POOL.start();
    Peer::new(launch).patiently(launch_or_wait)
}

fn ours_on_a_thread() -> Peer {
    #[fire_and_forget(backend = "thread")]
    fn launch(text: String, number: u64) {
        work(text, number);
    }

    #[fire_and_forget(backend = "thread", on_full = "block")]
    fn launch_or_wait(text: String, number: u64) {
        work(text, number);
    }

    Peer::new(launch)
        .patiently(launch_or_wait)
        .thread_per_launch()
}

fn ours_on_tokio() -> Peer {
    #[fire_and_forget(backend = "tokio")]
    async fn launch(text: String, number: u64) -> Result<(), String> {
        ready(()).await;
        check(text, number)
    }

    #[fire_and_forget(backend = "tokio", on_full = "reject")]
    async fn launch_or_reject(text: String, number: u64) -> Result<(), String> {
        ready(()).await;
        check(text, number)
    }

    // Already set where both lines of ours are set up, and by the very same runtime.
    _ = fire_and_forget::set_tokio_handle(RUNTIME.handle().clone());
    Peer::new(launch).patiently(|text, number| {
        let mut launched = launch_or_reject(text, number);
        while let Err(rejected) = launched {
            thread::yield_now();
            let (text, number) = rejected.into_args();
            launched = launch_or_reject(text, number);
        }
    })
}

/// What somebody writes who wants to know of errors and panics.
fn by_hand_on_tokio(text: String, number: u64) {
    RUNTIME.spawn(told_of(text, number));
}

/// The same on the runtime that the caller is in.
fn by_hand_here(text: String, number: u64) {
    tokio::spawn(told_of(text, number));
}

async fn told_of(text: String, number: u64) {
    match AssertUnwindSafe(answer(text, number)).catch_unwind().await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => eprintln!("`answer` failed: {error}"),
        Err(_) => eprintln!("`answer` panicked"),
    }
}

/// The body where there may be an error to tell of. With the attribute, it is the annotated function itself.
async fn answer(text: String, number: u64) -> Result<(), String> {
    ready(()).await;
    check(text, number)
}

fn check(text: String, number: u64) -> Result<(), String> {
    if text.is_empty() {
        return Err("no text".to_owned());
    }
    work(text, number);
    Ok(())
}

pub(crate) fn crossbeam_channel() -> Peer {
    Peer::new(|text, number| send_by_hand(Box::new(move || work(text, number))))
}

type Job = Box<dyn FnOnce() + Send>;

/// Hands a job to one of two threads, as somebody does who builds a pool of a channel and cares for panics.
pub(crate) fn send_by_hand(job: Job) {
    static SENDER: LazyLock<Sender<Job>> = LazyLock::new(|| {
        let (sender, jobs) = crossbeam_channel::bounded::<Job>(QUEUE);
        for _ in 0..WORKERS {
            let jobs = jobs.clone();
            thread::spawn(move || {
                for job in jobs {
                    if catch_unwind(AssertUnwindSafe(job)).is_err() {
                        eprintln!("a job panicked");
                    }
                }
            });
        }
        sender
    });
    SENDER.send(job).expect("the workers are there");
}

fn rayon_spawn() -> Peer {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(WORKERS)
        .panic_handler(|_| eprintln!("a job panicked"))
        .build()
        .expect("a pool starts");
    Peer::new(move |text, number| pool.spawn(move || work(text, number)))
}

fn rusty_pool() -> Peer {
    let pool = rusty_pool::Builder::new()
        .core_size(WORKERS)
        .max_size(WORKERS)
        .build();
    Peer::new(move |text, number| pool.execute(move || work(text, number)))
}

fn threadpool() -> Peer {
    let pool = threadpool::ThreadPool::new(WORKERS);
    Peer::new(move |text, number| pool.execute(move || work(text, number)))
}

fn tokio_spawn(text: String, number: u64) {
    RUNTIME.spawn(async move { work(text, number) });
}

fn tokio_spawn_blocking() -> Peer {
    let handle = RUNTIME.handle().clone();
    Peer::new(move |text, number| {
        handle.spawn_blocking(move || work(text, number));
    })
}

fn thread_spawn() -> Peer {
    Peer::new(|text, number| {
        thread::spawn(move || work(text, number));
    })
    .thread_per_launch()
}
