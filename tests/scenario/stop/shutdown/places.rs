//! Where it may be called: not inside a body, and inside runtimes of both flavors.

use std::sync::mpsc::Sender;
use std::time::Duration;

use fire_and_forget::{fire_and_forget, flush, shutdown};
use tokio::runtime::{Builder, Runtime};
use waiting::{PATIENCE, signal};

use super::bodies::{PLAIN, launch_all};
use crate::counts;

crate::scenarios!(
    shutdown_inside_a_body,
    shutdown_inside_a_multi_thread_runtime,
    shutdown_inside_a_current_thread_runtime,
);

#[fire_and_forget]
fn shuts_down(texts: Sender<String>) {
    let _ = texts.send(shutdown(Duration::MAX).wait().unwrap_err().to_string());
}

#[fire_and_forget]
async fn shuts_down_in_a_task(texts: Sender<String>) {
    let _ = texts.send(shutdown(Duration::MAX).await.unwrap_err().to_string());
}

fn shutdown_inside_a_body() {
    let (texts, received) = signal();
    shuts_down(texts.clone());
    println!("{}", received.receive());
    flush(PATIENCE).wait().unwrap();
    shuts_down_in_a_task(texts);
    println!("{}", received.receive());
    flush(PATIENCE).wait().unwrap();
    launch_all(1);
    flush(PATIENCE).wait().unwrap();
    for (function, _) in PLAIN {
        assert_eq!(counts(function), [1, 1, 0, 0, 0, 0], "{function}");
    }
    shutdown(PATIENCE).wait().unwrap();
}

/// Pitfall 18: blocking is allowed on a thread of such a runtime, and the rest of it goes on.
fn shutdown_inside_a_multi_thread_runtime() {
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        launch_all(50);
        flush(PATIENCE).wait().unwrap();
        launch_all(50);
        flush(PATIENCE).await.unwrap();
        launch_all(50);
        tokio::spawn(shutdown(PATIENCE)).await.unwrap().unwrap();
        shutdown(PATIENCE).wait().unwrap();
    });
    for (function, _) in PLAIN {
        assert_eq!(counts(function), [150, 150, 0, 0, 0, 0], "{function}");
    }
}

/// Pitfall 18. The runtime of the crate's own was started outside, and ends while this one is the current.
fn shutdown_inside_a_current_thread_runtime() {
    launch_all(1);
    flush(PATIENCE).wait().unwrap();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        launch_all(50);
        let wait = shutdown(PATIENCE);
        let unfinished = shutdown(PATIENCE).wait().unwrap_err().to_string();
        println!("{}", unfinished.split(';').next().unwrap());
        wait.await.unwrap();
    });
    for (function, _) in PLAIN {
        assert_eq!(counts(function), [51, 51, 0, 0, 0, 0], "{function}");
    }
}
