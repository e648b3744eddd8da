//! Threads of their own: one per launch, up to a limit, with a stack and a name.

use std::cell::RefCell;
use std::collections::HashSet;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::thread::{self, ThreadId};

use fire_and_forget::{Threads, fire_and_forget};
use waiting::{Gate, Pass, Sticky, signal};

use crate::recorder::{row, watch};
use crate::values::drops::leave_a_thread_local;

#[fire_and_forget(backend = "thread")]
fn meets_all_others(pass: Pass, ids: Sender<ThreadId>) {
    pass.wait();
    let _ = ids.send(thread::current().id());
}

#[test]
fn each_launch_has_a_thread_of_its_own() {
    let watched = watch!(meets_all_others);
    let gate = Gate::new();
    let (ids, received) = signal();
    for _ in 0..20 {
        meets_all_others(gate.pass(), ids.clone());
    }
    gate.reached_by(20);
    gate.open();
    let ids: HashSet<_> = received.receive_many(20).into_iter().collect();
    assert_eq!(ids.len(), 20);
    watched.check(row!(launched: 20, ok: 20), &[]);
}

static DEEP: Threads = Threads::new("deep").stack_size(64 << 20);

#[fire_and_forget(backend = DEEP)]
fn needs_a_large_stack(sizes: Sender<usize>) {
    let _ = sizes.send(fill_the_stack(0));
}

/// Recurses until the frames hold 16 MiB, which is more on the stack of a debug build.
fn fill_the_stack(depth: usize) -> usize {
    let mut frame = [0; 512];
    black_box(&mut frame)[17] = depth;
    let used = (depth + 1) * size_of_val(&frame);
    let deepest = if used < 16 << 20 {
        fill_the_stack(depth + 1)
    } else {
        used
    };
    deepest + frame[17] - depth
}

#[test]
fn the_stack_is_as_large_as_asked_for() {
    let watched = watch!(needs_a_large_stack);
    let (sizes, received) = signal();
    needs_a_large_stack(sizes);
    assert!(received.receive() >= 16 << 20);
    watched.check(row!(launched: 1, ok: 1), &[]);
}

static DEEP_AND_FULL: Threads = Threads::new("deep-and-full")
    .stack_size(64 << 20)
    .max_threads(1)
    .queue(0);

#[fire_and_forget(backend = DEEP_AND_FULL)]
fn has_the_only_large_stack(pass: Pass) {
    pass.wait();
}

#[fire_and_forget(backend = DEEP_AND_FULL, on_full = "block")]
fn needs_a_large_stack_in_a_worker() {
    fill_the_stack(0);
}

#[fire_and_forget(backend = DEEP_AND_FULL, on_full = "caller_runs")]
fn needs_a_large_stack_in_its_caller() {
    fill_the_stack(0);
}

#[fire_and_forget]
fn launches_what_needs_a_large_stack(done: Sender<()>) {
    needs_a_large_stack_in_a_worker();
    let _ = done.send(());
}

/// On its caller's stack it would end the process.
#[test]
fn what_was_promised_a_larger_stack_is_not_run_in_place() {
    let in_a_worker = watch!(needs_a_large_stack_in_a_worker);
    let in_its_caller = watch!(needs_a_large_stack_in_its_caller);
    let gate = Gate::holding(|pass| has_the_only_large_stack(pass));
    let (done, launched) = signal();
    launches_what_needs_a_large_stack(done);
    launched.receive();
    needs_a_large_stack_in_its_caller();
    gate.open();
    let reason = "was refused: there is no room, and the stack of the caller is smaller than the `stack_size` of the backend";
    in_a_worker.check(row!(launched: 1, refused: 1), &[reason]);
    in_its_caller.check(row!(launched: 1, refused: 1), &[reason]);
}

static FEW: Threads = Threads::new("few").max_threads(3);
static RUNNING: AtomicUsize = AtomicUsize::new(0);

