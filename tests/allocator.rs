//! An allocator that launches: wherever a launch allocates, no lock of ours may be held. On Linux, which tells who sleeps.

#![cfg(target_os = "linux")]
#![expect(unsafe_code, reason = "an allocator is what this is about")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::thread;

use fire_and_forget::{Pool, fire_and_forget};
use waiting::{Gate, PATIENCE, Pass, signal, wait_until};

struct Launching;

thread_local! {
    /// At which allocation of this thread one more launch is made: this many come before.
    static COUNTDOWN: Cell<Option<u32>> = const { Cell::new(None) };
}

// SAFETY: every call is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Launching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match COUNTDOWN.get() {
            Some(0) => {
                COUNTDOWN.set(None);
                waits_for_room(Pass::open());
            }
            Some(left) => COUNTDOWN.set(Some(left - 1)),
            None => {}
        }
        // SAFETY: the caller keeps the contract of this very function.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: likewise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Launching = Launching;

static SMALL: Pool = Pool::new("small").threads(1).queue(1);

#[fire_and_forget(backend = SMALL, on_full = "block")]
fn waits_for_room(pass: Pass) {
    pass.wait();
}

#[test]
fn an_allocator_may_launch_while_its_caller_waits_for_room() {
    let mut allocations = 0;
    loop {
        let gate = Gate::holding(waits_for_room);
        waits_for_room(Pass::open());
        let before = launched();
        let pass = Pass::open();
        let (named, name) = signal();
        let caller = thread::spawn(move || {
            let link = std::fs::read_link("/proc/thread-self").unwrap();
            named.send(link.join("stat")).unwrap();
            COUNTDOWN.set(Some(allocations));
            waits_for_room(pass);
            COUNTDOWN.take().is_none()
        });
        let state = std::path::Path::new("/proc").join(name.receive());
        wait_until("it waits for room", || {
            launched() > before && sleeps(&state)
        });
        gate.open();
        let has_launched = caller.join().unwrap();
        SMALL.flush(PATIENCE).wait().unwrap();
        if !has_launched {
            break;
        }
        allocations += 1;
    }
    assert!(allocations > 0, "nothing is allocated by who waits");
}

fn sleeps(thread: &std::path::Path) -> bool {
    std::fs::read_to_string(thread).is_ok_and(|state| state.contains(") S "))
}

fn launched() -> u64 {
    fire_and_forget::ledger().total().launched
}
