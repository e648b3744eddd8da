//! Loom's models of the workers' protocol: its real code, in every interleaving of a few threads and steps.
//!
//! `RUSTFLAGS="--cfg fire_and_forget_loom" cargo test -p fire-and-forget --no-default-features --lib --release`
//!
//! A launch that no worker looks at is a deadlock here: the model waits for it while every thread sleeps.

use std::num::NonZeroUsize;

use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;

use super::core::{Core, System};
use crate::sync::{OrderedU64, in_each_interleaving, process::Instant};

/// A pool whose items are numbers, and whose threads are loom's.
struct Model {
    core: Core<u32>,
    /// How many workers there may be: told when the first thread is created.
    max_workers: NonZeroUsize,
    has_ended: OrderedU64,
    /// Do workers retire as soon as they find nothing?
    is_impatient: bool,
    /// How many times the system still refuses a thread.
    refusals: OrderedU64,
    /// How many threads are created at once; a further one does not come before the end.
    prompt: usize,
    /// How many threads have not come.
    late: OrderedU64,
    /// The items that have been run.
    done: Mutex<Vec<u32>>,
    changed: Condvar,
    threads: Mutex<Vec<thread::JoinHandle<()>>>,
    this: Mutex<Option<Arc<Model>>>,
}

impl Model {
    fn new(workers: usize) -> Arc<Self> {
        Self::build(workers, false, 0, usize::MAX)
    }

    fn build(workers: usize, is_impatient: bool, refusals: u64, prompt: usize) -> Arc<Self> {
        let model = Arc::new(Self {
            core: Core::new(2, None),
            max_workers: NonZeroUsize::new(workers).unwrap(),
            has_ended: OrderedU64::new(0),
            is_impatient,
            refusals: OrderedU64::new(refusals),
            prompt,
            late: OrderedU64::new(0),
            done: Mutex::new(Vec::new()),
            changed: Condvar::new(),
            threads: Mutex::new(Vec::new()),
            this: Mutex::new(None),
        });
        *model.this.lock().unwrap() = Some(Arc::clone(&model));
        model
    }

    fn launch(&self, item: u32) {
        let vacant = self.core.claim(self).expect("there is room");
        vacant.fill(item);
        self.core.notify_if_needed(self);
    }

    /// Runs items until the worker is to leave. Item 1 does not end before item 2 has.
    fn work(&self, worker_id: usize) {
        let mut worker = self.core.register(worker_id, self);
        worker.work(|item, taken| {
            let item = item.into_item();
            taken();
            if item == WAITS_FOR_THE_NEXT {
                self.wait_for(|done| done.contains(&(item + 1)));
            }
            self.done.lock().unwrap().push(item);
            self.changed.notify_all();
        });
    }

    fn wait_for(&self, condition: impl Fn(&[u32]) -> bool) {
        let mut done = self.done.lock().unwrap();
        while !condition(&done) {
            done = self.changed.wait(done).unwrap();
        }
    }

    /// Waits for `count` items, and then for all threads.
    fn finish(&self, count: usize) {
        self.wait_for(|done| done.len() == count);
        self.end();
    }

    fn end(&self) {
        self.has_ended.fetch_add(1);
        if self.late.load() > 0 {
            self.core.pause_spawning(self);
        }
        self.core.unpark_if_idle(self);
        loop {
            let Some(thread) = self.threads.lock().unwrap().pop() else {
                break;
            };
            thread.join().unwrap();
        }
        *self.this.lock().unwrap() = None;
    }
}

impl System for Model {
    fn spawn_worker(&self) {
        if self.refusals.load() > 0 {
            self.refusals.fetch_sub(1);
            self.core.pause_spawning(self);
            return;
        }
        if self.threads.lock().unwrap().len() >= self.prompt {
            self.late.fetch_add(1);
            return;
        }
        self.core.set_max_workers(|| self.max_workers);
        let worker_id = self.core.claim_id().unwrap();
        let this = self.this.lock().unwrap().clone().unwrap();
        let thread = thread::spawn(move || this.work(worker_id));
        self.threads.lock().unwrap().push(thread);
    }

    fn has_ended(&self) -> bool {
        self.has_ended.load() != 0
    }

    fn became_idle(&self) {}

    fn made_room(&self) {}

    fn max_workers(&self) -> NonZeroUsize {
        self.max_workers
    }

    fn retire_at(&self, now: Instant) -> Option<Instant> {
        self.is_impatient.then_some(now)
    }
}

const WAITS_FOR_THE_NEXT: u32 = 1;

fn model(run: impl Fn() + Sync + Send + 'static) {
    in_each_interleaving(2, run);
}

#[test]
fn a_launch_onto_a_sleeping_worker_runs() {
    model(|| {
        let pool = Model::new(1);
        pool.launch(7);
        pool.wait_for(|done| done.len() == 1);
        // The worker is parked, or about to park.
        pool.launch(8);
        pool.finish(2);
    });
}

#[test]
fn launches_of_two_callers_run() {
    model(|| {
        let pool = Model::new(1);
        let caller = thread::spawn({
            let pool = Arc::clone(&pool);
            move || pool.launch(7)
        });
        pool.launch(8);
        caller.join().unwrap();
        pool.finish(2);
    });
}

#[test]
fn a_second_worker_comes_while_the_first_runs_a_long_body() {
    model(|| {
        let pool = Model::new(2);
        pool.launch(WAITS_FOR_THE_NEXT);
        pool.launch(WAITS_FOR_THE_NEXT + 1);
        pool.finish(2);
    });
}

#[test]
fn a_worker_at_rest_is_woken_while_a_second_one_is_asked_for_and_does_not_come() {
    model(|| {
        let pool = Model::build(2, false, 0, 1);
        pool.launch(7);
        // If the worker has not started, or is busy, this launch asks for a second one.
        pool.launch(8);
        pool.wait_for(|done| done.len() == 2);
        pool.launch(9);
        pool.finish(3);
    });
}

#[test]
fn a_worker_that_retires_does_not_leave_a_launch_behind() {
    model(|| {
        let pool = Model::build(1, true, 0, usize::MAX);
        pool.launch(7);
        pool.wait_for(|done| done.len() == 1);
        pool.launch(8);
        pool.finish(2);
    });
}

#[test]
fn a_launch_whose_thread_was_refused_runs_once_threads_are_allowed() {
    model(|| {
        let pool = Model::build(1, false, 1, usize::MAX);
        let service = thread::spawn({
            let pool = Arc::clone(&pool);
            move || pool.core.resume_spawning(&*pool)
        });
        pool.launch(7);
        service.join().unwrap();
        // Where the first call came too early, the service thread would come again.
        pool.core.resume_spawning(&*pool);
        pool.finish(1);
    });
}

#[test]
fn at_the_end_the_worker_leaves_and_what_is_queued_stays() {
    model(|| {
        // With two workers, both may wait for a slot to be filled, and loom lets them take turns for ever.
        let pool = Model::new(1);
        pool.launch(7);
        pool.launch(8);
        pool.end();
        let mut left = 0;
        while pool.core.pop().is_some() {
            left += 1;
        }
        let done = pool.done.lock().unwrap().len();
        assert_eq!(done + left, 2);
        assert!(pool.core.is_quiet());
    });
}
