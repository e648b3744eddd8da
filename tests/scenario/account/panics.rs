//! One message for each panic, after `hook_panics`. The other hook writes a line for what is left to it.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt;
use std::panic::{PanicHookInfo, catch_unwind, panic_any, resume_unwind, set_hook, take_hook};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use fire_and_forget::{Pool, Report, Threads, fire_and_forget, flush, hook_panics, set_observer};
use waiting::PATIENCE;

crate::scenarios!(
    panics_on_each_backend,
    panics_of_what_belongs_to_a_launch,
    panics_that_bodies_catch,
    panics_that_are_resumed,
    panics_inside_each_other,
    panics_elsewhere,
    panics_of_an_observer,
    panics_with_hooks_around,
    panics_without_the_hook,
    panics_with_a_backtrace,
    #[cfg(unix)]
    panic_in_a_destructor_of_a_body_that_panics,
    #[cfg(unix)]
    panic_in_a_function_that_cannot_unwind,
);

/// Says where it is on standard output, and panics.
macro_rules! panics {
    ($text:literal) => {{
        println!("{}:{}", file!(), line!());
        panic!("{}", String::from($text))
    }};
}

/// Hooks panics; the hook that was there before says what comes to it.
fn hook() {
    set_hook(Box::new(|info| say("other hook", info)));
    hook_panics();
}

fn say(who: &str, info: &PanicHookInfo<'_>) {
    let payload = info.payload();
    let literal = payload.downcast_ref::<&str>().copied();
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or(literal).unwrap_or("no text");
    eprintln!("{who}: {text}");
}

fn quiet() {
    flush(PATIENCE).wait().unwrap();
}

static POOL: Pool = Pool::new("panics").threads(1);
static THREADS: Threads = Threads::new("panics");

#[fire_and_forget]
fn on_the_pool() {
    panics!("a");
}

#[fire_and_forget(backend = POOL)]
fn on_a_pool() {
    panics!("b");
}

#[fire_and_forget(backend = "thread")]
fn on_a_thread() {
    panics!("c");
}

#[fire_and_forget(backend = THREADS)]
fn on_threads() {
    panics!("d");
}

#[fire_and_forget(backend = "tokio")]
fn on_tokio() {
    panics!("e");
}

#[fire_and_forget]
async fn as_a_task() {
    tokio::task::yield_now().await;
    panics!("f");
}

#[fire_and_forget(backend = POOL)]
async fn as_a_future_on_a_pool() {
    tokio::task::yield_now().await;
    panics!("g");
}

#[fire_and_forget(backend = POOL, on_full = "caller_runs", max_in_flight = NONE)]
fn in_place() {
    panics!("h");
}

/// As an expression: the literal is a compile error.
const NONE: usize = 0;

fn panics_on_each_backend() {
    hook();
    for launch in [
        on_the_pool,
        on_a_pool,
        on_a_thread,
        on_threads,
        on_tokio,
        as_a_task,
        as_a_future_on_a_pool,
        in_place,
    ] as [fn(); 8]
    {
        launch();
        quiet();
    }
}

struct Argument;

impl Drop for Argument {
    fn drop(&mut self) {
        panics!("an argument");
    }
}

#[fire_and_forget(backend = POOL, max_in_flight = NONE)]
fn is_refused(_argument: Argument) {}

#[fire_and_forget(backend = POOL)]
fn drops_it_at_its_end(_argument: Argument) {}

#[fire_and_forget(backend = POOL)]
async fn drops_it_at_its_end_as_a_future(_argument: Argument) {}

#[fire_and_forget(backend = POOL, on_error = handle)]
fn has_a_handler() -> Result<(), u8> {
    Err(1)
}

fn handle(_: u8) {
    panics!("a handler");
}

struct Unspeakable;

impl fmt::Display for Unspeakable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panics!("a display");
    }
}

#[fire_and_forget(backend = POOL)]
fn fails_without_words() -> Result<(), Unspeakable> {
    Err(Unspeakable)
}

#[fire_and_forget(backend = POOL)]
fn panics_with_a_number() {
    println!("{}:{}", file!(), line!() + 1);
    panic_any(5_u8);
}

#[fire_and_forget(backend = POOL)]
fn panics_with_a_literal() {
    println!("{}:{}", file!(), line!() + 1);
    panic!("a literal");
}

fn panics_of_what_belongs_to_a_launch() {
    hook();
    is_refused(Argument);
    drops_it_at_its_end(Argument);
    quiet();
    drops_it_at_its_end_as_a_future(Argument);
    quiet();
    has_a_handler();
    quiet();
    fails_without_words();
    quiet();
    panics_with_a_number();
    quiet();
    panics_with_a_literal();
    quiet();
}

fn caught(text: &'static str) -> Box<dyn Any + Send> {
    catch_unwind(|| panics!("caught")).expect_err(text)
}

