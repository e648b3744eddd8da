//! Shows a pool: five workers take the work from a bounded queue, and the caller goes on at once.
//!
//! `cargo run --release --example pool`; `in_line` is the blocking one to compare with.

use std::thread;
use std::time::{Duration, Instant};

use fire_and_forget::{Pool, Unfinished, fire_and_forget};

static WORKERS: Pool = Pool::new("workers").threads(5);

#[fire_and_forget(backend = WORKERS)]
fn process(data: String, start: Instant) {
    say(start, &format!("{data} begins"));
    thread::sleep(Duration::from_secs(2));
    say(start, &format!("{data} ends"));
}

fn main() -> Result<(), Unfinished> {
    let start = Instant::now();
    let mut costs = Vec::new();
    for number in 0..3 {
        let data = format!("Data {number}");
        say(start, &format!("starts {data}"));
        let before = Instant::now();
        process(data, start);
        costs.push(before.elapsed().as_secs_f64() * 1e6);
        say(start, "goes on");
    }
    fire_and_forget::shutdown(Duration::from_secs(10)).wait()?;
    println!("each start cost the caller, in µs: {costs:.1?}");
    Ok(())
}

/// Prints what happens, when and on which thread.
fn say(start: Instant, what: &str) {
    let thread = thread::current();
    let name = thread.name().unwrap_or("unnamed");
    println!("{:>5} ms  {name:<17} {what}", start.elapsed().as_millis());
}
