//! What holds on every backend, for `fn` and `async fn`: one suite, instantiated for each.

use std::fmt;
use std::future::pending;
use std::sync::mpsc::{Sender, SyncSender, TrySendError, channel, sync_channel};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;

use ::tokio::runtime::{Builder, EnterGuard, Handle, Runtime};
use fire_and_forget::{Backend, Pool, Task};

/// Instantiates a suite of behaviors for each backend, as a module.
///
/// `backend` is the attribute's value and `named` what reports call it; `pass` is how a body waits for its gate;
/// `inside` enters the runtime that each launching thread is to be in.
macro_rules! for_each_backend {
    ($suite:ident) => {
        $suite! { mod thread_fn, backend = "thread", named = "thread", [fn], pass = [.wait()], inside = no_runtime }
        $suite! { mod thread_async_fn, backend = "thread", named = "thread", [async fn], pass = [.opened().await], inside = no_runtime }
        $suite! { mod pool_fn, backend = "pool", named = "pool", [fn], pass = [.wait()], inside = no_runtime }
        $suite! { mod pool_async_fn, backend = "pool", named = "pool", [async fn], pass = [.opened().await], inside = no_runtime }
        $suite! { mod static_pool_fn, backend = POOL, named = "suite", [fn], pass = [.wait()], inside = no_runtime }
        $suite! { mod static_pool_async_fn, backend = POOL, named = "suite", [async fn], pass = [.opened().await], inside = no_runtime }
        $suite! { mod custom_fn, backend = CUSTOM, named = "custom", [fn], pass = [.wait()], inside = no_runtime }
        $suite! { mod custom_async_fn, backend = CUSTOM, named = "custom", [async fn], pass = [.opened().await], inside = no_runtime }
        $suite! { mod tokio_multi_thread_fn, backend = "tokio", named = "tokio", [fn], pass = [.wait()], inside = multi_thread_runtime }
        $suite! { mod tokio_multi_thread_async_fn, backend = "tokio", named = "tokio", [async fn], pass = [.opened().await], inside = multi_thread_runtime }
        $suite! { mod tokio_current_thread_fn, backend = "tokio", named = "tokio", [fn], pass = [.wait()], inside = current_thread_runtime }
        $suite! { mod tokio_current_thread_async_fn, backend = "tokio", named = "tokio", [async fn], pass = [.opened().await], inside = current_thread_runtime }
        $suite! { mod tokio_without_runtime_fn, backend = "tokio", named = "tokio", [fn], pass = [.wait()], inside = no_runtime }
        $suite! { mod tokio_without_runtime_async_fn, backend = "tokio", named = "tokio", [async fn], pass = [.opened().await], inside = no_runtime }
    };
}

