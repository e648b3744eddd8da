//! An `async fn` on whose future a thread blocks: what it uses of tokio works there, too.

use std::sync::mpsc::Sender;
use std::time::Duration;

use ::tokio::runtime::{Handle, Id};
use ::tokio::time::sleep;
use fire_and_forget::{Backend, Pool, Task, Threads, fire_and_forget};
use waiting::signal;

use super::runtimes::multi_thread;
use crate::backends::custom::backend;

static POOL: Pool = Pool::new("blocks").threads(1);
static THREADS: Threads = Threads::new("blocks");

backend!(HANDOVER: Handover = |task| POOL.submit(task));

macro_rules! on {
    ($($name:ident: $backend:expr;)*) => {
        $(
            mod $name {
                use super::*;

                #[fire_and_forget(backend = $backend)]
                async fn uses_tokio(ids: Sender<Id>) {
                    sleep(Duration::from_millis(1)).await;
                    tokio::spawn(async {}).await.unwrap();
                    let _ = ids.send(Handle::current().id());
                }

                #[fire_and_forget(backend = $backend, on_full = "reject")]
                async fn comes_back_or_uses_tokio(ids: Sender<Id>) {
                    sleep(Duration::from_millis(1)).await;
                    let _ = ids.send(Handle::current().id());
                }

                #[test]
                fn the_runtime_is_that_of_the_caller() {
                    let (ids, runs) = signal();
                    let runtime = multi_thread();
                    {
                        let _entered = runtime.enter();
                        uses_tokio(ids.clone());
                        comes_back_or_uses_tokio(ids.clone()).unwrap();
                    }
                    for _ in 0..2 {
                        assert_eq!(runs.receive(), runtime.handle().id());
                    }
                }

                #[test]
                fn the_runtime_is_one_that_starts_by_itself() {
                    let (ids, runs) = signal();
                    uses_tokio(ids.clone());
                    comes_back_or_uses_tokio(ids.clone()).unwrap();
                    assert_eq!(runs.receive(), runs.receive());
                }
            }
        )*
    };
}

on! {
    on_the_built_in_pool: "pool";
    on_built_in_threads: "thread";
    on_a_pool: POOL;
    on_threads: THREADS;
    behind_another_backend: HANDOVER;
}
