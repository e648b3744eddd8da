//! A generic `async fn` that takes any future.

use std::rc::Rc;

use fire_and_forget::fire_and_forget;
use waiting::{Gate, signal};

use crate::recorder::{row, watch};
use crate::suite::backends::{POOL, SMOL, THREADS};
use crate::values::ends::Failure;

/// Instantiates the tests for a backend, as a module.
macro_rules! for_each_backend {
    ($($module:ident: $backend:tt;)+) => {
        $(
            mod $module {
                use super::*;

                #[fire_and_forget(backend = $backend)]
                async fn drive<F>(future: F) -> Result<(), Failure>
                where
                    F: Future<Output = Result<(), Failure>> + Send + 'static,
                {
                    future.await
                }

                #[test]
                fn futures_of_two_types_share_a_row() {
                    let watched = watch!(drive);
                    let (gate, (done, texts)) = (Gate::new(), signal());
                    let pass = gate.pass();
                    drive(async move {
                        pass.opened().await;
                        let _ = done.send("done");
                        Ok(())
                    });
                    drive(async { Err(Failure) });
                    gate.open();
                    assert_eq!(texts.receive(), "done");
                    watched.check(row!(launched: 2, ok: 1, failed: 1), &["failed: as it was told"]);
                }

                #[fire_and_forget(backend = $backend, on_full = "reject", max_in_flight = 1)]
                async fn drive_one<F: Future<Output = ()> + Send + 'static>(future: F) {
                    future.await;
                }

                #[test]
                fn a_future_that_is_refused_comes_back_and_can_be_driven() {
                    let watched = watch!(drive_one);
                    let (gate, (done, texts)) = (Gate::new(), signal());
                    let (pass, later) = (gate.pass(), done.clone());
                    let first = drive_one(async move {
                        pass.opened().await;
                        let _ = later.send("launched");
                    });
                    first.expect("it is the only one");
                    let rejected = drive_one(async move { let _ = done.send("given back"); });
                    let (future,) = rejected.expect_err("the first is in flight").into_args();
                    smol::block_on(future);
                    gate.open();
                    assert_eq!(texts.receive_many(2), ["given back", "launched"]);
                    watched.check(row!(launched: 2, ok: 1, refused: 1), &[]);
                }
            }
        )+
    };
}

for_each_backend! {
    tokio: "tokio";
    pool: "pool";
    thread: "thread";
    static_pool: POOL;
    static_threads: THREADS;
    executor: SMOL;
}

#[fire_and_forget(backend = "pool")]
async fn make_and_drive<M, F>(make: M)
where
    M: FnOnce() -> F + Send + 'static,
    F: Future<Output = ()>,
{
    make().await;
}

#[test]
fn a_future_that_is_not_send_is_made_where_it_is_driven() {
    let (done, texts) = signal();
    make_and_drive(move || async move {
        let text = Rc::new("not sent");
        std::future::ready(()).await;
        let _ = done.send(*text);
    });
    assert_eq!(texts.receive(), "not sent");
}
