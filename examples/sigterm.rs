//! Shows a service that ends well on SIGTERM and Ctrl-C: it takes no more work, and finishes what it has launched.
//!
//! `cargo run --release --example sigterm`, then Ctrl-C, or `kill` with the process id that it prints.
//! `.ci/run` passes: --after 500 (milliseconds, in place of a signal)

use std::time::Duration;

use anyhow::Context;
use fire_and_forget::fire_and_forget;

#[fire_and_forget]
async fn audit(request: u32) {
    tokio::time::sleep(Duration::from_secs(1)).await;
    println!("request {request} is on record");
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let after = time_limit()?;
    println!("process {} serves", std::process::id());
    tokio::select! {
        () = serve() => {}
        cause = end(after) => println!("{}: no more requests", cause?),
    }
    let ended = fire_and_forget::shutdown(Duration::from_secs(10)).await;
    println!("{}", fire_and_forget::ledger());
    ended?; // names what is left, and the process exits with 1
    println!("everything is finished");
    Ok(())
}

/// Stands for the service: a request every 200 ms, answered without waiting for its audit.
async fn serve() {
    let mut requests = tokio::time::interval(Duration::from_millis(200));
    for request in 1.. {
        requests.tick().await;
        println!("request {request} is answered");
        audit(request);
    }
}

/// Waits for the first reason to end, and names it.
async fn end(after: Duration) -> anyhow::Result<&'static str> {
    tokio::select! {
        signal = terminated() => signal.map(|()| "SIGTERM"),
        signal = tokio::signal::ctrl_c() => Ok(signal.map(|()| "Ctrl-C")?),
        () = tokio::time::sleep(after) => Ok("the time is over"),
    }
}

/// What `kill`, systemd, Docker and Kubernetes send. Without a handler it ends the process on the spot.
#[cfg(unix)]
async fn terminated() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    signal(SignalKind::terminate())?.recv().await;
    Ok(())
}

#[cfg(not(unix))]
async fn terminated() -> anyhow::Result<()> {
    std::future::pending().await
}

/// The argument `--after MILLISECONDS`.
fn time_limit() -> anyhow::Result<Duration> {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        None => Ok(Duration::MAX),
        Some("--after") => {
            let milliseconds = arguments.next().context("`--after` needs milliseconds")?;
            Ok(Duration::from_millis(milliseconds.parse()?))
        }
        Some(other) => anyhow::bail!("unknown argument `{other}`; there is `--after MILLISECONDS`"),
    }
}
