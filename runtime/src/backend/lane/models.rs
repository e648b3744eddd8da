//! Loom's models of a lane: its real code, in every interleaving of a few threads and steps.
//!
//! The runtime is modelled as far as it matters: a launcher keeps what it made ready last, until it makes another thing
//! ready; a worker takes the rest. Launchers block for ever once they have launched. A launch that no thread can reach is a
//! deadlock here.

use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;

use super::core::{Core, Found, System};
use super::state::ThreadToken;
use crate::queue::ring::Occupied;
use crate::sync::in_each_interleaving;

/// What can be made ready.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Ready {
    Dispatcher,
    Launch(u32),
}

/// The dispatcher as a runtime knows it: if it is woken while it runs, the thread that runs it makes it ready afterwards.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum Dispatcher {
    Sleeps,
    #[default]
    IsReady,
    Runs,
    RunsAndIsReady,
}

#[derive(Debug, Default)]
struct State {
    /// What each launcher has made ready last.
    kept: [Option<Ready>; 2],
    /// What the worker takes.
    ready: Vec<Ready>,
    dispatcher: Dispatcher,
    is_over: bool,
    done: Vec<u32>,
}

struct Model {
    core: Core<u32>,
    state: Mutex<State>,
    changed: Condvar,
}

/// The model as one thread sees it: a launcher of the runtime by its number. None is the worker, or a thread outside.
struct On<'model>(&'model Model, Option<usize>);

impl Model {
    /// Makes a model whose dispatcher has just been spawned.
    fn new(spawned_by: Option<usize>) -> Arc<Self> {
        let model = Self {
            core: Core::new(4, spawned_by.map(token)),
            state: Mutex::new(State::default()),
            changed: Condvar::new(),
        };
        model.core.use_once(0);
        On(&model, spawned_by).make_ready(Ready::Dispatcher);
        Arc::new(model)
    }

    fn launch(&self, by: Option<usize>, item: u32) {
        self.core.claim().expect("there is room").fill(item);
        self.core.filled(by.map(token), &On(self, by));
    }

    /// A launcher goes through `block_in_place`: what it keeps lies where the worker takes it, and the worker is not called.
    fn block_in_place(&self, launcher: usize) {
        let mut state = self.state.lock().unwrap();
        let kept = state.kept[launcher].take();
        state.ready.extend(kept);
    }

    fn start_worker(lane: &Arc<Self>) -> thread::JoinHandle<()> {
        let lane = Arc::clone(lane);
        thread::spawn(move || lane.work())
    }

    /// The worker's thread: runs what is ready, until the model is over.
    fn work(&self) {
        loop {
            let mut state = self.state.lock().unwrap();
            let next = loop {
                if let Some(next) = state.ready.pop() {
                    break next;
                }
                if state.is_over {
                    return;
                }
                state = self.changed.wait(state).unwrap();
            };
            match next {
                Ready::Launch(item) => {
                    state.done.push(item);
                    self.changed.notify_all();
                }
                Ready::Dispatcher => {
                    state.dispatcher = Dispatcher::Runs;
                    drop(state);
                    let here = On(self, None);
                    if self.core.look(2, &here) == Found::Much || !self.core.sleep() {
                        here.wake();
                    }
                    let mut state = self.state.lock().unwrap();
                    if state.dispatcher == Dispatcher::RunsAndIsReady {
                        state.dispatcher = Dispatcher::IsReady;
                        state.ready.push(Ready::Dispatcher);
                    } else {
                        state.dispatcher = Dispatcher::Sleeps;
                    }
                }
            }
        }
    }

    /// Waits until `done` launches have run, and ends the model.
    fn finish(&self, done: usize) {
        let mut state = self.state.lock().unwrap();
        while state.done.len() < done {
            state = self.changed.wait(state).unwrap();
        }
        state.is_over = true;
        self.changed.notify_all();
    }
}

impl On<'_> {
    fn make_ready(&self, it: Ready) {
        let mut state = self.0.state.lock().unwrap();
        let displaced = match self.1 {
            Some(launcher) => state.kept[launcher].replace(it),
            None => Some(it),
        };
        if displaced.is_some() {
            state.ready.extend(displaced);
            self.0.changed.notify_all();
        }
    }
}

