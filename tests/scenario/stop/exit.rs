//! The line of a process that exits with launches unfinished, and silence otherwise.

use std::thread;
use std::time::Duration;

use fire_and_forget::{Pool, fire_and_forget, flush, shutdown};
use tokio::runtime::{Builder, Runtime};
use waiting::backends::KEEPING;
use waiting::{Gate, PATIENCE, Pass, Sticky, signal, silence_reports, wait_until};

crate::scenarios!(
    exit_with_unfinished_launches,
    exit_by_call_with_unfinished_launches,
    exit_by_panic_with_unfinished_launches,
    exit_inside_a_multi_thread_runtime,
    exit_inside_a_current_thread_runtime,
    exit_when_quiet,
    exit_after_shutdown,
    exit_after_a_shutdown_that_was_late,
    exit_after_many_refusals,
    exit_inside_a_body,
    exit_inside_a_task,
    exit_by_another_thread_among_launching_threads,
    exit_among_launching_threads,
    exit_while_a_shutdown_waits,
    exit_while_a_shutdown_abandons,
    exit_while_standard_error_is_locked,
    #[cfg(target_os = "linux")]
    exit_while_nobody_reads_standard_error,
    #[cfg(unix)]
    exit_with_a_handler_that_launches_last,
    exit_with_a_name_of_two_lines,
    exit_with_two_functions_of_one_name,
    #[cfg(target_os = "linux")]
    exit_without_a_descriptor,
    #[cfg(target_os = "linux")]
    exit_without_a_descriptor_while_standard_error_is_locked,
    abort_with_unfinished_launches,
    abort_inside_a_body,
    abort_inside_a_task,
    #[cfg(unix)]
    terminated_with_unfinished_launches,
    #[cfg(unix)]
    killed_with_unfinished_launches,
    #[cfg(unix)]
    terminated_with_a_handler,
    exit_with_many_unfinished_functions,
    exit_with_a_forgotten_task,
);

#[fire_and_forget]
fn is_stuck(pass: Pass) {
    pass.wait();
}

#[fire_and_forget]
async fn is_stuck_as_a_task() {
    std::future::pending::<()>().await;
}

#[fire_and_forget]
fn has_ended() {}

/// Leaves its gate closed for good.
fn get_stuck() {
    let gate = Gate::holding(is_stuck);
    std::mem::forget(gate);
}

fn exit_with_unfinished_launches() {
    has_ended();
    flush(PATIENCE).wait().unwrap();
    get_stuck();
    get_stuck();
    is_stuck_as_a_task();
}

fn exit_by_call_with_unfinished_launches() {
    get_stuck();
    std::process::exit(3);
}

fn exit_by_panic_with_unfinished_launches() {
    get_stuck();
    panic!("the end of `main`");
}

fn exit_inside_a_multi_thread_runtime() {
    exit_inside(&Runtime::new().unwrap());
}

fn exit_inside_a_current_thread_runtime() {
    exit_inside(&Builder::new_current_thread().build().unwrap());
}

/// Pitfall 18.
fn exit_inside(runtime: &Runtime) {
    runtime.block_on(async {
        is_stuck_as_a_task();
        std::process::exit(3);
    });
}

fn exit_when_quiet() {
    has_ended();
    flush(PATIENCE).wait().unwrap();
}

fn exit_after_shutdown() {
    has_ended();
    shutdown(PATIENCE).wait().unwrap();
}

/// The caller of the shutdown has been told.
fn exit_after_a_shutdown_that_was_late() {
    get_stuck();
    println!("{}", shutdown(Duration::ZERO).wait().unwrap_err());
}

/// The shutdown has said what was left out before, and this comes after it.
fn exit_after_many_refusals() {
    shutdown(PATIENCE).wait().unwrap();
    for _ in 0..25 {
        has_ended();
    }
}

#[fire_and_forget]
fn exits() {
    std::process::exit(3);
}

#[fire_and_forget]
async fn exits_in_a_task() {
    std::process::exit(3);
}

/// Waits for an end of the process that something else brings.
fn never_return() -> ! {
    loop {
        thread::park();
    }
}

fn exit_inside_a_body() {
    get_stuck();
    exits();
    never_return();
}

