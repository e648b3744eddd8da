//! What each launch carries: its orders, from which its body takes what to do, and some memory that must not leak.

use std::fmt;
use std::future::pending;
use std::panic::panic_any;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use waiting::{Random, spin_for};

use crate::alarm;
use crate::functions::{self, Function};
use crate::tally::DELIBERATE;

/// The argument of one launch. Its drop is counted, and may launch.
#[derive(Debug)]
pub(crate) struct Parcel {
    function: &'static Function,
    random: Random,
    /// How many launches have led to this one.
    generation: u32,
    /// It waits until its runtime goes away.
    stays: bool,
    _memory: Box<[u8]>,
}

impl Parcel {
    pub(crate) fn new(
        function: &'static Function,
        mut random: Random,
        generation: u32,
        stays: bool,
    ) -> Self {
        let size = usize::try_from(random.below(LARGEST)).unwrap_or_default();
        Self {
            function,
            random,
            generation,
            stays,
            _memory: vec![1; size].into(),
        }
    }

    /// The body of a `fn`.
    pub(crate) fn run(self) -> Result<(), Failure> {
        let mut body = Body::begin(self);
        let random = &mut body.parcel.random;
        match random.below(256) {
            0 => thread::sleep(random.shorter_than(LONGEST_SLEEP)),
            1..16 => spin_for(random.shorter_than(LONGEST_SPIN)),
            _ => {}
        }
        body.end()
    }

    /// The body of an `async fn`.
    pub(crate) async fn poll(self) -> Result<(), Failure> {
        let mut body = Body::begin(self);
        if body.parcel.stays {
            pending::<()>().await;
        }
        let waits = body.parcel.random.below(3);
        for _ in 0..waits {
            alarm::wait(body.parcel.random.one_in(8)).await;
        }
        body.end()
    }

    /// Makes a launch that this one leads to.
    fn launch_another(&mut self) {
        if self.generation < GENERATIONS {
            let function = functions::any(&mut self.random);
            let random = Random::new(self.random.draw());
            function.launch(random, self.generation + 1, false);
        }
    }
}

impl Drop for Parcel {
    fn drop(&mut self) {
        self.function.tally.dropped_arguments.add();
        if self.random.one_in(64) {
            self.launch_another();
        }
    }
}

/// A parcel in more bytes than a queue has room for.
#[derive(Debug)]
pub(crate) struct Large {
    parcel: Parcel,
    bytes: [u8; 400],
}

impl From<Parcel> for Large {
    fn from(parcel: Parcel) -> Self {
        Self {
            parcel,
            bytes: [7; 400],
        }
    }
}

impl Large {
    pub(crate) fn run(self) -> Result<(), Failure> {
        assert_eq!(self.bytes, [7; 400]);
        self.parcel.run()
    }
}

/// A body from its begin to its end, or to where it is dropped.
struct Body {
    parcel: Parcel,
    has_ended: bool,
}

impl Body {
    fn begin(mut parcel: Parcel) -> Self {
        let tally = &parcel.function.tally;
        tally.begun.add();
        let running = tally.running.fetch_add(1, Ordering::SeqCst) + 1;
        tally.most_running.fetch_max(running, Ordering::SeqCst);
        if parcel.random.one_in(8) {
            parcel.launch_another();
        }
        Self {
            parcel,
            has_ended: false,
        }
    }

    fn end(mut self) -> Result<(), Failure> {
        self.has_ended = true;
        let function = self.parcel.function;
        match self.parcel.random.below(64) {
            0 => {
                function.tally.panicked.add();
                panic_any(DELIBERATE);
            }
            1..4 => {
                function.tally.failed.add();
                Err(Failure { function })
            }
            _ => {
                function.tally.ok.add();
                Ok(())
            }
        }
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        let tally = &self.parcel.function.tally;
        tally.running.fetch_sub(1, Ordering::SeqCst);
        if !self.has_ended {
            tally.interrupted.add();
        }
    }
}

/// The error of a body.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) function: &'static Function,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("as it was told")
    }
}

/// So many launches may come of one, each of the one before.
const GENERATIONS: u32 = 3;
const LARGEST: u64 = 500;
const LONGEST_SLEEP: Duration = Duration::from_micros(500);
const LONGEST_SPIN: Duration = Duration::from_micros(20);
