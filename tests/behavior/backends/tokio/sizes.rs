//! Futures of every size: those up to a kilobyte are stored in a few sizes, larger and overaligned ones as what they
//! are.

use std::sync::mpsc::Sender;

use fire_and_forget::fire_and_forget;
use waiting::signal;

use super::runtimes::multi_thread;

#[fire_and_forget]
async fn borrows_across_an_await<const N: usize>(bytes: [u8; N], told: Sender<usize>) {
    let borrowed = &bytes;
    ::tokio::task::yield_now().await;
    let sum = borrowed.iter().map(|&byte| usize::from(byte)).sum();
    told.send(sum).unwrap();
}

#[repr(align(64))]
struct Aligned(u8);

#[fire_and_forget]
async fn is_overaligned(value: Aligned, told: Sender<usize>) {
    let borrowed = &value;
    ::tokio::task::yield_now().await;
    assert_eq!(borrowed.0, 1);
    told.send(std::ptr::from_ref(borrowed).addr() % align_of::<Aligned>())
        .unwrap();
}

#[test]
fn a_future_of_any_size_stays_where_it_is_and_keeps_what_it_holds() {
    let runtime = multi_thread();
    let _entered = runtime.enter();
    macro_rules! of_sizes {
        ($($size:literal)*) => {
            $(
                let (told, heard) = signal();
                borrows_across_an_await([1; $size], told);
                assert_eq!(heard.receive(), $size);
            )*
        };
    }
    of_sizes!(0 1 7 8 24 40 48 56 64 72 80 88 96 104 112 120 200 300 400 480 500 600 2000 8000);
}

#[test]
fn an_overaligned_future_is_aligned() {
    let runtime = multi_thread();
    let _entered = runtime.enter();
    let (told, heard) = signal();
    is_overaligned(Aligned(1), told);
    assert_eq!(heard.receive(), 0);
}
