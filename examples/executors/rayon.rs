//! Shows a backend of one's own: bodies run on rayon's threads, and no more than ten thousand are taken at a time.
//!
//! ```sh
//! cargo run --release -p executors --bin rayon
//! ```

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fire_and_forget::{Backend, Task, Unfinished, fire_and_forget};
use rayon::prelude::*;

pub(crate) static RAYON: Rayon = Rayon {
    tasks: AtomicUsize::new(0),
};

/// Rayon's global pool with a limit: its own queue has none.
pub(crate) struct Rayon {
    /// Queued or running. Relaxed: it is only a count.
    tasks: AtomicUsize,
}

impl Backend for Rayon {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        if self.tasks.fetch_add(1, Ordering::Relaxed) >= 10_000 {
            self.tasks.fetch_sub(1, Ordering::Relaxed);
            return Err(task);
        }
        rayon::spawn(|| {
            task.run(); // never unwinds
            self.tasks.fetch_sub(1, Ordering::Relaxed);
        });
        Ok(())
    }

    fn name(&self) -> &'static str {
        "rayon"
    }
}

/// The body is on a thread of rayon, so its parallel iterators use the same pool.
#[fire_and_forget(backend = RAYON)]
fn sum_of_squares(limit: u64) {
    let sum: u64 = (1..=limit)
        .into_par_iter()
        .map(|number| number * number)
        .sum();
    println!("the squares up to {limit} add up to {sum}");
}

/// A thread of rayon blocks on it.
#[fire_and_forget(backend = RAYON)]
async fn greet(name: String) -> Result<(), String> {
    let greeting = greeting(&name).await?;
    println!("{greeting}");
    Ok(())
}

async fn greeting(name: &str) -> Result<String, String> {
    std::future::ready(match name {
        "" => Err("there is nobody to greet".to_owned()),
        name => Ok(format!("hello, {name}")),
    })
    .await
}

fn main() -> Result<(), Unfinished> {
    sum_of_squares(1_000);
    greet("Ada".to_owned());
    greet(String::new());
    fire_and_forget::shutdown(Duration::from_secs(10)).wait()?;
    println!("{}", fire_and_forget::ledger());
    Ok(())
}
