//! What a launch allocates: on a pool nothing, or one box for arguments that do not fit; on tokio a task, and not in the caller.
//! Counted over all threads.

#![expect(
    unsafe_code,
    reason = "an allocator is the only one that sees every allocation"
)]
#![allow(
    clippy::large_types_passed_by_value,
    clippy::needless_pass_by_value,
    reason = "it is what is counted"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

use fire_and_forget::{Pool, Task, fire_and_forget};
use waiting::wait_until;

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static HERE: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::SeqCst);
        HERE.set(HERE.get() + 1);
        // SAFETY: the caller keeps the contract of this very function.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: likewise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static POOL: Pool = Pool::new("counted").threads(1);
static STUCK: Pool = Pool::new("stuck").threads(1).queue(1);
static BODIES: AtomicUsize = AtomicUsize::new(0);

fn end() {
    BODIES.fetch_add(1, Ordering::SeqCst);
}

#[fire_and_forget(backend = POOL)]
fn two_strings_and_two_words(_to: String, _subject: String, _attempt: u64, _size: usize) {
    end();
}

#[fire_and_forget(backend = POOL)]
fn ten_words(_words: [u64; 10]) {
    end();
}

#[fire_and_forget(backend = POOL)]
fn eleven_words(_words: [u64; 11]) {
    end();
}

#[fire_and_forget(backend = POOL)]
fn twelve_words(_words: [u64; 12]) {
    end();
}

#[fire_and_forget(backend = POOL)]
fn thirteen_words(words: [u64; 13]) {
    assert_eq!(words, [13; 13]);
    end();
}

#[repr(align(32))]
struct Aligned(u8);

#[fire_and_forget(backend = POOL)]
fn aligned(byte: Aligned) {
    assert!((&raw const byte).addr().is_multiple_of(32) && byte.0 == 7);
    end();
}

#[fire_and_forget(backend = POOL, on_full = "reject")]
fn that_could_give_back(_to: String, _words: [u64; 4]) {
    end();
}

#[fire_and_forget(backend = STUCK)]
fn stuck(begun: SyncSender<()>, gate: &'static Mutex<()>) {
    let _ = begun.send(());
    drop(gate.lock());
}

#[fire_and_forget(backend = STUCK, on_full = "reject")]
fn refused_with_arguments(_to: String, _words: [u64; 4]) {}

fn none() -> usize {
    0
}

#[fire_and_forget(max_in_flight = none(), on_full = "reject")]
async fn refused_task(_to: String, _words: [u64; 4]) {}

#[test]
fn a_launch_allocates_nothing_or_one_box_for_large_arguments_and_refused_nothing() {
    let of = |launch: &dyn Fn()| {
        // The first launch starts threads, and enters its function into the ledger. The thread that creates them may go on
        // allocating meanwhile, once; a launch would allocate each time.
        run(1, launch);
        (0..3).map(|_| run(1_000, launch)).min()
    };
    let two_strings = || two_strings_and_two_words(String::new(), String::new(), 1, 2);
    assert_eq!(of(&two_strings), Some(0));
    // One word less for metrics, and one for traces: another package may turn them on.
    assert!([80, 88, 96].contains(&Task::INLINE_BYTES));
    let boxes = |bytes| Some(if Task::INLINE_BYTES < bytes { 1_000 } else { 0 });
    assert_eq!(of(&|| ten_words([10; 10])), Some(0));
    assert_eq!(of(&|| eleven_words([11; 11])), boxes(88));
    assert_eq!(of(&|| twelve_words([12; 12])), boxes(96));
    assert_eq!(of(&|| thirteen_words([13; 13])), Some(1_000));
    assert_eq!(of(&|| aligned(Aligned(7))), Some(1_000));
    assert_eq!(
        of(&|| drop(that_could_give_back(String::new(), [4; 4]))),
        Some(0)
    );
    refused_launches_allocate_nothing();
    launches_on_tokio_allocate_a_task_each_and_none_of_them_in_the_caller();
}

#[fire_and_forget]
async fn on_tokio(_to: String, _attempt: u64) {
    end();
}

fn launches_on_tokio_allocate_a_task_each_and_none_of_them_in_the_caller() {
    let runtime = tokio::runtime::Runtime::new().expect("threads can be started");
    fire_and_forget::set_tokio_handle(runtime.handle().clone()).expect("it is the only one");
    let launch = || on_tokio(String::new(), 1);
    run(500, &launch);
    // Fewer than there is room for: what finds none is spawned by its caller.
    let here = HERE.get();
    let all = run(500, &launch);
    let here = HERE.get() - here;
    // Tokio may allocate something of its own now and then; and `parking_lot`, which it may be built with, once on each thread
    // that has to wait in a wake-up.
    assert!(here < 10, "{here} allocations in the caller");
    assert!((500..520).contains(&all), "{all} allocations");
    drop(runtime);
}

// In the same test: another one that ends meanwhile has the harness allocate.
fn refused_launches_allocate_nothing() {
    static GATE: Mutex<()> = Mutex::new(());
    let closed = GATE.lock().unwrap_or_else(PoisonError::into_inner);
    let (begun, beginnings) = sync_channel(2);
    stuck(begun.clone(), &GATE);
    beginnings.recv().expect("the only worker is busy now");
    stuck(begun, &GATE);
    let refuse = || {
        assert!(refused_with_arguments(String::new(), [4; 4]).is_err());
        assert!(refused_task(String::new(), [4; 4]).is_err());
    };
    refuse();
    let before = ALLOCATIONS.load(Ordering::SeqCst);
    (0..1_000).for_each(|_| refuse());
    assert_eq!(ALLOCATIONS.load(Ordering::SeqCst), before);
    drop(closed);
}

/// The allocations of so many launches and their bodies, which are waited for.
fn run(count: usize, launch: &dyn Fn()) -> usize {
    let bodies = BODIES.load(Ordering::SeqCst);
    let before = ALLOCATIONS.load(Ordering::SeqCst);
    (0..count).for_each(|_| launch());
    wait_until("the bodies have run", || {
        BODIES.load(Ordering::SeqCst) >= bodies + count
    });
    ALLOCATIONS.load(Ordering::SeqCst) - before
}
