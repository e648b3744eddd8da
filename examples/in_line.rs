//! Shows the blocking way, to compare with: the caller does each piece of work itself.
//!
//! `cargo run --release --example in_line`; `threads`, `pool` and `tasks` do the same work and do not wait.

use std::thread;
use std::time::{Duration, Instant};

fn process(data: &str, start: Instant) {
    say(start, &format!("{data} begins"));
    thread::sleep(Duration::from_secs(2));
    say(start, &format!("{data} ends"));
}

fn main() {
    let start = Instant::now();
    let mut costs = Vec::new();
    for number in 0..3 {
        let data = format!("Data {number}");
        say(start, &format!("starts {data}"));
        let before = Instant::now();
        process(&data, start);
        costs.push(before.elapsed().as_secs_f64() * 1e6);
        say(start, "goes on");
    }
    println!("each start cost the caller, in µs: {costs:.1?}");
}

/// Prints what happens, when and on which thread.
fn say(start: Instant, what: &str) {
    let thread = thread::current();
    let name = thread.name().unwrap_or("unnamed");
    println!("{:>5} ms  {name:<17} {what}", start.elapsed().as_millis());
}
