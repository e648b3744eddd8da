//! The same body, plain and annotated, drops the same things in the same order.

#![allow(
    dead_code,
    clippy::restriction,
    clippy::pedantic,
    clippy::let_and_return,
    reason = "what runs is the test here, and not every body is run in every way"
)]

mod copies;

use std::future::Future;
use std::pin::pin;
use std::sync::mpsc::{channel, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use fire_and_forget::fire_and_forget;

/// Says its name when it is dropped.
#[derive(Debug)]
struct Noisy(&'static str, Sender<&'static str>);

impl Drop for Noisy {
    fn drop(&mut self) {
        // Nobody listens once a test is over.
        let _ = self.1.send(self.0);
    }
}

/// A receiver with two parts, of which a body may move one out.
#[derive(Debug)]
struct Parts {
    first: Noisy,
    second: Noisy,
    last: Noisy,
}

impl Parts {
    fn new(log: &Sender<&'static str>) -> Self {
        Self {
            first: Noisy("self.first", log.clone()),
            second: Noisy("self.second", log.clone()),
            last: Noisy("self.last", log.clone()),
        }
    }
}

/// What was dropped until the last sender was gone, which is when the body and its arguments are.
fn drops(run: impl FnOnce(Sender<&'static str>)) -> Vec<&'static str> {
    let (sender, receiver): (Sender<&'static str>, Receiver<&'static str>) = channel();
    run(sender);
    let mut names = Vec::new();
    loop {
        match receiver.recv_timeout(Duration::from_secs(60)) {
            Ok(name) => names.push(name),
            Err(RecvTimeoutError::Disconnected) => return names,
            Err(RecvTimeoutError::Timeout) => {
                panic!("still waiting for the last drop, after {:?}", names)
            }
        }
    }
}

/// A future here is ready at once, or after one more poll.
fn poll_to_the_end<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

/// Pending once.
async fn pause() {
    let mut is_ready = false;
    std::future::poll_fn(|context| {
        if is_ready {
            return Poll::Ready(());
        }
        is_ready = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// One body, written once and compiled plain and annotated.
macro_rules! both {
    ($(#[$attribute:meta])* ($($parameter:tt)*) -> $result:ty $body:block) => {
        mod plain {
            use super::*;
            $(#[$attribute])*
            pub(super) fn run($($parameter)*) -> $result $body
            $(#[$attribute])*
            pub(super) async fn run_async($($parameter)*) -> $result {
                pause().await;
                $body
            }
        }
        mod annotated {
            use super::*;
            #[fire_and_forget]
            $(#[$attribute])*
            pub(super) fn run($($parameter)*) -> $result $body
            #[fire_and_forget]
            $(#[$attribute])*
            pub(super) async fn run_async($($parameter)*) -> $result {
                pause().await;
                $body
            }
            #[fire_and_forget(backend = "thread", on_full = "reject")]
            $(#[$attribute])*
            pub(super) async fn run_blocking($($parameter)*) -> $result {
                pause().await;
                $body
            }
        }
    };
}

/// Calls the bodies of the module where it stands through its `call!`: `$count` things are dropped, in one order.
macro_rules! check_order {
    ($count:literal) => {
        let plain = drops(|log| drop(call!(plain::run, log)));
        assert_eq!(plain.len(), $count, "{plain:?}");
        assert_eq!(drops(|log| call!(annotated::run, log)), plain);
        let plain = drops(|log| drop(poll_to_the_end(call!(plain::run_async, log))));
        assert_eq!(drops(|log| call!(annotated::run_async, log)), plain);
        assert_eq!(
            drops(|log| call!(annotated::run_blocking, log).expect("there is room")),
            plain
        );
    };
}

mod all_kinds_of_patterns {
    use super::*;

    both! {
        #[allow(unused_variables)]
        (one: Noisy, _: Noisy, (left, _): (Noisy, Noisy), _guard: Noisy, mut changed: Noisy, log: Sender<&'static str>) -> Result<(), String> {
            let local = Noisy("local", log.clone());
            changed.0 = "changed";
            drop(left);
            Err(Noisy("tail", log.clone()).0.to_owned())
        }
    }

    macro_rules! call {
        ($run:expr, $log:ident) => {
            $run(
                Noisy("one", $log.clone()),
                Noisy("ignored", $log.clone()),
                (Noisy("left", $log.clone()), Noisy("right", $log.clone())),
                Noisy("guard", $log.clone()),
                Noisy("unchanged", $log.clone()),
                $log,
            )
        };
    }

    #[test]
    fn are_dropped_in_the_same_order() {
        check_order!(8);
    }
}

mod an_early_return {
    use super::*;

    both! {
        (one: Noisy, two: Noisy, log: Sender<&'static str>) -> Result<(), String> {
            let local = Noisy("local", log.clone());
            if two.0.is_empty() {
                return Ok(());
            }
            let moved = one;
            if local.0 == "local" {
                return Err(moved.0.to_owned());
            }
            Ok(())
        }
    }

    macro_rules! call {
        ($run:expr, $log:ident) => {
            $run(Noisy("one", $log.clone()), Noisy("two", $log.clone()), $log)
        };
    }

    #[test]
    fn drops_in_the_same_order() {
        check_order!(3);
    }
}

mod a_panic {
    use super::*;

    both! {
        (one: Noisy, two: Noisy, log: Sender<&'static str>) -> Result<(), String> {
            let local = Noisy("local", log.clone());
            if local.0 == "local" {
                std::panic::resume_unwind(Box::new(Noisy("payload", log.clone()).0));
            }
            drop((one, two));
            Ok(())
        }
    }

    macro_rules! call {
        ($run:expr, $log:ident) => {
            $run(Noisy("one", $log.clone()), Noisy("two", $log.clone()), $log)
        };
    }

    #[test]
    fn drops_in_the_same_order() {
        let plain = drops(|log| {
            drop(std::panic::catch_unwind(std::panic::AssertUnwindSafe(
                || call!(plain::run, log),
            )));
        });
        assert_eq!(plain.len(), 4, "{plain:?}");
        assert_eq!(drops(|log| call!(annotated::run, log)), plain);
        assert_eq!(drops(|log| call!(annotated::run_async, log)), plain);
    }
}

mod a_receiver {
    use super::*;

    impl Parts {
        fn plain(self, argument: Noisy) {
            drop(self.second);
            drop(Noisy("local", argument.1.clone()));
        }

        #[fire_and_forget]
        fn annotated(self, argument: Noisy) {
            drop(self.second);
            drop(Noisy("local", argument.1.clone()));
        }

        async fn plain_task(self, argument: Noisy) {
            drop(self.second);
            pause().await;
            drop(Noisy("local", argument.1.clone()));
        }

        #[fire_and_forget]
        async fn annotated_task(self, argument: Noisy) {
            drop(self.second);
            pause().await;
            drop(Noisy("local", argument.1.clone()));
        }

        fn plain_unused(self, _: Noisy) {}

        #[fire_and_forget]
        fn annotated_unused(self, _: Noisy) {}

        #[fire_and_forget(on_full = "reject")]
        async fn annotated_unused_task(self, _: Noisy) {}

        fn plain_shared(self: Arc<Self>, lock: Arc<Mutex<Noisy>>) -> Result<(), String> {
            let guard = lock.lock().map_err(|error| error.to_string())?;
            Err(format!("{}{}", guard.0, self.first.0))
        }

        #[fire_and_forget]
        fn annotated_shared(self: Arc<Self>, lock: Arc<Mutex<Noisy>>) -> Result<(), String> {
            let guard = lock.lock().map_err(|error| error.to_string())?;
            Err(format!("{}{}", guard.0, self.first.0))
        }
    }

    /// The log is dropped last, so that the list is whole.
    fn with_parts(run: impl FnOnce(Parts, Noisy)) -> Vec<&'static str> {
        drops(|log| {
            let (parts, argument) = (Parts::new(&log), Noisy("argument", log.clone()));
            drop(log);
            run(parts, argument);
        })
    }

    #[test]
    fn that_is_partly_moved_is_dropped_in_the_same_order() {
        let plain = with_parts(Parts::plain);
        assert_eq!(
            plain,
            [
                "self.second",
                "local",
                "argument",
                "self.first",
                "self.last"
            ]
        );
        assert_eq!(with_parts(Parts::annotated), plain);
        let plain = with_parts(|parts, argument| poll_to_the_end(parts.plain_task(argument)));
        assert_eq!(with_parts(Parts::annotated_task), plain);
    }

    #[test]
    fn that_is_unused_is_dropped_in_the_same_order() {
        let plain = with_parts(Parts::plain_unused);
        assert_eq!(
            plain,
            ["argument", "self.first", "self.second", "self.last"]
        );
        assert_eq!(with_parts(Parts::annotated_unused), plain);
        let task = |parts: Parts, argument| {
            parts
                .annotated_unused_task(argument)
                .expect("there is room");
        };
        assert_eq!(with_parts(task), plain);
    }

    #[test]
    fn that_is_shared_is_dropped_in_the_same_order() {
        let shared = |run: fn(Arc<Parts>, Arc<Mutex<Noisy>>)| {
            with_parts(|parts, argument| run(Arc::new(parts), Arc::new(Mutex::new(argument))))
        };
        let plain = shared(|parts, lock| drop(parts.plain_shared(lock)));
        assert_eq!(plain.len(), 4, "{plain:?}");
        assert_eq!(shared(Parts::annotated_shared), plain);
    }
}
