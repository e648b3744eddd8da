//! A generic function that takes any closure.

use super::backends::for_each_backend;

macro_rules! suite {
    ($backend:tt, $named:literal, [$($function:tt)+], [$($pass:tt)+]) => {
        use fire_and_forget::{Refusal, fire_and_forget};
        use waiting::{Gate, Pass, signal};

        use crate::values::ends::Failure;
        use crate::recorder::{row, watch};

        #[fire_and_forget(backend = $backend)]
        $($function)+ run<F>(job: F) -> Result<(), Failure>
        where
            F: FnOnce() -> Result<(), Failure> + Send + 'static,
        {
            job()
        }

        #[test]
        fn closures_of_two_types_share_a_row() {
            let watched = watch!(run);
            let _inside = inside();
            let (done, texts) = signal();
            let text = String::from("owned by the closure");
            run(move || {
                let _ = done.send(text);
                Ok(())
            });
            run(|| Err(Failure));
            assert_eq!(texts.receive(), "owned by the closure");
            watched.check(row!(launched: 2, ok: 1, failed: 1), &["failed: as it was told"]);
        }

        #[fire_and_forget(backend = $backend, on_full = "reject", max_in_flight = 1)]
        $($function)+ run_later<F: FnOnce() + Send + 'static>(pass: Pass, job: F) {
            pass $($pass)+;
            job();
        }

        #[test]
        fn a_closure_that_is_refused_comes_back_and_can_be_called() {
            let watched = watch!(run_later);
            let _inside = inside();
            let gate = Gate::new();
            let (done, texts) = signal();
            let later = done.clone();
            let launched = run_later(gate.pass(), move || {
                let _ = later.send("launched");
            });
            launched.expect("it is the only one");
            let rejected = run_later(gate.pass(), move || {
                let _ = done.send("given back");
            });
            let rejected = rejected.expect_err("the first is in flight");
            assert_eq!(rejected.reason(), Refusal::MaxInFlight);
            let (_, job) = rejected.into_args();
            job();
            gate.open();
            assert_eq!(texts.receive_many(2), ["given back", "launched"]);
            watched.check(row!(launched: 2, ok: 1, refused: 1), &[]);
        }
    };
}

for_each_backend!(suite);
