//! The functions under load: every backend, every policy, both kinds.

use fire_and_forget::{Rejected, fire_and_forget};
use waiting::Random;

use crate::backends::{BRIEF, ERRATIC, FEW, FICKLE, LATEST, ONE, RETIRING};
use crate::parcel::{Failure, Large, Parcel};
use crate::tally::Tally;

/// A function with what it promises, and what has become of its launches.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) refuses: Refuses,
    pub(crate) loses: Loses,
    /// How many bodies may run at once.
    pub(crate) limit: Option<i64>,
    /// How many launches come at once at most.
    pub(crate) burst: u64,
    /// Only who knows it launches it, and not whoever takes one of all.
    is_apart: bool,
    pub(crate) tally: Tally,
    /// True if the arguments came back.
    call: fn(Parcel) -> bool,
}

/// What becomes of a launch that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refuses {
    /// It is reported.
    Aloud,
    /// The caller gets the arguments.
    Back,
    /// There is none, until the process shuts down.
    Never,
}

/// Who loses launches that were admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loses {
    Nobody,
    /// A pool that drops its oldest launch.
    Evicting,
    /// Runtimes that go away.
    Runtimes,
    /// A backend of this program, which counts them.
    Backend,
}

impl Function {
    const fn new(name: &'static str, call: fn(Parcel) -> bool) -> Self {
        Self {
            name,
            refuses: Refuses::Aloud,
            loses: Loses::Nobody,
            limit: None,
            burst: 200,
            is_apart: false,
            tally: Tally::new(),
            call,
        }
    }

    const fn refuses(mut self, refuses: Refuses) -> Self {
        self.refuses = refuses;
        self
    }

    const fn loses(mut self, loses: Loses) -> Self {
        self.loses = loses;
        self
    }

    const fn limit(mut self, limit: i64) -> Self {
        self.limit = Some(limit);
        self
    }

    const fn burst(mut self, burst: u64) -> Self {
        self.burst = burst;
        self
    }

    const fn apart(mut self) -> Self {
        self.is_apart = true;
        self
    }

    /// Launches it once, and counts the call before.
    pub(crate) fn launch(&'static self, random: Random, generation: u32, stays: bool) {
        self.tally.calls.add();
        if (self.call)(Parcel::new(self, random, generation, stays)) {
            self.tally.given_back.add();
        }
    }
}

/// One of all, but for those that are apart.
pub(crate) fn any(random: &mut Random) -> &'static Function {
    loop {
        let index = usize::try_from(random.draw() >> 32).unwrap_or_default();
        let function = ALL[index % ALL.len()];
        if !function.is_apart {
            return function;
        }
    }
}

pub(crate) fn named(name: &str) -> Option<&'static Function> {
    ALL.iter().copied().find(|function| function.name == name)
}

/// Lists functions under their names, with their options, their kind, their argument and how they run it, and what they promise.
macro_rules! functions {
    ($($module:ident $name:tt ($($option:tt)+) $kind:tt [$argument:ident $($run:tt)+] $($promise:ident($($what:tt)*))*;)+) => {
        pub(crate) static ALL: &[&Function] = &[$(&$module::FUNCTION),+];

        $(pub(crate) mod $module {
            #[allow(clippy::wildcard_imports, reason = "each function needs some of what is above")]
            use super::*;

            pub(crate) static FUNCTION: Function =
                Function::new($name, |parcel| body($argument::from(parcel)).gives_back())$(.$promise($($what)*))*;

            functions! { @item (name = $name, $($option)+) $kind $argument [$($run)+] }
        })+
    };
    (@item ($($option:tt)+) [$($kind:tt)+] $argument:ident [$($run:tt)+]) => {
        #[fire_and_forget($($option)+)]
        $($kind)+ body(argument: $argument) -> Result<(), Failure> {
            argument$($run)+
        }
    };
}

