//! One way to launch, with the type of its launcher erased outside the timed parts only.

use std::future::Future;
use std::sync::{Arc, Barrier, LazyLock};
use std::thread;
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use tokio::runtime::Runtime;

use crate::body::{self, PLAIN, PLUG};
use crate::statistics::quantile;

/// A launcher, and where its caller runs.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    launch: Box<dyn Launch>,
    /// Where it differs from `launch`: waits or tries again when a bounded queue is full.
    launch_patiently: Option<Box<dyn Launch>>,
    caller: Caller,
    /// How many launches it takes to occupy every worker; none where each launch has a thread of its own.
    pub(crate) workers: usize,
    /// How many launches make one measurement from end to end; none where the callers would take up the workers.
    pub(crate) end_to_end: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Caller {
    Thread,
    /// A task on one of the two workers of [`RUNTIME`].
    Task,
    /// The thread of [`CURRENT_THREAD`].
    OnlyThread,
}

/// The runtime of all that involves tokio, so that there is one pair of idle workers and not five.
pub(crate) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .max_blocking_threads(WORKERS)
        .enable_all()
        .build()
        .expect("a runtime starts")
});

/// A runtime whose tasks run when the caller waits.
static CURRENT_THREAD: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime starts")
});

/// The threads of every pool.
pub(crate) const WORKERS: usize = 2;

impl Peer {
    /// A launcher that is called on an ordinary thread, and has [`WORKERS`] workers.
    pub(crate) fn new(launch: impl Fn(String, u64) + Send + Sync + 'static) -> Self {
        Self {
            name: "",
            launch: Box::new(launch),
            launch_patiently: None,
            caller: Caller::Thread,
            workers: WORKERS,
            end_to_end: 200_000,
        }
    }

    /// Makes the measurement from end to end a hundredth as long: to see that it runs.
    pub(crate) fn shortened(mut self) -> Self {
        self.end_to_end /= 100;
        self
    }

    /// Sets how it launches when all is to run, however much there is.
    pub(crate) fn patiently(
        mut self,
        launch: impl Fn(String, u64) + Send + Sync + 'static,
    ) -> Self {
        self.launch_patiently = Some(Box::new(launch));
        self
    }

    /// Calls it inside a task, which takes up one of the workers.
    pub(crate) fn in_a_task(mut self) -> Self {
        self.caller = Caller::Task;
        self.end_to_end = 0;
        self.workers = WORKERS - 1;
        self
    }

    /// Calls it on the only thread of a runtime.
    pub(crate) fn on_the_only_thread(mut self) -> Self {
        self.caller = Caller::OnlyThread;
        self.end_to_end = 0;
        self.workers = 0;
        self
    }

    /// Is it called inside a task?
    pub(crate) fn is_in_a_task(&self) -> bool {
        self.caller == Caller::Task
    }

    /// Says that nothing waits for a worker.
    pub(crate) fn without_workers(mut self) -> Self {
        self.workers = 0;
        self
    }

    /// Says that each launch has a thread of its own, which takes its time.
    pub(crate) fn thread_per_launch(mut self) -> Self {
        self.workers = 0;
        self.end_to_end = 4_000;
        self
    }

