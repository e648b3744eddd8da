//! The future of an annotated `async fn` is that of the plain one, and the account of it: it is not nested.

#![allow(
    clippy::large_types_passed_by_value,
    reason = "so that the future is larger than anything else"
)]
#![expect(
    unsafe_code,
    reason = "an allocator is the only one that sees the size of a task"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

use fire_and_forget::fire_and_forget;

struct Watching;

thread_local! {
    static LARGEST: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.set(LARGEST.get().max(layout.size()));
        // SAFETY: the caller keeps the contract of this very function.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: likewise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Watching = Watching;

/// Larger than anything else that a spawn allocates.
type Data = [u8; 4096];

async fn plain(data: Data, name: String) {
    std::future::ready(()).await;
    black_box((&data, &name));
    std::future::ready(()).await;
}

#[fire_and_forget]
async fn annotated(data: Data, name: String) {
    std::future::ready(()).await;
    black_box((&data, &name));
    std::future::ready(()).await;
}

#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` has its arguments twice: as they came, and as the variables of its body"
)]
fn plain_with_copies(data: Data, name: String) -> impl Future<Output = ()> {
    async move {
        let (data, name) = (&data, &*name);
        std::future::ready(()).await;
        black_box((data, name));
        std::future::ready(()).await;
    }
}

#[fire_and_forget]
async fn annotated_with_copies(#[own] data: &Data, #[own] name: &str) {
    std::future::ready(()).await;
    black_box((data, name));
    std::future::ready(()).await;
}

/// The largest allocation while `spawn` runs.
fn largest(spawn: impl FnOnce()) -> usize {
    LARGEST.set(0);
    spawn();
    LARGEST.get()
}

#[tokio::test]
async fn a_task_is_at_most_64_bytes_larger_than_one_spawned_by_hand() {
    annotated([0; 4096], String::new());
    let by_hand = largest(|| drop(tokio::spawn(plain([0; 4096], String::new()))));
    let launched = largest(|| annotated([0; 4096], String::new()));
    check(by_hand, launched);
}

#[tokio::test]
async fn a_task_has_each_copy_once() {
    annotated_with_copies(&[0; 4096], "");
    let by_hand = largest(|| drop(tokio::spawn(plain_with_copies([0; 4096], String::new()))));
    let launched = largest(|| annotated_with_copies(&[0; 4096], ""));
    check(by_hand, launched);
}

#[track_caller]
fn check(by_hand: usize, launched: usize) {
    assert!(by_hand > 4096, "{by_hand}");
    // tokio rounds a task up to a multiple of 128 bytes.
    assert!(
        launched.abs_diff(by_hand) <= 128,
        "{launched} and {by_hand}"
    );
}