macro_rules! suite {
    (
        mod $module:ident, backend = $backend:tt, named = $named:literal,
        [$($function:tt)+], pass = [$($pass:tt)+], inside = $inside:ident
    ) => {
        mod $module {
            use std::panic::catch_unwind;
            use std::sync::atomic::{AtomicUsize, Ordering};
            use std::sync::mpsc::Sender;
            use std::sync::{Arc, Mutex};
            use std::thread::{self, ThreadId};

            use fire_and_forget::{Refusal, fire_and_forget};

            #[allow(unused_imports, reason = "some backends are named by a string")]
            use super::{CUSTOM, POOL};
            use super::{End, Failure, NONE, Typed, end, $inside as inside};
            use crate::gate::{Gate, Pass, signal};
            use crate::recorder::{Class, row, watch};
            use crate::tracked::{
                Drops, PanicsWhenDropped, PanicsWhenShown, Tracked, panic_with_a_payload_that_panics,
            };

            /// All of this module has the line at which the suite is instantiated.
            const PLACE: (&str, u32) = (file!(), line!());

            #[fire_and_forget(backend = $backend)]
            $($function)+ waits_for_its_caller(pass: Pass, done: Sender<ThreadId>) {
                pass $($pass)+;
                let _ = done.send(thread::current().id());
            }

            #[test]
            fn the_caller_goes_on_while_the_body_runs() {
                let watched = watch!(waits_for_its_caller);
                let _inside = inside();
                let gate = Gate::new();
                let (done, ids) = signal();
                waits_for_its_caller(gate.pass(), done);
                assert_eq!(watched.counts(), row!(launched: 1));
                assert_eq!(watched.counts().in_flight(), 1);
                gate.open();
                assert_ne!(ids.receive(), thread::current().id());
                watched.check(row!(launched: 1, ok: 1), &[]);
                assert_eq!(watched.entry().backend(), $named);
            }

            #[fire_and_forget(backend = $backend)]
            $($function)+ fails() -> Result<(), String> {
                Err("no such host".into())
            }

            // Pitfall 3.
            #[test]
            fn an_error_is_counted_and_reported_once_with_its_places() {
                let watched = watch!(fails);
                let _inside = inside();
                fails();
                watched.check(row!(launched: 1, failed: 1), &["failed: no such host"]);
                let report = &watched.reports()[0];
                assert_eq!(report.class, Class::Failed);
                assert_eq!(report.backend, $named);
                assert_eq!((&*report.defined_at.0, report.defined_at.1), PLACE);
                assert_eq!((&*report.launched_at.0, report.launched_at.1), PLACE);
                assert_eq!(
                    report.line,
                    format!(
                        "`{}` ({}:{}) failed: no such host; launched at {1}:{2}",
                        watched.name(), PLACE.0, PLACE.1
                    )
                );
            }

            #[fire_and_forget(backend = $backend, on_error = Typed::deliver)]
            $($function)+ fails_with_a_type(error: Typed) -> Result<(), Typed> {
                Err(error)
            }

            // Pitfall 3.
            #[test]
            fn on_error_takes_the_typed_error_in_place_of_a_report() {
                let watched = watch!(fails_with_a_type);
                let _inside = inside();
                let (to, codes) = signal();
                fails_with_a_type(Typed { code: 7, to });
                assert_eq!(codes.receive(), 7);
                watched.check(row!(launched: 1, failed: 1), &[]);
            }

            #[fire_and_forget(backend = $backend)]
            $($function)+ panics_or_not(panics: bool, done: Sender<()>) {
                assert!(!panics, "deliberate: {}", 42);
                let _ = done.send(());
            }

            // Pitfalls 1 and 2.
            #[test]
            fn a_panic_is_reported_once_and_the_next_launch_runs() {
                let watched = watch!(panics_or_not);
                let _inside = inside();
                let (done, dones) = signal();
                for _ in 0..20 {
                    panics_or_not(true, done.clone());
                }
                watched.check(row!(launched: 20, panicked: 20), &["panicked: deliberate: 42"; 20]);
                for report in watched.reports() {
                    assert_eq!((&*report.defined_at.0, report.defined_at.1), PLACE);
                    assert_eq!((&*report.launched_at.0, report.launched_at.1), PLACE);
                }
                panics_or_not(false, done);
                dones.receive();
                assert_eq!(watched.quiet(), row!(launched: 21, ok: 1, panicked: 20));
            }

            #[fire_and_forget(backend = $backend)]
            $($function)+ panics_with_a_payload_that_panics() {
                panic_with_a_payload_that_panics()
            }

            // Pitfall 4.
            #[test]
            fn a_panic_payload_that_panics_when_dropped_is_counted_and_reported() {
                let watched = watch!(panics_with_a_payload_that_panics);
                let _inside = inside();
                panics_with_a_payload_that_panics();
                panics_with_a_payload_that_panics();
                watched.check(
                    row!(launched: 2, panicked: 2),
                    &["panicked: a value that is not a string"; 2],
                );
            }

            #[fire_and_forget(backend = $backend)]
            $($function)+ fails_with_an_error_that_panics() -> Result<(), PanicsWhenShown> {
                Err(PanicsWhenShown)
            }

            // Pitfall 4.
            #[test]
            fn an_error_whose_display_panics_is_counted_and_reported() {
                let watched = watch!(fails_with_an_error_that_panics);
                let _inside = inside();
                fails_with_an_error_that_panics();
                watched.check(
                    row!(launched: 1, failed: 1),
                    &["failed: an error whose `Display` panicked: deliberate, in a `Display`"],
                );
            }

            #[fire_and_forget(backend = $backend)]
            $($function)+ fails_with_an_error_that_panics_when_dropped() -> Result<(), PanicsWhenDropped> {
                Err(PanicsWhenDropped)
            }

            // Pitfall 4.
            #[test]
            fn an_error_whose_drop_panics_is_counted_failed() {
                let watched = watch!(fails_with_an_error_that_panics_when_dropped);
                let _inside = inside();
                fails_with_an_error_that_panics_when_dropped();
                watched.check(
                    row!(launched: 1, failed: 1),
                    &[
                        "panicked: deliberate, in a destructor",
                        "failed: an error that panics when dropped",
                    ],
                );
            }

            #[fire_and_forget(backend = $backend)]
            $($function)+ drops_an_argument_that_panics(argument: PanicsWhenDropped) {
                let _argument = argument;
            }

            // Pitfall 4.
            #[test]
            fn an_argument_whose_drop_panics_is_counted_and_the_next_launch_runs() {
                let watched = watch!(drops_an_argument_that_panics);
                let _inside = inside();
                for _ in 0..5 {
                    drops_an_argument_that_panics(PanicsWhenDropped);
                }
                watched.check(
                    row!(launched: 5, panicked: 5),
                    &["panicked: deliberate, in a destructor"; 5],
                );
            }

            #[fire_and_forget(backend = $backend, max_in_flight = 1)]
            $($function)+ refuses_an_argument_that_panics(pass: Pass, argument: Option<PanicsWhenDropped>) {
                pass $($pass)+;
                drop(argument);
            }

            // Pitfall 17.
            #[test]
            fn a_refused_argument_whose_drop_panics_does_not_unwind_into_the_caller() {
                let watched = watch!(refuses_an_argument_that_panics);
                let _inside = inside();
                let gate = Gate::new();
                refuses_an_argument_that_panics(gate.pass(), None);
                let pass = gate.pass();
                let call = catch_unwind(move || {
                    refuses_an_argument_that_panics(pass, Some(PanicsWhenDropped));
                });
                assert!(call.is_ok(), "the launcher panicked");
                gate.open();
                watched.check(
                    row!(launched: 2, ok: 1, refused: 1),
                    &[
                        "panicked: deliberate, in a destructor",
                        "was refused: the function's limit of launches in flight is reached (`max_in_flight` sets it)",
                    ],
                );
            }

            #[fire_and_forget(backend = $backend)]
            $($function)+ counts_down(from: u32, done: Sender<u32>) {
                if from > 0 {
                    counts_down(from - 1, done.clone());
                    is_counted(from, done);
                }
            }

            #[fire_and_forget(backend = $backend)]
            $($function)+ is_counted(number: u32, done: Sender<u32>) {
                let _ = done.send(number);
            }

            #[test]
            fn a_body_launches_itself_and_others() {
                let watched = watch!(counts_down);
                let others = watch!(is_counted);
                let _inside = inside();
                let (done, numbers) = signal();
                counts_down(50, done);
                let mut numbers = numbers.receive_many(50);
                numbers.sort_unstable();
                assert!(numbers.into_iter().eq(1..=50));
                watched.wait_until(|counts| counts.launched == 51 && counts.in_flight() == 0);
                watched.check(row!(launched: 51, ok: 51), &[]);
                others.check(row!(launched: 50, ok: 50), &[]);
            }

            #[fire_and_forget(backend = $backend, max_in_flight = 3)]
            $($function)+ is_limited(pass: Pass, how: End) -> Result<(), Failure> {
                pass $($pass)+;
                end(how)
            }

            // Pitfall 11: a permit returns whatever the end.
            #[test]
            fn max_in_flight_is_exact_and_its_permits_return() {
                let watched = watch!(is_limited);
                let _inside = inside();
                for (round, how) in (1..).zip([End::Ok, End::Failed, End::Panicked, End::Ok]) {
                    let gate = Gate::new();
                    for _ in 0..3 {
                        is_limited(gate.pass(), how);
                    }
                    assert_eq!(watched.counts().in_flight(), 3);
                    is_limited(gate.pass(), how);
                    is_limited(gate.pass(), how);
                    let counts = watched.counts();
                    assert_eq!((counts.in_flight(), counts.refused), (3, 2 * round));
                    gate.open();
                    watched.quiet();
                }
                assert_eq!(
                    watched.quiet(),
                    row!(launched: 20, ok: 6, failed: 3, panicked: 3, refused: 8)
                );
                let mut classes: Vec<_> = watched.reports().iter().map(|seen| seen.class).collect();
                let all = classes.len();
                classes.retain(|class| *class == Class::Refused(Refusal::MaxInFlight));
                assert_eq!((all, classes.len()), (14, 8));
            }

            struct Owner(&'static str);

            impl Owner {
                #[fire_and_forget(backend = $backend, on_full = "reject", max_in_flight = 1)]
                $($function)+ gives_back(self, text: String, (number, pass): (u8, Pass)) {
                    pass $($pass)+;
                    drop((text, number));
                }
            }

            #[test]
            fn a_rejection_gives_the_arguments_back_in_order() {
                let watched = watch!(gives_back);
                let _inside = inside();
                let gate = Gate::new();
                Owner("first").gives_back("a".into(), (1, gate.pass())).unwrap();
                let rejected = Owner("second").gives_back("b".into(), (2, gate.pass())).unwrap_err();
                assert_eq!(rejected.reason(), Refusal::MaxInFlight);
                assert_eq!(
                    rejected.to_string(),
                    "launch refused: the function's limit of launches in flight is reached (`max_in_flight` sets it)"
                );
                let (owner, text, (number, pass)) = rejected.into_args();
                assert_eq!((owner.0, &*text, number), ("second", "b", 2));
                gate.open();
                watched.check(row!(launched: 2, ok: 1, refused: 1), &[]);
                owner.gives_back(text, (number, pass)).unwrap();
                watched.check(row!(launched: 3, ok: 2, refused: 1), &[]);
            }

            #[fire_and_forget(backend = $backend, max_in_flight = 1)]
            $($function)+ owns(pass: Pass, how: End, argument: Tracked) -> Result<(), Failure> {
                pass $($pass)+;
                let _argument = argument;
                end(how)
            }

            #[fire_and_forget(backend = $backend, max_in_flight = 1)]
            $($function)+ owns_and_ignores(_pass: Pass, _: Tracked, (_, _second): (Tracked, Tracked)) {}

            #[fire_and_forget(backend = $backend, on_full = "reject", max_in_flight = NONE)]
            $($function)+ never_owns(_argument: Tracked) {}

            #[test]
            fn arguments_are_dropped_exactly_once_in_every_class() {
                let watched = watch!(owns);
                let ignoring = watch!(owns_and_ignores);
                let _inside = inside();
                for how in [End::Ok, End::Failed, End::Panicked] {
                    let drops = Drops::new();
                    owns(Pass::open(), how, drops.tracked());
                    watched.quiet();
                    assert_eq!(drops.count(), 1, "{how:?}");
                }

                let (running, refused) = (Drops::new(), Drops::new());
                let gate = Gate::new();
                owns(gate.pass(), End::Ok, running.tracked());
                owns(gate.pass(), End::Ok, refused.tracked());
                assert_eq!((running.count(), refused.count()), (0, 1));
                gate.open();
                watched.quiet();
                assert_eq!((running.count(), refused.count()), (1, 1));

                let drops = Drops::new();
                owns_and_ignores(Pass::open(), drops.tracked(), (drops.tracked(), drops.tracked()));
                ignoring.check(row!(launched: 1, ok: 1), &[]);
                assert_eq!(drops.count(), 3);

                let drops = Drops::new();
                let rejected = never_owns(drops.tracked()).unwrap_err();
                assert_eq!(drops.count(), 0);
                drop(rejected);
                assert_eq!(drops.count(), 1);
            }

            #[fire_and_forget(backend = $backend)]
            $($function)+ is_launched_by_many(sum: Arc<AtomicUsize>, number: usize) {
                sum.fetch_add(number, Ordering::Relaxed);
            }

            #[test]
            fn many_threads_launch_at_once() {
                const THREADS: usize = 8;
                const EACH: usize = 100;
                let watched = watch!(is_launched_by_many);
                let sum = Arc::new(AtomicUsize::new(0));
                let launched = Mutex::new(0);
                thread::scope(|scope| {
                    for _ in 0..THREADS {
                        scope.spawn(|| {
                            let _inside = inside();
                            for number in 1..=EACH {
                                is_launched_by_many(sum.clone(), number);
                                *launched.lock().unwrap() += 1;
                            }
                        });
                    }
                });
                let launched = launched.into_inner().unwrap();
                watched.check(row!(launched: launched, ok: launched), &[]);
                assert_eq!(sum.load(Ordering::Relaxed), THREADS * EACH * (EACH + 1) / 2);
            }
        }
    };
}

for_each_backend!(suite);

/// As an expression: the literal is a compile error.
const NONE: usize = 0;

/// How a body is to end.
#[derive(Debug, Clone, Copy)]
enum End {
    Ok,
    Failed,
    Panicked,
}

fn end(how: End) -> Result<(), Failure> {
    match how {
        End::Ok => Ok(()),
        End::Failed => Err(Failure),
        End::Panicked => panic!("deliberate"),
    }
}

#[derive(Debug)]
struct Failure;

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed as it was told")
    }
}

