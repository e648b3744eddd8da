//! Shows an async executor as a backend: smol spawns an `async fn`, and runs a `fn` where its blocking code runs.
//!
//! ```sh
//! cargo run --release -p executors --bin smol
//! ```

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fire_and_forget::{Backend, Executor, Task, Unfinished, fire_and_forget};
use smol::Timer;

pub(crate) static SMOL: Smol = Smol {
    blocking: AtomicUsize::new(0),
};

pub(crate) struct Smol {
    /// Bodies of a `fn`, queued or running: smol's queue of blocking code has no limit. Relaxed: it is only a count.
    blocking: AtomicUsize,
}

impl Backend for Smol {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        if self.blocking.fetch_add(1, Ordering::Relaxed) >= 10_000 {
            self.blocking.fetch_sub(1, Ordering::Relaxed);
            return Err(task);
        }
        smol::unblock(|| {
            task.run(); // never unwinds
            self.blocking.fetch_sub(1, Ordering::Relaxed);
        })
        .detach();
        Ok(())
    }

    fn name(&self) -> &'static str {
        "smol"
    }
}

impl Executor for Smol {
    fn spawn(&'static self, future: impl Future<Output = ()> + Send + 'static) {
        smol::spawn(future).detach();
    }
}

/// A thousand of these wait on one thread.
#[fire_and_forget(backend = SMOL)]
async fn greet(name: String) -> Result<(), String> {
    Timer::after(Duration::from_millis(10)).await;
    match name.as_str() {
        "" => Err("there is nobody to greet".to_owned()),
        "Ada" => {
            println!("hello, {name}");
            Ok(())
        }
        _ => Ok(()),
    }
}

#[fire_and_forget(backend = SMOL)]
fn count_files(folder: &'static str) -> std::io::Result<()> {
    let files = std::fs::read_dir(folder)?.count();
    println!("there are {files} files in `{folder}`");
    Ok(())
}

fn main() -> Result<(), Unfinished> {
    greet("Ada".to_owned());
    greet(String::new());
    for guest in 1..=998 {
        greet(format!("guest {guest}"));
    }
    count_files(".");
    fire_and_forget::shutdown(Duration::from_secs(10)).wait()?;
    println!("{}", fire_and_forget::ledger());
    Ok(())
}
