//! A service that sends mails, and beside it a dashboard that shows what became of them.
//!
//! ```text
//! DASHBOARD_PASSWORD=… cargo run -p dashboard                    # jobs in dashboard.db
//! curl -d eve@example.com http://127.0.0.1:8080/sign-ups         # one more mail
//! ```
//!
//! Then open <http://127.0.0.1:8081>, as `admin` with that password, and look at the queue `mail`. One of the first three mails
//! goes to what is no address: its job is killed, and the dashboard shows it so.
//!
//! | environment variable | says |
//! |---|---|
//! | `DASHBOARD_PASSWORD` | the password of `admin`; there is none unless you say so, and without it nothing starts |
//! | `DASHBOARD_ADDRESS` | where the dashboard listens: `127.0.0.1:8081`; elsewhere, put something before it that speaks TLS |
//! | `SERVICE_ADDRESS` | where the service listens: `127.0.0.1:8080` |
//! | `STORE` | the file of the store: `dashboard.db` |
//!
//! It is for SQLite. On Postgres the storage in `board.rs` would be that of `apalis-postgres`, which has not been tried here.

mod board;
mod password;

use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use fire_and_forget::fire_and_forget;
use tokio::net::TcpListener;

use crate::password::Password;

/// The queue that the dashboard shows.
const QUEUE: &str = "mail";

/// There is no mail server here: what is no address is what cannot be sent.
#[fire_and_forget(
    backend = "durable",
    name = "dashboard::welcome",
    queue = "mail",
    attempts = 1
)]
async fn welcome(to: String) -> Result<(), String> {
    if to.contains('@') {
        Ok(())
    } else {
        Err("there is no `@` in the address".to_owned())
    }
}

async fn sign_up(address: String) -> StatusCode {
    welcome(address);
    StatusCode::ACCEPTED
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let variable = |name, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
    let password = Password::new(&variable("DASHBOARD_PASSWORD", ""))
        .context("set DASHBOARD_PASSWORD to the password of the dashboard")?;
    let file = variable("STORE", "dashboard.db");
    let jobs = fire_and_forget_durable::open(&format!("sqlite:{file}")).await?;
    jobs.work_on(QUEUE, 4);

    let board = password.required_for(board::router(&file, QUEUE));
    let listener = listen(&variable("DASHBOARD_ADDRESS", "127.0.0.1:8081")).await?;
    println!("dashboard on http://{}", listener.local_addr()?);
    let board = axum::serve(listener, board);

    let service = Router::new().route("/sign-ups", post(sign_up));
    let listener = listen(&variable("SERVICE_ADDRESS", "127.0.0.1:8080")).await?;
    println!("service on http://{}", listener.local_addr()?);
    let service = axum::serve(listener, service);

    for address in ["ada@example.com", "bob@example.com", "nobody"] {
        welcome(address.to_owned());
    }
    tokio::select! {
        ended = board.into_future() => ended?,
        ended = service.into_future() => ended?,
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    fire_and_forget::shutdown(Duration::from_secs(10)).await?;
    Ok(())
}

async fn listen(address: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    listener.with_context(|| format!("cannot listen on {address}"))
}