fn exit_inside_a_task() {
    get_stuck();
    exits_in_a_task();
    never_return();
}

#[fire_and_forget]
fn is_launched_often() {
    thread::yield_now();
}

#[fire_and_forget(backend = "thread", max_in_flight = 20)]
fn is_launched_often_on_a_thread() -> Result<(), &'static str> {
    Err("on purpose")
}

#[fire_and_forget]
async fn is_launched_often_as_a_task() {
    tokio::task::yield_now().await;
}

/// From four threads, for as long as there is a process.
fn launch_for_ever() {
    for _ in 0..4 {
        thread::spawn(|| {
            loop {
                is_launched_often();
                is_launched_often_on_a_thread();
                is_launched_often_as_a_task();
            }
        });
    }
    wait_until("many have been launched", || {
        fire_and_forget::ledger().total().launched > 2000
    });
}

fn exit_by_another_thread_among_launching_threads() {
    silence_reports();
    launch_for_ever();
    thread::spawn(|| std::process::exit(3));
    never_return();
}

fn exit_among_launching_threads() {
    silence_reports();
    launch_for_ever();
}

fn exit_while_a_shutdown_waits() {
    get_stuck();
    let _wait = shutdown(Duration::MAX);
}

fn abort_with_unfinished_launches() {
    get_stuck();
    std::process::abort();
}

#[fire_and_forget]
fn aborts() {
    std::process::abort();
}

#[fire_and_forget]
async fn aborts_in_a_task() {
    std::process::abort();
}

fn abort_inside_a_body() {
    aborts();
    never_return();
}

fn abort_inside_a_task() {
    aborts_in_a_task();
    never_return();
}

#[cfg(unix)]
fn raise(signal: libc::c_int) {
    #[expect(unsafe_code, reason = "only the C library sends signals")]
    // SAFETY: there are no handlers but tokio's.
    let raised = unsafe { libc::raise(signal) };
    assert_eq!(raised, 0);
}

#[cfg(unix)]
fn terminated_with_unfinished_launches() {
    get_stuck();
    raise(libc::SIGTERM);
}

#[cfg(unix)]
fn killed_with_unfinished_launches() {
    get_stuck();
    raise(libc::SIGKILL);
}

/// As the first page of the documentation has it: what is in flight comes to its end.
#[cfg(unix)]
fn terminated_with_a_handler() {
    use tokio::signal::unix::{SignalKind, signal};

    let gate = Gate::holding(is_stuck);
    Runtime::new().unwrap().block_on(async {
        let mut terminate = signal(SignalKind::terminate()).unwrap();
        is_launched_often_as_a_task();
        raise(libc::SIGTERM);
        terminate.recv().await;
        let wait = shutdown(PATIENCE);
        gate.open();
        wait.await.unwrap();
    });
    let total = fire_and_forget::ledger().total();
    assert_eq!((total.launched, total.ok), (2, 2));
}

/// Functions that never end, all of one long name.
macro_rules! unending {
    ($($function:ident)*) => {
        $(
            #[fire_and_forget(backend = KEEPING, name = "one of many functions that have all this long name and do not fit")]
            fn $function() {}
        )*

        const UNENDING: &[fn()] = &[$($function),*];
    };
}

unending! { a b c d e f g h i j k l m n o p q r s t u v w x y z aa bb cc dd ee ff gg hh ii jj kk ll mm nn oo pp }

fn exit_with_many_unfinished_functions() {
    for launch in UNENDING {
        launch();
    }
}

#[fire_and_forget(backend = KEEPING)]
fn is_kept_for_ever() {}

/// Even what a backend hides for good is named.
fn exit_with_a_forgotten_task() {
    is_kept_for_ever();
    println!("{}", flush(Duration::ZERO).wait().unwrap_err());
}

#[fire_and_forget(backend = SINGLE)]
fn occupies(pass: Pass) {
    pass.wait();
}

#[fire_and_forget(backend = SINGLE)]
fn waits_and_sticks(_argument: Sticky) {}

static SINGLE: Pool = Pool::new("single").threads(1);