functions! {
    pool "pool" (backend = "pool") [fn] [Parcel.run()];
    pool_async "pool async" (backend = "pool", on_error = handle) [async fn] [Parcel.poll().await];
    brief "brief" (backend = BRIEF) [fn] [Parcel.run()];
    brief_reject "brief reject" (backend = BRIEF, on_full = "reject") [fn] [Parcel.run()] refuses(Refuses::Back);
    brief_block "brief block" (backend = BRIEF, on_full = "block") [fn] [Parcel.run()] refuses(Refuses::Never);
    brief_caller_runs "brief caller_runs" (backend = BRIEF, on_full = "caller_runs", max_in_flight = 5) [fn] [Parcel.run()]
        refuses(Refuses::Never);
    brief_async "brief async" (backend = BRIEF) [async fn] [Parcel.poll().await];
    brief_large "brief large" (backend = BRIEF, on_error = handle) [fn] [Large.run()];
    retiring "retiring" (backend = RETIRING, max_in_flight = 2) [fn] [Parcel.run()] limit(2);
    retiring_block "retiring block" (backend = RETIRING, on_full = "block", max_in_flight = 3) [fn] [Parcel.run()]
        refuses(Refuses::Never);
    one_reject "one reject" (backend = ONE, on_full = "reject", on_error = handle) [fn] [Parcel.run()]
        refuses(Refuses::Back) limit(1);
    latest "latest" (backend = LATEST) [fn] [Parcel.run()] refuses(Refuses::Never) loses(Loses::Evicting) limit(1);
    latest_async "latest async" (backend = LATEST) [async fn] [Parcel.poll().await]
        refuses(Refuses::Never) loses(Loses::Evicting) limit(1);
    thread "thread" (backend = "thread") [fn] [Parcel.run()] burst(4);
    thread_async "thread async" (backend = "thread", max_in_flight = 4) [async fn] [Parcel.poll().await] limit(4) burst(4);
    few_reject "few reject" (backend = FEW, on_full = "reject") [fn] [Parcel.run()] refuses(Refuses::Back) limit(3) burst(20);
    few_block "few block" (backend = FEW, on_full = "block") [fn] [Parcel.run()] refuses(Refuses::Never) burst(4);
    tokio "tokio" (backend = "tokio") [fn] [Parcel.run()];
    tokio_caller_runs "tokio caller_runs" (backend = "tokio", on_full = "caller_runs", max_in_flight = 9) [fn] [Parcel.run()]
        refuses(Refuses::Never);
    tokio_async "tokio async" (backend = "tokio", on_error = handle) [async fn] [Parcel.poll().await] loses(Loses::Runtimes);
    tokio_async_reject "tokio async reject" (on_full = "reject", max_in_flight = 20) [async fn] [Parcel.poll().await]
        refuses(Refuses::Back) loses(Loses::Runtimes) limit(20);
    tokio_kept "tokio kept" (backend = "tokio") [async fn] [Parcel.poll().await] apart();
    fickle "fickle" (backend = FICKLE) [fn] [Parcel.run()] loses(Loses::Backend);
    fickle_reject "fickle reject" (backend = FICKLE, on_full = "reject", max_in_flight = 10) [fn] [Parcel.run()]
        refuses(Refuses::Back) loses(Loses::Backend) limit(10);
    fickle_block "fickle block" (backend = FICKLE, on_full = "block") [fn] [Parcel.run()]
        refuses(Refuses::Never) loses(Loses::Backend) burst(20);
    fickle_async "fickle async" (backend = FICKLE, on_error = handle) [async fn] [Parcel.poll().await] loses(Loses::Backend);
    erratic "erratic" (backend = ERRATIC, max_in_flight = 50) [fn] [Parcel.run()] limit(50);
    erratic_async "erratic async" (backend = ERRATIC) [async fn] [Parcel.poll().await] loses(Loses::Backend);
}

/// The error handler.
fn handle(Failure { function }: Failure) {
    function.tally.handled.add();
}

/// What a launcher returns.
trait Launched {
    fn gives_back(self) -> bool;
}

impl Launched for () {
    fn gives_back(self) -> bool {
        false
    }
}

impl<A> Launched for Result<(), Rejected<A>> {
    fn gives_back(self) -> bool {
        self.is_err()
    }
}
