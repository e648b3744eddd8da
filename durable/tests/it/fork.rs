//! A fork with an open store has none of its threads.

#![expect(unsafe_code, reason = "`fork` is")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use fire_and_forget::{durable, fire_and_forget};
use fire_and_forget_durable::StoreError;

use crate::scenario::{counts, note_of_body, scenarios, until};

#[fire_and_forget(backend = "durable", name = "forked")]
fn forked(number: u64) {
    note_of_body(format_args!("done {number}"));
}

/// Forks, does `act` in the new process, and waits for its end here.
fn in_a_fork(act: impl FnOnce()) {
    // SAFETY: the new process has one thread, which calls nothing that needs another, and then exits.
    match unsafe { libc::fork() } {
        -1 => panic!("cannot fork"),
        0 => {
            let acted = catch_unwind(AssertUnwindSafe(act));
            // SAFETY: it returns to nobody.
            unsafe { libc::_exit(if acted.is_ok() { 0 } else { 101 }) }
        }
        child => {
            let mut status = 0;
            // SAFETY: the pointer is to a number of ours.
            let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
            assert_eq!((waited, status), (child, 0), "the fork failed");
        }
    }
}

/// What is said at once.
fn refusal<T>(asked: impl Future<Output = Result<T, StoreError>>) -> String {
    match pin!(asked).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Err(error)) => error.to_string(),
        Poll::Ready(Ok(_)) => "done".into(),
        Poll::Pending => "waits".into(),
    }
}

scenarios! {
    async fn a_fork_is_told_so_and_its_parent_goes_on(store) {
        let jobs = store.open().await;
        jobs.work(2);
        jobs.stored(|| forked(0)).await.unwrap();
        in_a_fork(|| {
            const SAID: &str = "the store belongs to the process that this one was forked from";
            assert_eq!(refusal(jobs.stored(|| forked(100))), SAID);
            assert_eq!(refusal(jobs.counts()), SAID);
            assert_eq!(refusal(jobs.dead()), SAID);
            // Refused, and reported: nobody would ever store it.
            forked(101);
            jobs.work_on("of a fork", 1);
        });
        jobs.stored(|| forked(1)).await.unwrap();
        forked(2);
        durable::flush(std::time::Duration::from_mins(1)).await.unwrap();
        until(async || jobs.counts().await.unwrap().done() == 3).await;
        assert_eq!(counts("forked", "durable").ok, 3);
        fire_and_forget::shutdown(std::time::Duration::from_mins(1)).await.unwrap();
        let mut notes = store.notes();
        notes.sort();
        assert_eq!(notes, ["done 0", "done 1", "done 2"]);
    }
}