impl System<u32> for On<'_> {
    fn wake(&self) {
        let mut state = self.0.state.lock().unwrap();
        match state.dispatcher {
            Dispatcher::Sleeps => {
                state.dispatcher = Dispatcher::IsReady;
                drop(state);
                self.make_ready(Ready::Dispatcher);
            }
            Dispatcher::Runs => state.dispatcher = Dispatcher::RunsAndIsReady,
            Dispatcher::IsReady | Dispatcher::RunsAndIsReady => {}
        }
    }

    fn spawn(&self, item: Occupied<'_, u32>) {
        self.make_ready(Ready::Launch(item.into_item()));
    }
}

fn token(launcher: usize) -> ThreadToken {
    ThreadToken::new(launcher as u64 + 10)
}

fn model(run: impl Fn() + Sync + Send + 'static) {
    in_each_interleaving(2, run);
}

/// Two launchers of the runtime launch so many times each, and block; each may keep one launch.
fn launchers_that_block(launches: [u32; 2], spawned_by: Option<usize>) {
    model(move || {
        let lane = Model::new(spawned_by);
        let worker = Model::start_worker(&lane);
        let other = thread::spawn({
            let lane = Arc::clone(&lane);
            move || (0..launches[1]).for_each(|it| lane.launch(Some(1), it))
        });
        (0..launches[0]).for_each(|it| lane.launch(Some(0), it));
        let done = launches.map(|it| it.saturating_sub(1) as usize);
        lane.finish(done.iter().sum());
        other.join().unwrap();
        worker.join().unwrap();
    });
}

#[test]
fn a_launcher_that_blocks_keeps_one_launch_at_most() {
    launchers_that_block([3, 0], None);
}

#[test]
fn a_launcher_that_blocks_after_it_spawned_our_task_keeps_one_launch_at_most() {
    launchers_that_block([3, 0], Some(0));
}

#[test]
fn launchers_that_block_keep_one_launch_each_at_most() {
    launchers_that_block([2, 1], None);
}

#[test]
fn a_launcher_does_not_wait_for_another_that_blocks_with_our_task() {
    launchers_that_block([2, 1], Some(1));
}

#[test]
fn a_launcher_that_blocks_after_block_in_place_keeps_one_launch_at_most() {
    model(|| {
        let lane = Model::new(None);
        let worker = Model::start_worker(&lane);
        let outside = thread::spawn({
            let lane = Arc::clone(&lane);
            move || (1..3).for_each(|it| lane.launch(None, it))
        });
        lane.launch(Some(0), 3);
        lane.block_in_place(0);
        lane.launch(Some(0), 4);
        lane.finish(3);
        outside.join().unwrap();
        worker.join().unwrap();
    });
}

#[test]
fn launches_from_outside_all_run() {
    model(|| {
        let lane = Model::new(None);
        let worker = Model::start_worker(&lane);
        let other = thread::spawn({
            let lane = Arc::clone(&lane);
            move || lane.launch(None, 7)
        });
        lane.launch(None, 8);
        lane.finish(2);
        other.join().unwrap();
        worker.join().unwrap();
    });
}

#[test]
fn launches_that_a_helper_takes_run_too() {
    model(|| {
        let lane = Model::new(None);
        // Before the others start: loom has two threads that wait for a third to fill its slot take turns for ever.
        (7..9).for_each(|it| lane.launch(None, it));
        let worker = Model::start_worker(&lane);
        let helper = thread::spawn({
            let lane = Arc::clone(&lane);
            move || _ = lane.core.help(2, &On(&lane, None))
        });
        helper.join().unwrap();
        // A helper does not say that the dispatcher runs.
        lane.launch(None, 9);
        lane.finish(3);
        worker.join().unwrap();
    });
}

#[test]
fn what_comes_into_a_lane_that_is_sealed_is_found_or_spawned() {
    model(|| {
        let lane = Model::new(None);
        let launcher = thread::spawn({
            let lane = Arc::clone(&lane);
            move || {
                lane.launch(None, 7);
                lane.launch(Some(0), 8);
            }
        });
        let mut found = 0;
        lane.core.close(|_| found += 1);
        launcher.join().unwrap();
        let state = lane.state.lock().unwrap();
        let is_launch = |it: &&Ready| **it != Ready::Dispatcher;
        let spawned = state.ready.iter().chain(&state.kept[0]).filter(is_launch);
        assert_eq!(found + spawned.count(), 2);
    });
}