#[fire_and_forget(backend = FEW)]
fn counts_who_else_runs(pass: Pass, most: Arc<AtomicUsize>) {
    most.fetch_max(RUNNING.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
    pass.wait();
    RUNNING.fetch_sub(1, Ordering::SeqCst);
}

#[test]
fn no_more_threads_run_than_allowed_and_the_rest_waits() {
    let watched = watch!(counts_who_else_runs);
    let most = Arc::new(AtomicUsize::new(0));
    let gate = Gate::new();
    for _ in 0..200 {
        counts_who_else_runs(gate.pass(), most.clone());
    }
    gate.reached_by(3);
    gate.open();
    watched.check(row!(launched: 200, ok: 200), &[]);
    assert_eq!(most.load(Ordering::SeqCst), 3);
}

#[fire_and_forget(backend = "thread")]
fn short(names: Sender<Option<String>>) {
    let _ = names.send(thread::current().name().map(str::to_owned));
}

#[fire_and_forget(backend = "thread", name = "größe")]
fn named(names: Sender<Option<String>>) {
    let _ = names.send(thread::current().name().map(str::to_owned));
}

#[fire_and_forget(backend = "thread", name = "0123456789 ö 0123456789äö")]
fn cut_inside_a_letter(names: Sender<Option<String>>) {
    let _ = names.send(thread::current().name().map(str::to_owned));
}

#[fire_and_forget(backend = "thread", name = "nul\0inside")]
fn named_with_a_nul(names: Sender<Option<String>>) {
    let _ = names.send(thread::current().name().map(str::to_owned));
}

// Pitfall 16: Linux shows 15 bytes.
#[test]
fn a_thread_has_the_useful_end_of_the_functions_name() {
    let watched = watch!(short);
    let (names, received) = signal::<Option<String>>();
    let name = || received.receive().unwrap();
    short(names.clone());
    assert_eq!(name(), "short");
    named(names.clone());
    assert_eq!(name(), "größe");
    cut_inside_a_letter(names.clone());
    assert_eq!(name(), " 0123456789äö");
    named_with_a_nul(names);
    assert_eq!(name(), "nul inside");
    watched.check(row!(launched: 1, ok: 1), &[]);
}

#[fire_and_forget(backend = "thread")]
fn leaves_a_thread_local(ids: Sender<ThreadId>) {
    let _ = ids.send(thread::current().id());
    leave_a_thread_local(ids);
}

#[test]
fn thread_locals_are_destroyed_after_the_body() {
    let watched = watch!(leaves_a_thread_local);
    let (ids, received) = signal();
    leaves_a_thread_local(ids);
    assert_eq!(received.receive(), received.receive());
    watched.check(row!(launched: 1, ok: 1), &[]);
}

static LEAVING: Threads = Threads::new("leaving").max_threads(2);

thread_local! {
    static STICKY: RefCell<Option<Sticky>> = const { RefCell::new(None) };
}

#[fire_and_forget(backend = LEAVING)]
fn leaves_what_stays(pass: Pass, begun: Sender<()>) {
    STICKY.set(Some(Sticky(pass)));
    let _ = begun.send(());
}

#[fire_and_forget(backend = "thread")]
fn comes_later(begun: Sender<()>) {
    let _ = begun.send(());
}

#[test]
fn a_thread_counts_until_its_thread_locals_are_destroyed() {
    let watched = watch!(leaves_what_stays);
    let gate = Gate::new();
    let (begun, beginnings) = signal();
    for _ in 0..4 {
        leaves_what_stays(gate.pass(), begun.clone());
    }
    gate.reached_by(2);
    // Whoever creates threads has looked at all backends by then.
    let (later, lately) = signal();
    for _ in 0..3 {
        comes_later(later.clone());
        lately.receive();
    }
    assert_eq!(beginnings.so_far().len(), 2);
    gate.open();
    beginnings.receive_many(2);
    watched.check(row!(launched: 4, ok: 4), &[]);
}

static SERIAL: Threads = Threads::new("serial").max_threads(1).queue(3);

#[fire_and_forget(backend = SERIAL)]
fn waits_in_the_queue(begun: Sender<u32>, number: u32, pass: Pass) {
    let _ = begun.send(number);
    pass.wait();
}

// Pitfall 10.
#[test]
fn at_the_limit_launches_wait_in_order_and_no_more_than_the_queue_holds() {
    let watched = watch!(waits_in_the_queue);
    let gate = Gate::new();
    let (begun, numbers) = signal();
    waits_in_the_queue(begun.clone(), 0, gate.pass());
    assert_eq!(numbers.receive(), 0);
    for number in 1..=5 {
        waits_in_the_queue(begun.clone(), number, gate.pass());
    }
    assert_eq!(watched.counts().in_flight(), 4);
    gate.open();
    assert_eq!(numbers.receive_many(3), [1, 2, 3]);
    watched.check(
        row!(launched: 6, ok: 4, refused: 2),
        &["was refused: the queue is full"; 2],
    );
    assert_eq!(watched.entry().backend(), "serial");
}