#[fire_and_forget(backend = POOL)]
fn catches_and_goes_on() {
    drop(caught("it panics"));
}

#[fire_and_forget(backend = POOL)]
fn catches_twice_and_fails() -> Result<(), &'static str> {
    drop(caught("it panics"));
    drop(caught("it panics"));
    Err("an error")
}

#[fire_and_forget(backend = POOL)]
fn catches_and_panics() {
    drop(caught("it panics"));
    panics!("uncaught");
}

#[fire_and_forget]
async fn catches_in_a_poll() {
    drop(caught("it panics"));
    tokio::task::yield_now().await;
    panics!("in a later poll");
}

fn panics_that_bodies_catch() {
    hook();
    for launch in [
        catches_and_goes_on,
        catches_twice_and_fails,
        catches_and_panics,
        catches_in_a_poll,
    ] as [fn(); 4]
    {
        launch();
        quiet();
    }
}

#[fire_and_forget(backend = POOL)]
fn resumes_what_it_caught() {
    resume_unwind(caught("it panics"));
}

#[fire_and_forget(backend = POOL)]
fn resumes_something_else() {
    drop(caught("it panics"));
    resume_unwind(Box::new("something else"));
}

#[fire_and_forget(backend = POOL)]
fn resumes_what_another_thread_said() {
    let payload = thread::spawn(|| panics!("another thread")).join();
    resume_unwind(payload.expect_err("it panics"));
}

fn panics_that_are_resumed() {
    hook();
    for launch in [
        resumes_what_it_caught,
        resumes_something_else,
        resumes_what_another_thread_said,
    ] as [fn(); 3]
    {
        launch();
        quiet();
    }
}

struct LaunchesInPlace;

impl Drop for LaunchesInPlace {
    fn drop(&mut self) {
        in_place();
    }
}

#[fire_and_forget(backend = POOL)]
fn launches_as_it_unwinds() {
    let _launches = LaunchesInPlace;
    panics!("outside");
}

fn panics_inside_each_other() {
    hook();
    launches_as_it_unwinds();
    quiet();
}

#[fire_and_forget(backend = POOL)]
fn spawns_a_thread() {
    let thread = thread::spawn(|| panics!("a thread of its own"));
    assert!(thread.join().is_err());
}

fn panics_elsewhere() {
    hook();
    assert!(catch_unwind(|| panics!("the main thread")).is_err());
    spawns_a_thread();
    quiet();
    assert!(catch_unwind(|| panics!("the main thread again")).is_err());
}

/// Panics once, and says what it is told.
fn panics_of_an_observer() {
    static HAS_PANICKED: AtomicBool = AtomicBool::new(false);
    hook();
    let observer = |report: &Report<'_>| {
        if !HAS_PANICKED.swap(true, Ordering::SeqCst) {
            panics!("the observer");
        }
        let place = report.panicked_at().expect("the hook has noted it");
        eprintln!("{}: {place}", report.event());
        assert!(report.backtrace().is_none());
    };
    set_observer(observer).unwrap();
    on_a_pool();
    quiet();
    on_a_pool();
    quiet();
}

fn panics_with_hooks_around() {
    hook();
    hook_panics();
    let ours = take_hook();
    set_hook(Box::new(move |info| {
        say("later hook", info);
        ours(info);
    }));
    hook_panics();
    on_a_pool();
    quiet();
    assert!(catch_unwind(|| panics!("the main thread")).is_err());
}

fn panics_without_the_hook() {
    set_hook(Box::new(|info| say("only hook", info)));
    let observer = |report: &Report<'_>| {
        assert!(report.panicked_at().is_none() && report.backtrace().is_none());
        eprintln!("{report}");
    };
    set_observer(observer).unwrap();
    on_a_pool();
    quiet();
    catches_and_goes_on();
    quiet();
}

/// To be played with a variable that asks for one, and with one that does not.
fn panics_with_a_backtrace() {
    hook();
    on_a_pool();
    quiet();
    let observer = |report: &Report<'_>| {
        let status = report.backtrace().map(Backtrace::status);
        println!("{}", status == Some(BacktraceStatus::Captured));
    };
    set_observer(observer).unwrap();
    on_a_pool();
    quiet();
}

#[cfg(unix)]
#[fire_and_forget(backend = POOL)]
fn drops_an_argument_as_it_unwinds(_argument: Argument) {
    panics!("the body");
}

#[cfg(unix)]
fn panic_in_a_destructor_of_a_body_that_panics() {
    hook();
    drops_an_argument_as_it_unwinds(Argument);
    quiet();
}

#[cfg(unix)]
extern "C" fn cannot_unwind() {
    panics!("for C");
}

#[cfg(unix)]
#[fire_and_forget(backend = POOL)]
fn calls_what_cannot_unwind() {
    cannot_unwind();
}

#[cfg(unix)]
fn panic_in_a_function_that_cannot_unwind() {
    hook();
    calls_what_cannot_unwind();
    quiet();
}
