//! One process on the store, from its opening to its end.

mod account;
mod functions;
mod launching;
pub(crate) mod log;

pub(crate) use functions::function_of;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use fire_and_forget_durable::Options;
use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::Child;
use crate::log_line;

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Launcher,
    Worker,
    /// A worker that comes last: it stores what others have spooled, and asks the store for its counts.
    Closer,
}

impl Role {
    const ALL: [Self; 3] = [Self::Launcher, Self::Worker, Self::Closer];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Launcher => "launcher",
            Self::Worker => "worker",
            Self::Closer => "closer",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// The queue of what blocks its thread.
pub(crate) const BLOCKING: &str = "blocking";

/// Plays the part of a child.
pub(crate) fn run(child: &Child) -> anyhow::Result<ExitCode> {
    log::open(&child.folder, child.process)?;
    account::observe();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let code = runtime.block_on(live(child))?;
    // What hangs in it is no reason to stay.
    runtime.shutdown_background();
    Ok(code)
}

async fn live(child: &Child) -> anyhow::Result<ExitCode> {
    let mut patient = signal(SignalKind::terminate())?;
    let mut hurried = signal(SignalKind::interrupt())?;
    let opened = Options::new(&child.url)
        .heartbeat(child.heartbeat)
        .poll_interval(Duration::from_millis(100))
        .spool_file(child.folder.join("spool"))
        .open()
        .await;
    let jobs = match opened {
        Ok(jobs) => jobs,
        Err(error) => {
            log_line!("unopened {error}");
            return Ok(ExitCode::from(UNOPENED));
        }
    };
    log_line!("open");
    let launching = match child.role {
        Role::Launcher => Some(launching::start(child, &jobs)?),
        Role::Worker | Role::Closer => {
            jobs.work(8);
            jobs.work_on(BLOCKING, 4);
            None
        }
    };
    let deadline = tokio::select! {
        _ = patient.recv() => PATIENT,
        _ = hurried.recv() => HURRIED,
    };
    if child.role == Role::Closer {
        let counts = jobs.counts().await.context("counts")?;
        log_line!(
            "counts {} {} {} {}",
            counts.waiting(),
            counts.running(),
            counts.done(),
            counts.dead()
        );
    }
    log_line!("ending {}", deadline.as_millis());
    match fire_and_forget::shutdown(deadline).await {
        Ok(()) => log_line!("finished"),
        Err(unfinished) => log_line!("unfinished {unfinished}"),
    }
    if let Some(launching) = launching {
        launching.end().await;
    }
    account::write();
    log_line!("closed");
    Ok(ExitCode::SUCCESS)
}

/// The exit code of a process that found no store.
pub(crate) const UNOPENED: u8 = 3;
/// How long a shutdown may take: with a store that comes back in time, and with one that may not.
pub(crate) const PATIENT: Duration = Duration::from_secs(20);
const HURRIED: Duration = Duration::from_secs(1);