    /// Runs a stretch of measuring where the caller of this peer runs.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        stretch: impl Future<Output = T> + Send + 'static,
    ) -> T {
        match self.caller {
            Caller::Thread => futures::executor::block_on(stretch),
            Caller::Task => RUNTIME
                .block_on(RUNTIME.spawn(stretch))
                .expect("no stretch panics"),
            Caller::OnlyThread => CURRENT_THREAD.block_on(stretch),
        }
    }

    /// Gives it the name it has in tables.
    pub(crate) fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// Starts a thread for each of `loads` that launches all of it patiently.
    ///
    /// Returns the time on our clock when they began; they go on.
    pub(crate) fn launch_from_threads(self: &Arc<Self>, loads: Vec<Vec<String>>) -> u64 {
        let start = Arc::new(Barrier::new(loads.len() + 1));
        for mut load in loads {
            let (peer, start) = (Arc::clone(self), Arc::clone(&start));
            thread::spawn(move || {
                start.wait();
                peer.launch_all_patiently(&mut load);
            });
        }
        let begun = body::now();
        start.wait();
        begun
    }

    /// Launches once with each text, back to back.
    pub(crate) fn launch_all(&self, texts: &mut Vec<String>) {
        self.launch.all(texts);
    }

    /// Launches once with each text, and waits or tries again where one does not fit.
    pub(crate) fn launch_all_patiently(&self, texts: &mut Vec<String>) {
        self.launch_patiently
            .as_ref()
            .unwrap_or(&self.launch)
            .all(texts);
    }

    /// Launches once, and says what it cost the caller.
    pub(crate) fn launch_once(&self, text: String, number: u64) -> Duration {
        self.launch.once(text, number)
    }

    /// Launches once with each text, in a function of the name [`COUNTED`].
    pub(crate) fn launch_counted(&self, texts: &mut Vec<String>) {
        self.launch.stretch_to_count(texts);
    }

    /// Occupies every worker, until [`unplug`](Self::unplug).
    pub(crate) async fn plug(&self) {
        self.settle().await;
        body::set_gate(false);
        let deadline = Instant::now() + PATIENCE;
        for (plugs, text) in (1..).zip(body::owed_texts(self.workers)) {
            match self.caller {
                Caller::Thread | Caller::OnlyThread => drop(self.launch_once(text, PLUG)),
                // Spawned by the task itself, it could only run where the task does.
                Caller::Task => {
                    let spawn = || RUNTIME.spawn(async { body::work(text, PLUG) });
                    thread::scope(|scope| drop(scope.spawn(spawn)));
                }
            }
            // One after the other: a pool may create its second thread only when the first is busy.
            while body::at_gate() < plugs {
                assert!(Instant::now() < deadline, "{}: not plugged", self.name);
                thread::sleep(Duration::from_micros(100));
            }
        }
    }

    /// Lets the workers go on, and waits until everything has run.
    pub(crate) async fn unplug(&self) {
        body::set_gate(true);
        self.drain().await;
    }

    /// Waits until every launch has run.
    pub(crate) async fn drain(&self) {
        let deadline = Instant::now() + PATIENCE;
        while !body::has_run_all() {
            assert!(
                Instant::now() < deadline,
                "{}: {} launches never ran",
                self.name,
                body::missing()
            );
            self.pause(Duration::from_micros(200)).await;
        }
    }

    /// Waits until every launch has run, and then until the process has nothing left to do, so that all workers sleep.
    ///
    /// What comes after the bodies belongs to whoever launched them: joining a thousand threads, for one.
    pub(crate) async fn settle(&self) {
        self.drain().await;
        self.rest().await;
    }

    /// Waits until the process has nothing left to do, so that all threads sleep.
    pub(crate) async fn rest(&self) {
        for _ in 0..1000 {
            let begun = ProcessTime::now();
            self.pause(Duration::from_millis(3)).await;
            if begun.elapsed() < Duration::from_micros(600) {
                break;
            }
        }
    }

    /// Sleeps, without holding on to the worker where the caller is a task.
    pub(crate) async fn pause(&self, duration: Duration) {
        match self.caller {
            Caller::Thread => thread::sleep(duration),
            Caller::Task | Caller::OnlyThread => tokio::time::sleep(duration).await,
        }
    }
}

/// How long a launch may take to run before it counts as lost.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the clock costs: the nanoseconds of a timed launch without a launch.
pub(crate) fn cost_of_the_clock() -> f64 {
    let nothing: &dyn Launch = &|text, number| {
        std::hint::black_box((text, number));
    };
    let costs = (0..9_999).map(|_| nothing.once(String::new(), PLAIN));
    let costs: Vec<f64> = costs.map(nanoseconds).collect();
    quantile(&costs, 0.5)
}

/// As a number to compute with.
pub(crate) fn nanoseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e9
}

/// The timed part of a measurement; compiled for each launcher, so that nothing stands between clock and launch.
trait Launch: Send + Sync {
    fn all(&self, texts: &mut Vec<String>);
    fn once(&self, text: String, number: u64) -> Duration;
    fn stretch_to_count(&self, texts: &mut Vec<String>);
}

/// What valgrind is told to look into: a part of the name of a function that is called for nothing else.
pub(crate) const COUNTED: &str = "stretch_to_count";

impl<F: Fn(String, u64) + Send + Sync> Launch for F {
    fn all(&self, texts: &mut Vec<String>) {
        for text in texts.drain(..) {
            self(text, PLAIN);
        }
    }

    fn once(&self, text: String, number: u64) -> Duration {
        let begun = Instant::now();
        self(text, number);
        begun.elapsed()
    }

    #[inline(never)]
    fn stretch_to_count(&self, texts: &mut Vec<String>) {
        for text in texts.drain(..) {
            self(text, PLAIN);
        }
    }
}
