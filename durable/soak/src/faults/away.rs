//! The store goes away, and comes back.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use fire_and_forget_durable::sqlx::{Connection as _, Executor as _, SqliteConnection};
use tokio::time::sleep;

use super::network::{Network, State};
use crate::child::log::micros;
use crate::history::{Away, Event, Fault, History};
use crate::store::Store;

/// Those that can be had here.
pub(super) fn kinds(store: &Store) -> &'static [Away] {
    match store {
        Store::Sqlite { .. } => &[Away::Locked, Away::Locked, Away::Moved],
        Store::Postgres { control: None, .. } => {
            &[Away::Cut, Away::Silent, Away::CutForOne, Away::SilentForOne]
        }
        Store::Postgres { .. } => &[
            Away::Cut,
            Away::Silent,
            Away::CutForOne,
            Away::SilentForOne,
            Away::Restarted,
            Away::Crashed,
        ],
    }
}

/// What a fault needs.
pub(super) struct Scene {
    pub(super) store: Store,
    pub(super) history: History,
    /// Those of all processes, and that of the one that alone is cut off.
    pub(super) networks: Vec<Network>,
    pub(super) network_of_one: Option<(Network, u32)>,
}

/// The store is away for so long.
pub(super) async fn go(kind: Away, time: Duration, scene: Scene) -> anyhow::Result<()> {
    let from = micros();
    let mut process = None;
    match kind {
        Away::Locked => lock(&scene.store, time).await?,
        Away::Moved => {
            let Store::Sqlite { folder } = &scene.store else {
                unreachable!("it is a kind of SQLite's");
            };
            let elsewhere = folder.with_file_name("moved");
            std::fs::rename(folder, &elsewhere)?;
            sleep(time).await;
            std::fs::rename(elsewhere, folder)?;
        }
        Away::Cut | Away::Silent => {
            set(&scene.networks, state_of(kind));
            sleep(time).await;
            set(&scene.networks, State::Open);
        }
        Away::CutForOne | Away::SilentForOne => {
            let (network, one) = scene.network_of_one.context("it is one of Postgres's")?;
            process = Some(one);
            network.set(state_of(kind));
            sleep(time).await;
            network.set(State::Open);
        }
        Away::Restarted => restart(&scene.store, "stop", time).await?,
        Away::Crashed => restart(&scene.store, "crash", time).await?,
    }
    scene.history.add(Event {
        fault: Fault::Away(kind),
        process,
        from,
        to: micros(),
    });
    Ok(())
}

fn state_of(kind: Away) -> State {
    match kind {
        Away::Silent | Away::SilentForOne => State::Silent,
        _ => State::Cut,
    }
}

fn set(networks: &[Network], state: State) {
    for network in networks {
        network.set(state);
    }
}

async fn lock(store: &Store, time: Duration) -> anyhow::Result<()> {
    let mut connection = SqliteConnection::connect_with(&store.sqlite_options()?).await?;
    connection.execute("BEGIN EXCLUSIVE").await?;
    sleep(time).await;
    connection.execute("ROLLBACK").await?;
    Ok(connection.close().await?)
}

async fn restart(store: &Store, how: &str, time: Duration) -> anyhow::Result<()> {
    let Store::Postgres {
        control: Some(control),
        ..
    } = store
    else {
        unreachable!("it can be had where there is a control");
    };
    for (how, pause) in [(how, time), ("start", Duration::ZERO)] {
        let mut command = Command::new(control);
        command.arg(how);
        let status = tokio::task::spawn_blocking(move || command.status()).await??;
        anyhow::ensure!(status.success(), "{} {how}: {status}", control.display());
        sleep(pause).await;
    }
    Ok(())
}

/// Does a process that was stopped just now hold the lock of SQLite? Then nobody can write until it goes on.
pub(super) async fn is_held(store: &Store, until: Instant) -> anyhow::Result<bool> {
    let options = store.sqlite_options()?.busy_timeout(Duration::ZERO);
    while Instant::now() < until {
        // Opened each time: the folder may be moved meanwhile.
        if let Ok(mut connection) = SqliteConnection::connect_with(&options).await {
            let is_free = connection
                .execute("BEGIN IMMEDIATE; ROLLBACK")
                .await
                .is_ok();
            let _ = connection.close().await;
            if is_free {
                return Ok(false);
            }
        }
        sleep(Duration::from_millis(10)).await;
    }
    Ok(true)
}