/// Not all that was queued has been reported by then.
fn exit_while_a_shutdown_abandons() {
    let gate = Gate::holding(occupies);
    for _ in 0..3 {
        waits_and_sticks(Sticky(gate.pass()));
    }
    println!("{}", shutdown(Duration::ZERO).wait().unwrap_err());
    std::mem::forget(gate);
}

fn exit_while_standard_error_is_locked() {
    get_stuck();
    lock_standard_error();
}

fn lock_standard_error() {
    let (locked, told) = signal();
    thread::spawn(move || {
        let _lock = std::io::stderr().lock();
        let _ = locked.send(());
        loop {
            thread::park();
        }
    });
    told.receive();
}

#[fire_and_forget(name = "two\nlines")]
async fn never_ends() {
    std::future::pending::<()>().await;
}

fn exit_with_a_name_of_two_lines() {
    never_ends();
}

#[fire_and_forget(name = "never ends")]
async fn one_never_ends() {
    std::future::pending::<()>().await;
}

#[fire_and_forget(name = "never ends")]
async fn another_never_ends() {
    std::future::pending::<()>().await;
}

struct Stuck;

impl Stuck {
    #[fire_and_forget]
    async fn in_a_method(self) {
        std::future::pending::<()>().await;
    }
}

fn exit_with_two_functions_of_one_name() {
    one_never_ends();
    another_never_ends();
    Stuck.in_a_method();
    for entry in fire_and_forget::ledger().entries() {
        println!("{}", entry.defined_at());
    }
}

/// To be played where there may be few. Only the second may say nothing: the lock is all there is.
#[cfg(target_os = "linux")]
fn exit_without_a_descriptor() {
    get_stuck();
    use_all_descriptors();
}

#[cfg(target_os = "linux")]
fn exit_without_a_descriptor_while_standard_error_is_locked() {
    get_stuck();
    lock_standard_error();
    use_all_descriptors();
}

#[cfg(target_os = "linux")]
fn use_all_descriptors() {
    while let Ok(file) = std::fs::File::open("/dev/null") {
        std::mem::forget(file);
    }
}

/// Its pipe is full: who writes waits.
#[cfg(target_os = "linux")]
fn exit_while_nobody_reads_standard_error() {
    let (reads, mut writes) = std::io::pipe().unwrap();
    pipes::give_standard_error(&writes);
    let filling = thread::spawn(move || {
        let _ = std::io::Write::write_all(&mut writes, &vec![b'x'; 1 << 20]);
    });
    wait_until("the pipe is full", || pipes::holds(&reads) >= 1 << 16);
    std::mem::forget((reads, filling));
    get_stuck();
}

/// Registered before the first launch, so it runs after all of ours.
#[cfg(unix)]
fn exit_with_a_handler_that_launches_last() {
    pipes::at_exit(has_ended_at_exit);
    has_ended();
    flush(PATIENCE).wait().unwrap();
}

#[cfg(unix)]
extern "C" fn has_ended_at_exit() {
    has_ended();
}

#[cfg(unix)]
#[expect(unsafe_code, reason = "std has no names for these calls of the system")]
mod pipes {
    #[cfg(target_os = "linux")]
    use std::io::{PipeReader, PipeWriter};
    #[cfg(target_os = "linux")]
    use std::os::fd::AsRawFd;

    /// Standard error goes there from now on.
    #[cfg(target_os = "linux")]
    pub(super) fn give_standard_error(pipe: &PipeWriter) {
        // SAFETY: both are open.
        let given = unsafe { libc::dup2(pipe.as_raw_fd(), libc::STDERR_FILENO) };
        assert_eq!(given, libc::STDERR_FILENO);
    }

    /// How many bytes wait to be read.
    #[cfg(target_os = "linux")]
    pub(super) fn holds(pipe: &PipeReader) -> libc::c_int {
        let mut bytes = 0;
        // SAFETY: the pointer is to a number of ours.
        let asked = unsafe { libc::ioctl(pipe.as_raw_fd(), libc::FIONREAD, &raw mut bytes) };
        assert_eq!(asked, 0);
        bytes
    }

    pub(super) fn at_exit(handler: extern "C" fn()) {
        // SAFETY: it is a function, and so lives as long as the program.
        let registered = unsafe { libc::atexit(handler) };
        assert_eq!(registered, 0);
    }
}
