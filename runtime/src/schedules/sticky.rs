//! A scheduler under which threads run on for a while.

use shuttle::scheduler::{DataSource, RandomDataSource, Schedule, Scheduler, Task, TaskId};

/// Plays one schedule: after each step it goes on with the same thread, or picks another at random; how often depends on
/// the seed.
///
/// If threads changed at every step, none would get far ahead of the others. After a step that has made a thread ready,
/// another one is picked half of the time, since much goes wrong right after a thread was created or woken.
#[derive(Debug)]
pub(super) struct Sticky {
    random: RandomDataSource,
    seed: u64,
    /// After how many steps another thread is picked, on average.
    run: u64,
    /// How many threads were ready before this step.
    ready: usize,
    has_begun: bool,
}

impl Sticky {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            random: RandomDataSource::initialize(seed),
            seed,
            run: [1, 2, 8, 64][(seed % 4) as usize],
            ready: 0,
            has_begun: false,
        }
    }
}

impl Scheduler for Sticky {
    fn new_execution(&mut self) -> Option<Schedule> {
        let is_first = !std::mem::replace(&mut self.has_begun, true);
        is_first.then(|| Schedule::new(self.seed))
    }

    fn next_task(
        &mut self,
        runnable: &[&Task],
        current: Option<TaskId>,
        is_yielding: bool,
    ) -> Option<TaskId> {
        let has_made_ready = runnable.len() > std::mem::replace(&mut self.ready, runnable.len());
        let run = if has_made_ready { 2 } else { self.run };
        if let Some(current) = current
            && !is_yielding
            && runnable.iter().any(|task| task.id() == current)
            && !self.random.next_u64().is_multiple_of(run)
        {
            return Some(current);
        }
        let index = self.random.next_u64() % runnable.len() as u64;
        Some(runnable[usize::try_from(index).ok()?].id())
    }

    fn next_u64(&mut self) -> u64 {
        self.random.next_u64()
    }
}
