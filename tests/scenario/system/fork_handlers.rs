//! A program that is told of its forks (`pthread_atfork`), and launches then: before this crate's own handler has run, where it
//! registered before the first launch, and afterwards.

#![expect(unsafe_code, reason = "the C library calls the handlers")]

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::Sender;
use std::time::Duration;

use fire_and_forget::{Pool, Refusal, WhyUnfinished, fire_and_forget, flush, shutdown};
use waiting::{Gate, PATIENCE, Pass, begin, signal};

use super::fork::{check_all, in_a_fork, launch_all, or_reject};
use crate::{counts, named};

crate::scenarios!(
    child_handler_launches,
    child_handler_launches_where_a_caller_would_wait,
    child_handler_waits,
    handlers_of_each_kind_launch,
    first_launch_in_a_handler,
    shutdown_during_a_fork,
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    child_handler_forks,
    forks_of_several_threads,
);

type Handler = Option<unsafe extern "C" fn()>;

fn at_fork(prepare: Handler, parent: Handler, child: Handler) {
    // SAFETY: the handlers live as long as the program, and may be called at any time.
    let error = unsafe { libc::pthread_atfork(prepare, parent, child) };
    assert_eq!(error, 0);
}

unsafe extern "C" fn launch_on_all() {
    launch_all();
}

/// On each backend, and with each policy.
fn child_handler_launches() {
    at_fork(None, None, Some(launch_on_all));
    launch_all();
    flush(PATIENCE).wait().unwrap();
    in_a_fork(|| check_all([2, 1, 0, 0, 0, 1]));
    launch_all();
    shutdown(PATIENCE).wait().unwrap();
    check_all([2, 2, 0, 0, 0, 0]);
}

static CROWDED: Pool = Pool::new("crowded").threads(1).queue(0);

#[fire_and_forget(backend = CROWDED, on_full = "block")]
fn blocks(pass: Pass) {
    pass.wait();
}

unsafe extern "C" fn launch_what_blocks() {
    blocks(Pass::open());
}

/// There is no room, and nobody is there who could make any.
fn child_handler_launches_where_a_caller_would_wait() {
    at_fork(None, None, Some(launch_what_blocks));
    let gate = Gate::holding(blocks);
    in_a_fork(|| assert_eq!(counts(named!(blocks)), [2, 0, 0, 0, 0, 1]));
    gate.open();
    shutdown(PATIENCE).wait().unwrap();
    assert_eq!(counts(named!(blocks)), [1, 1, 0, 0, 0, 0]);
}

unsafe extern "C" fn wait_in_vain() {
    let ends = [flush(Duration::MAX), shutdown(Duration::MAX)].map(|wait| wait.wait().unwrap_err());
    for unfinished in ends {
        assert_eq!(unfinished.reason(), WhyUnfinished::Forked);
    }
}

/// For what is in flight elsewhere.
fn child_handler_waits() {
    at_fork(None, None, Some(wait_in_vain));
    let gate = Gate::holding(blocks);
    in_a_fork(|| ());
    gate.open();
    shutdown(PATIENCE).wait().unwrap();
}

static POOL: Pool = Pool::new("handlers").threads(1);

#[fire_and_forget(backend = POOL, on_full = "reject")]
fn before() {}

#[fire_and_forget(backend = POOL, on_full = "reject")]
fn in_parent() {}

#[fire_and_forget(backend = POOL, on_full = "reject")]
fn in_child() {}

unsafe extern "C" fn launch_before() {
    before().unwrap();
}

unsafe extern "C" fn launch_in_parent() {
    in_parent().unwrap();
}

unsafe extern "C" fn launch_in_child() {
    let rejected = in_child().unwrap_err();
    assert_eq!(rejected.reason(), Refusal::ShuttingDown);
    assert!(rejected.to_string().contains("forked"), "{rejected}");
}

