//! Daemons that come back after an early end.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use fire_and_forget::{Threads, fire_and_forget, flush, shutdown, stopping};
use waiting::{signal, wait_until, work_until_stopping};

use crate::{counts, named};

crate::scenarios!(
    daemons_come_back_after_a_failure,
    a_daemon_whose_pause_goes_on_is_dropped_by_a_shutdown,
    a_task_comes_back_on_its_runtime_and_not_without_it,
);

static THREADS: Threads = Threads::new("threads");

macro_rules! comes_back {
    ($($name:ident: [$($option:tt)*] [$($function:tt)+] [$($goes_on:tt)+] $end:expr;)*) => {
        $(
            #[fire_and_forget($($option)*)]
            $($function)+ $name(begun: Sender<&'static str>, ends: Arc<()>) -> Result<(), String> {
                let _ = begun.send(stringify!($name));
                // Each start has a clone, and this function the first.
                if counts(named!($name))[0] < 3 {
                    return $end;
                }
                drop(ends);
                $($goes_on)+
                Ok(())
            }
        )*
    };
}

/// As one that comes back for each port.
#[fire_and_forget(daemon, restart = "on_failure")]
fn fails_with_copies(
    #[own] begun: &Sender<&'static str>,
    #[own] ends: &Arc<()>,
) -> Result<(), String> {
    let _ = begun.send("fails_with_copies");
    if counts(named!(fails_with_copies))[0] < 3 {
        return fails();
    }
    let _ = ends;
    looks();
    Ok(())
}

fn looks() {
    work_until_stopping();
}

fn fails() -> Result<(), String> {
    Err("no route".into())
}

fn panics() -> Result<(), String> {
    panic!("deliberate");
}

comes_back! {
    fails_on_a_thread: [daemon, restart = "on_failure"] [fn] [looks();] fails();
    panics_on_threads: [daemon, restart = "on_failure", backend = THREADS] [fn] [looks();] panics();
    fails_as_a_task: [daemon, restart = "on_failure"] [async fn] [stopping().await;] fails();
    panics_as_a_task: [daemon, restart = "on_failure"] [async fn] [stopping().await;] panics();
    fails_as_a_task_on_threads: [daemon, restart = "always", backend = THREADS] [async fn] [stopping().await;] fails();
    returns_on_a_thread: [daemon, restart = "always"] [fn] [looks();] Ok(());
    returns_for_good: [daemon, restart = "on_failure"] [fn] [looks();] Ok(());
}

/// A second after the first end, and two after the next one.
fn daemons_come_back_after_a_failure() {
    std::panic::set_hook(Box::new(|_| {}));
    let (begun, begins) = signal();
    let ends = Arc::new(());
    for launch in [
        fails_on_a_thread as fn(Sender<&'static str>, Arc<()>),
        panics_on_threads,
        fails_as_a_task,
        panics_as_a_task,
        fails_as_a_task_on_threads,
        returns_on_a_thread,
        returns_for_good,
    ] {
        launch(begun.clone(), ends.clone());
    }
    fails_with_copies(&begun, &ends);
    drop(begun);
    let mut names = begins.receive_many(7 * 3 + 1);
    // A pause is nothing that anybody waits for.
    flush(Duration::MAX).wait().unwrap();
    shutdown(Duration::MAX).wait().unwrap();
    names.extend(begins.so_far());
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 8);
    let of = |name: &str| counts(&format!("{}::{name}", module_path!()));
    for name in [
        "fails_on_a_thread",
        "fails_with_copies",
        "fails_as_a_task",
        "fails_as_a_task_on_threads",
        "returns_on_a_thread",
    ] {
        assert_eq!(of(name), [3, 1, 2, 0, 0, 0], "{name}");
    }
    for name in ["panics_on_threads", "panics_as_a_task"] {
        assert_eq!(of(name), [3, 1, 0, 2, 0, 0], "{name}");
    }
    assert_eq!(of("returns_for_good"), [1, 0, 1, 0, 0, 0]);
    assert_eq!(Arc::strong_count(&ends), 1);
}

#[fire_and_forget(daemon, restart = "on_failure")]
fn fails_and_waits(_argument: Arc<()>) -> Result<(), String> {
    fails()
}

/// With patience for ever, and so not until the pause is over.
fn a_daemon_whose_pause_goes_on_is_dropped_by_a_shutdown() {
    let argument = Arc::new(());
    fails_and_waits(argument.clone());
    wait_until("it has failed", || counts(named!(fails_and_waits))[2] == 1);
    shutdown(Duration::MAX).wait().unwrap();
    wait_until("its argument is dropped", || {
        Arc::strong_count(&argument) == 1
    });
    assert_eq!(counts(named!(fails_and_waits)), [1, 0, 1, 0, 0, 0]);
}

#[fire_and_forget(daemon, restart = "on_failure")]
async fn says_where(names: Sender<String>) -> Result<(), String> {
    let _ = names.send(std::thread::current().name().unwrap_or_default().to_owned());
    fails()
}

fn a_task_comes_back_on_its_runtime_and_not_without_it() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .thread_name("of the first launch")
        .worker_threads(1)
        .build()
        .unwrap();
    let (names, received) = signal();
    runtime.block_on(async { says_where(names) });
    assert_eq!(received.receive_many(2), ["of the first launch"; 2]);
    drop(runtime);
    wait_until("it is lost", || {
        counts(named!(says_where)) == [3, 0, 2, 0, 1, 0]
    });
    shutdown(Duration::MAX).wait().unwrap();
    assert!(received.so_far().is_empty());
}
