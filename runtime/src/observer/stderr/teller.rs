//! The thread that says how many lines were left out, when their second is over: standard error may be a pipe that nobody
//! reads, which would hold up the service thread, and with it whoever needs a thread.

use std::sync::atomic::Ordering;

use super::{note_left_out, windows};
use crate::backend::crew::Crew;
use crate::service::{self, Tended};
use crate::sync::process::{AtomicBool, Instant, Mutex, OnceLock, thread};
use crate::sync::{get_or_make, lock};

/// To be called when something was left out.
pub(super) fn call() {
    static IS_ADOPTED: AtomicBool = AtomicBool::new(false);
    service::adopt_once(&IS_ADOPTED, teller());
    service::wake_for_sure();
}

struct Teller {
    /// Is there a thread that writes, or is about to?
    is_telling: AtomicBool,
    /// Locked by the service thread alone, except at the very end of a shutdown.
    crew: Mutex<Crew>,
}

fn teller() -> &'static Teller {
    static TELLER: OnceLock<Teller> = OnceLock::new();
    get_or_make(&TELLER, || Teller {
        is_telling: AtomicBool::new(false),
        crew: Mutex::new(Crew::new()),
    })
}

impl Teller {
    /// What the thread does.
    fn tell(&self) {
        let now = Instant::now();
        windows::take_left_out(|end| end <= now, note_left_out);
        self.is_telling.store(false, Ordering::SeqCst);
        // More may have been left out meanwhile.
        service::wake();
    }

    /// Creates the thread when the second is over that something was left out of; returns when to go on.
    fn create_wanted(&'static self, crew: &mut Crew, now: Instant) -> Option<Instant> {
        let end = windows::next_end()?;
        if now < end {
            return Some(end);
        }
        let paused_until = crew.paused_until(now);
        if paused_until.is_some() || self.is_telling.swap(true, Ordering::SeqCst) {
            return paused_until;
        }
        let builder = thread::Builder::new().name("ff-stderr".into());
        let created = crew.create(builder, || self.tell());
        if crew.enlist(created, now).is_err() {
            self.is_telling.store(false, Ordering::SeqCst);
        }
        crew.paused_until(now)
    }
}

impl Tended for Teller {
    fn tend(&'static self, now: Instant) -> Option<Instant> {
        let mut crew = lock(&self.crew);
        crew.join(now);
        let next = self.create_wanted(&mut crew, now);
        crew.sooner(next)
    }

    fn has_threads(&self) -> bool {
        !lock(&self.crew).is_empty()
    }
}