/// Before and after those of this crate.
fn handlers_of_each_kind_launch() {
    let register = || {
        at_fork(
            Some(launch_before),
            Some(launch_in_parent),
            Some(launch_in_child),
        );
    };
    register();
    or_reject(0).unwrap();
    register();
    for _ in 0..2 {
        in_a_fork(|| assert_eq!(counts(named!(in_child)), [2, 0, 0, 0, 0, 2]));
    }
    shutdown(PATIENCE).wait().unwrap();
    assert_eq!(counts(named!(before)), [4, 4, 0, 0, 0, 0]);
    assert_eq!(counts(named!(in_parent)), [4, 4, 0, 0, 0, 0]);
}

/// The C library tells nothing of a fork that has begun already; a wait finds it out, and from then on all is refused.
fn first_launch_in_a_handler() {
    at_fork(Some(launch_before), None, None);
    in_a_fork(|| {
        let _ = flush(Duration::MAX).wait();
        assert!(or_reject(1).is_err());
    });
    or_reject(2).unwrap();
    shutdown(PATIENCE).wait().unwrap();
}

unsafe extern "C" fn shut_down() {
    static IS_FIRST: AtomicBool = AtomicBool::new(true);
    if IS_FIRST.swap(false, Ordering::SeqCst) {
        shutdown(PATIENCE).wait().unwrap();
    }
}

/// From its beginning to its end. The processes know it, and know of each other.
fn shutdown_during_a_fork() {
    at_fork(Some(shut_down), None, None);
    or_reject(0).unwrap();
    let reason = || or_reject(1).unwrap_err().to_string();
    in_a_fork(|| assert!(reason().contains("forked")));
    assert!(reason().contains("shutting down"));
    shutdown(PATIENCE).wait().unwrap();
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
unsafe extern "C" fn fork_again() {
    static DEPTH: AtomicU32 = AtomicU32::new(0);
    if DEPTH.fetch_add(1, Ordering::SeqCst) == 0 {
        in_a_fork(|| assert!(or_reject(1).is_err()));
    }
    assert!(or_reject(2).is_err());
}

/// In the new process, before it is told that it is one: neither does that of the fork of the fork hide it.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn child_handler_forks() {
    at_fork(None, None, Some(fork_again));
    or_reject(0).unwrap();
    in_a_fork(|| assert!(or_reject(3).is_err()));
    or_reject(4).unwrap();
    shutdown(PATIENCE).wait().unwrap();
}

#[fire_and_forget(backend = "thread", on_full = "block")]
fn counts_itself(ran: Sender<()>) {
    let _ = ran.send(());
}

/// At once, while others launch: each launch runs, but those of the forks.
fn forks_of_several_threads() {
    static IS_OVER: AtomicBool = AtomicBool::new(false);
    at_fork(
        Some(launch_before),
        Some(launch_in_parent),
        Some(launch_in_child),
    );
    or_reject(0).unwrap();
    let launcher = begin(|| {
        let (ran, runs) = signal();
        let mut launches = 0;
        while !IS_OVER.load(Ordering::Relaxed) {
            counts_itself(ran.clone());
            runs.receive();
            launches += 1;
        }
        launches
    });
    let forkers = [(); 2].map(|()| {
        begin(|| {
            for _ in 0..100 {
                in_a_fork(|| assert!(or_reject(1).is_err()));
            }
        })
    });
    for forker in forkers {
        forker.end("a thread that forks ends");
    }
    IS_OVER.store(true, Ordering::Relaxed);
    let all = launcher.end("the launcher ends");
    shutdown(PATIENCE).wait().unwrap();
    let counted = counts(named!(counts_itself));
    assert_eq!(counted, [all, all, 0, 0, 0, 0]);
    assert_eq!(counts(named!(before)), [200, 200, 0, 0, 0, 0]);
    assert_eq!(counts(named!(in_parent)), [200, 200, 0, 0, 0, 0]);
}
