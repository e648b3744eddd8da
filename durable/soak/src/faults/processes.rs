//! The processes: started, signalled, and buried.

use std::fs::File;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child as Process, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process};

use super::network::Network;
use crate::arguments::Child;
use crate::child::log::micros;
use crate::child::{PATIENT, Role, UNOPENED, log};
use crate::history::{End, Event, Fault, History, Past};

/// A place for one process at a time: when it is gone, another one is started.
pub(crate) struct Slot {
    pub(crate) role: Role,
    pub(crate) network: Option<Network>,
    url: String,
    running: Option<Running>,
    start_at: Option<Instant>,
    /// How many in a row have found no store.
    unopened: u32,
}

pub(crate) struct Running {
    process: Process,
    pub(crate) number: u32,
    pub(crate) is_stopped: bool,
    is_killed: bool,
    /// It was asked to end, and has to by then.
    end_by: Option<Instant>,
}

/// Makes processes, each with a number of its own.
pub(crate) struct Maker {
    pub(crate) template: Child,
    pub(crate) history: History,
}

impl Slot {
    pub(crate) fn new(role: Role, url: String, network: Option<Network>) -> Self {
        Self {
            role,
            network,
            url,
            running: None,
            start_at: Some(Instant::now()),
            unopened: 0,
        }
    }

    /// The process that runs and was not asked to end.
    pub(crate) fn at_work(&mut self) -> Option<&mut Running> {
        self.running
            .as_mut()
            .filter(|running| running.end_by.is_none() && !running.is_killed)
    }

    pub(crate) fn running(&mut self) -> Option<&mut Running> {
        self.running.as_mut()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.running.is_none()
    }

    /// When it is empty, it stays so.
    pub(crate) fn close(&mut self) {
        self.start_at = None;
    }

    /// The next process is started after this time.
    pub(crate) fn start_after(&mut self, pause: Duration) {
        self.start_at = Some(Instant::now() + pause);
    }

    /// Buries what has ended, and starts what is to be started.
    pub(crate) fn tend(&mut self, maker: &mut Maker) -> anyhow::Result<()> {
        if let Some(running) = &mut self.running {
            if let Some(status) = running.process.try_wait()? {
                self.bury(status, maker);
            } else if running.end_by.is_some_and(|by| Instant::now() > by) && !running.is_killed {
                maker.history.wrong(format!(
                    "process {}, a {}, does not end",
                    running.number,
                    self.role.name()
                ));
                running.kill(self.role, &maker.history)?;
            }
        }
        if self.is_empty() && self.start_at.is_some_and(|at| Instant::now() >= at) {
            self.running = Some(maker.make(self.role, &self.url)?);
            self.start_at = None;
        }
        Ok(())
    }

    fn bury(&mut self, status: ExitStatus, maker: &Maker) {
        let Some(running) = self.running.take() else {
            return;
        };
        let asked = running.end_by.is_some();
        let end = match (status.code(), status.signal()) {
            (Some(0), _) if asked => End::Ended,
            (Some(code), _) if code == i32::from(UNOPENED) => End::Unopened,
            (None, Some(9)) if running.is_killed => End::Killed,
            // Before it could listen to signals.
            (None, Some(2 | 15)) if asked => End::Killed,
            _ => {
                maker.history.wrong(format!(
                    "process {}, a {}, ends with {status}",
                    running.number,
                    self.role.name()
                ));
                End::Wrong
            }
        };
        self.unopened = if end == End::Unopened {
            self.unopened + 1
        } else {
            0
        };
        if self.unopened == MOST_UNOPENED {
            maker.history.wrong(format!(
                "{MOST_UNOPENED} processes in a row have found no store, the last one {}",
                running.number
            ));
        }
        maker.history.bury(Past {
            process: running.number,
            role: self.role,
            end,
            ended_at: micros(),
        });
        let pause = if end == End::Unopened { 500 } else { 50 };
        if self.role != Role::Closer {
            self.start_after(Duration::from_millis(pause));
        }
    }
}

impl Running {
    pub(crate) fn kill(&mut self, role: Role, history: &History) -> anyhow::Result<()> {
        let from = micros();
        self.process.kill()?;
        self.is_killed = true;
        history.add(Event {
            fault: Fault::Killed(role),
            process: Some(self.number),
            from,
            to: micros(),
        });
        Ok(())
    }

    pub(crate) fn stop(&mut self) -> anyhow::Result<()> {
        self.is_stopped = true;
        self.signal(Signal::STOP)
    }

    pub(crate) fn go_on(&mut self) -> anyhow::Result<()> {
        self.is_stopped = false;
        self.signal(Signal::CONT)
    }

    /// By SIGTERM, with time enough; or by SIGINT, with little.
    pub(crate) fn ask_to_end(&mut self, is_hurried: bool) -> anyhow::Result<()> {
        // It may be stopped or cut off meanwhile, for as long as anything lasts here.
        self.end_by = Some(Instant::now() + PATIENT + Duration::from_mins(1));
        self.signal(if is_hurried {
            Signal::INT
        } else {
            Signal::TERM
        })
    }

    fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let pid = i32::try_from(self.process.id())
            .ok()
            .and_then(Pid::from_raw);
        // It is ours until it is buried: nobody else has its number.
        Ok(kill_process(
            pid.context("a process has a number")?,
            signal,
        )?)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Nobody is left behind, whatever went wrong.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Maker {
    fn make(&mut self, role: Role, url: &str) -> anyhow::Result<Running> {
        self.template.process += 1;
        let child = Child {
            role,
            url: url.to_owned(),
            ..self.template.clone()
        };
        let errors = log::path(&child.folder, child.process).with_extension("err");
        let process = Command::new(std::env::current_exe()?)
            .args(child.arguments())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(errors)?)
            .spawn()?;
        Ok(Running {
            process,
            number: child.process,
            is_stopped: false,
            is_killed: false,
            end_by: None,
        })
    }
}

const MOST_UNOPENED: u32 = 40;
