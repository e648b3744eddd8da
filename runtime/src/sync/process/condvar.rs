//! A condition variable for schedules, on which short waits end by themselves.

use std::sync::{Arc, LockResult, OnceLock, PoisonError};
use std::time::Duration;

use shuttle::rand::{Rng, thread_rng};
use shuttle::sync::atomic::{AtomicBool, Ordering};
use shuttle::sync::{MutexGuard, WaitTimeoutResult};
use shuttle::thread::{spawn, yield_now};

use super::clock;

/// [`shuttle::sync::Condvar`], whose timeouts never pass, with timeouts for short waits.
///
/// A short wait is one that polls, so it has to end by itself. A longer one does not end: the wake-up that should have
/// ended it is what a schedule is to find missing.
#[derive(Debug)]
pub(crate) struct Condvar(OnceLock<Arc<shuttle::sync::Condvar>>);

impl Condvar {
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }

    pub(crate) fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        self.inner().wait(guard)
    }

    /// Waits for a notification, or for a short timeout. Does not say which of them came.
    pub(crate) fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        duration: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, ())> {
        let alarm = (duration <= NAP).then(|| self.set_alarm(duration));
        let guard = self.inner().wait(guard);
        if let Some(alarm) = alarm {
            alarm.store(true, Ordering::SeqCst);
        }
        match guard {
            Ok(guard) => Ok((guard, ())),
            Err(poisoned) => Err(PoisonError::new((poisoned.into_inner(), ()))),
        }
    }

    pub(crate) fn wait_timeout_while<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        duration: Duration,
        condition: impl FnMut(&mut T) -> bool,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        self.inner().wait_timeout_while(guard, duration, condition)
    }

    pub(crate) fn notify_all(&self) {
        self.inner().notify_all();
    }

    /// Notifies the waiter after a while that the scheduler chooses, until the returned flag is set.
    fn set_alarm(&self, duration: Duration) -> Arc<AtomicBool> {
        let is_off = Arc::new(AtomicBool::new(false));
        let (condvar, heard) = (self.inner().clone(), is_off.clone());
        spawn(move || {
            for _ in 0..thread_rng().gen_range(1..PATIENCE) {
                if heard.load(Ordering::SeqCst) {
                    return;
                }
                yield_now();
            }
            clock::pass(duration);
            // At the first time, the waiter may not wait yet.
            while !heard.load(Ordering::SeqCst) {
                condvar.notify_all();
                yield_now();
            }
        });
        is_off
    }

    fn inner(&self) -> &Arc<shuttle::sync::Condvar> {
        self.0.get_or_init(Arc::default)
    }
}

/// The longest wait that ends by itself.
const NAP: Duration = Duration::from_millis(20);

/// How many times the alarm yields before it rings, at most.
const PATIENCE: u32 = 100;
