//! A service whose answers do not wait for what follows from them: each order is answered at once, and then confirmed by
//! mail, written down in an audit log, and announced to a webhook. SIGTERM and Ctrl-C stop it without losing any.
//!
//! ```sh
//! cargo run --release -p web
//! curl -X POST http://127.0.0.1:8080/order/1    # also `cancel`, `complain`; GET `ready`, `metrics`
//! ```
//!
//! The mail goes to an SMTP server of its own, the webhook to a receiver of its own (`outside.rs`), and the log into
//! a database in a temporary folder, or in the one that its argument names. The environment variable `SERVICE_ADDRESS`
//! says where it listens: `127.0.0.1:8080`. It ends with the ledger, and with what is unfinished, if anything is.

mod jobs;
mod outside;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::{get, post};
use metrics_exporter_prometheus::PrometheusBuilder;

use crate::jobs::{announce, audit, confirm};
use crate::outside::Outside;

/// Set when it stops: a load balancer that asks sends nothing more.
static IS_STOPPING: AtomicBool = AtomicBool::new(false);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = match std::env::args_os().nth(1) {
        Some(folder) => PathBuf::from(folder),
        None => std::env::temp_dir().join(format!("fire-and-forget-web-{}", std::process::id())),
    };
    std::fs::create_dir_all(&folder)?;
    let recorder = PrometheusBuilder::new().install_recorder()?;
    fire_and_forget::meters::describe();
    jobs::connect(&Outside::start(&folder).await?, &folder)?;

    let routes = Router::new()
        .route("/order/{number}", post(order))
        .route("/cancel/{number}", post(cancel))
        .route("/complain/{number}", post(complain))
        .route("/ready", get(ready))
        .route("/metrics", get(move || async move { recorder.render() }));
    let address = std::env::var("SERVICE_ADDRESS").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let listener = tokio::net::TcpListener::bind(&address).await;
    let listener = listener.with_context(|| format!("cannot listen on {address}"))?;
    println!("listening on {}", listener.local_addr()?);

    // In this order: no new requests, answers to the last ones, and then the work they left.
    axum::serve(listener, routes)
        .with_graceful_shutdown(stop())
        .await?;
    let finished = fire_and_forget::shutdown(Duration::from_secs(10)).await;
    println!("{}", fire_and_forget::ledger());
    finished.context("stopped, and something is lost")
}

/// Takes an order: three launches, and the answer waits for none of them.
async fn order(Path(number): Path<u64>) -> StatusCode {
    follow_up(number, "order")
}

async fn cancel(Path(number): Path<u64>) -> StatusCode {
    follow_up(number, "cancellation")
}

async fn complain(Path(number): Path<u64>) -> StatusCode {
    follow_up(number, "complaint")
}

fn follow_up(number: u64, what: &'static str) -> StatusCode {
    // The log must be complete: where there is no room in its queue, the answer says so, and the client asks again.
    if audit(number, what).is_err() {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    confirm(number, what);
    announce(number, what);
    StatusCode::ACCEPTED
}

async fn ready() -> StatusCode {
    if IS_STOPPING.load(Ordering::Relaxed) {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::OK
    }
}

/// Returns when the process is asked to stop.
async fn stop() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    let terminated = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminated) => terminated.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<Option<()>>();
    tokio::select! {
        _ = interrupted => {}
        _ = terminated => {}
    }
    IS_STOPPING.store(true, Ordering::Relaxed);
    println!("stopping");
}
