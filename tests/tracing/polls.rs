//! A task that several threads poll is in its span on each of them, and nothing else is.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, ThreadId};

use fire_and_forget::fire_and_forget;
use tokio::runtime::Builder;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tracing::{info, info_span};
use waiting::signal;

use crate::recorded::{Recorded, quiet};

/// Is polled once more with each call, and has a blocker take the thread it was polled on before.
#[fire_and_forget(name = "moves")]
async fn moves(mut calls: UnboundedReceiver<Receiver<()>>, polled: Sender<ThreadId>) {
    while let Some(released) = calls.recv().await {
        info!("polled");
        // The next in turn on this thread, as soon as this one waits.
        let polled = polled.clone();
        let here = thread::current().id();
        tokio::spawn(async move {
            info!("not of the launch");
            let _ = polled.send(here);
            let _ = released.recv();
        });
    }
}

#[test]
fn a_task_is_in_its_span_on_every_thread_that_polls_it() {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    let recorded = Recorded::new();
    let (call, calls) = unbounded_channel();
    let (polled, polls) = signal();
    {
        let _inside = runtime.enter();
        recorded.during(|| info_span!("request").in_scope(|| moves(calls, polled)));
    }
    // A blocker holds its thread until the next poll was elsewhere.
    let mut threads = Vec::new();
    let mut held: Option<Sender<()>> = None;
    while threads.len() < 4 {
        let (release, released) = channel();
        call.send(released).unwrap();
        let thread = polls.receive();
        if threads.last() != Some(&thread) {
            threads.push(thread);
        }
        held = Some(release);
    }
    drop(held);
    drop(call);
    quiet("moves");
    let span = recorded.span("moves");
    assert!(threads.iter().all(|it| span.threads.contains(it)));
    let lines = recorded.lines();
    assert!(lines.len() >= 4);
    assert!(
        lines.iter().all(|line| line == "moves: polled"),
        "{lines:?}"
    );
}
