//! The line of a process that exits with launches unfinished, and silence otherwise.

use std::time::Duration;

use fire_and_forget::{Backend, Task, fire_and_forget, flush, shutdown};
use tokio::runtime::{Builder, Runtime};
use waiting::{Gate, PATIENCE, Pass};

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

struct Keeping;

impl Backend for Keeping {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        std::mem::forget(task);
        Ok(())
    }

    fn name(&self) -> &'static str {
        "keeping"
    }
}

static KEEPING: Keeping = Keeping;