/// An error that is not `Display`, for `on_error` alone.
#[derive(Debug)]
struct Typed {
    code: u32,
    to: Sender<u32>,
}

impl Typed {
    fn deliver(self) {
        let _ = self.to.send(self.code);
    }
}

static POOL: Pool = Pool::new("suite").threads(3);

/// A backend of the user's: four threads behind one channel.
static CUSTOM: LazyLock<Channel> = LazyLock::new(|| {
    let (sender, tasks) = sync_channel::<Task>(4096);
    let tasks = Arc::new(Mutex::new(tasks));
    for _ in 0..4 {
        let tasks = tasks.clone();
        thread::spawn(move || {
            loop {
                // A statement of its own: the lock is released before the task runs.
                let task = tasks.lock().unwrap().recv();
                task.unwrap().run();
            }
        });
    }
    Channel(sender)
});

struct Channel(SyncSender<Task>);

impl Backend for Channel {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        self.0.try_send(task).map_err(|error| match error {
            TrySendError::Full(task) | TrySendError::Disconnected(task) => task,
        })
    }

    fn name(&self) -> &'static str {
        "custom"
    }
}

struct NoRuntime;

fn no_runtime() -> NoRuntime {
    NoRuntime
}

fn multi_thread_runtime() -> EnterGuard<'static> {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
        Builder::new_multi_thread()
            .worker_threads(2)
            .build()
            .unwrap()
    });
    RUNTIME.enter()
}

/// The thread of this runtime is not the test's, so a test may block; what is launched in it is polled there.
fn current_thread_runtime() -> EnterGuard<'static> {
    static HANDLE: LazyLock<Handle> = LazyLock::new(|| {
        let (sender, handle) = channel();
        thread::spawn(move || {
            let runtime = Builder::new_current_thread().build().unwrap();
            sender.send(runtime.handle().clone()).unwrap();
            runtime.block_on(pending::<()>());
        });
        handle.recv().unwrap()
    });
    HANDLE.enter()
}
