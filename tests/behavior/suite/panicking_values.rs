//! Values that panic when they are dropped or shown: the launch is counted, and nobody is harmed.

use super::backends::for_each_backend;

macro_rules! suite {
    ($backend:tt, $named:literal, [$($function:tt)+], [$($pass:tt)+]) => {
        use std::panic::catch_unwind;

        use fire_and_forget::fire_and_forget;
        use waiting::{Gate, Pass};

        use crate::recorder::{row, watch};
        use crate::values::drops::{
            PanicsWhenDropped, PanicsWhenShown, panic_with_a_payload_that_panics,
        };

        #[fire_and_forget(backend = $backend)]
        $($function)+ panics_with_a_payload_that_panics() {
            panic_with_a_payload_that_panics()
        }

        // Pitfall 4.
        #[test]
        fn a_panic_payload_that_panics_when_dropped_is_counted_and_reported() {
            let watched = watch!(panics_with_a_payload_that_panics);
            let _inside = inside();
            panics_with_a_payload_that_panics();
            panics_with_a_payload_that_panics();
            watched.check(
                row!(launched: 2, panicked: 2),
                &["panicked: a value that is not a string"; 2],
            );
        }

        #[fire_and_forget(backend = $backend)]
        $($function)+ fails_with_an_error_that_panics() -> Result<(), PanicsWhenShown> {
            Err(PanicsWhenShown)
        }

        // Pitfall 4.
        #[test]
        fn an_error_whose_display_panics_is_counted_and_reported() {
            let watched = watch!(fails_with_an_error_that_panics);
            let _inside = inside();
            fails_with_an_error_that_panics();
            watched.check(
                row!(launched: 1, failed: 1),
                &["failed: an error whose `Display` panicked: deliberate, in a `Display`"],
            );
        }

        #[fire_and_forget(backend = $backend)]
        $($function)+ fails_with_an_error_that_panics_when_dropped() -> Result<(), PanicsWhenDropped> {
            Err(PanicsWhenDropped)
        }

        // Pitfall 4.
        #[test]
        fn an_error_whose_drop_panics_is_counted_failed() {
            let watched = watch!(fails_with_an_error_that_panics_when_dropped);
            let _inside = inside();
            fails_with_an_error_that_panics_when_dropped();
            watched.check(
                row!(launched: 1, failed: 1),
                &[
                    "panicked: deliberate, in a destructor",
                    "failed: an error that panics when dropped",
                ],
            );
        }

        #[fire_and_forget(backend = $backend, on_error = super::panics)]
        $($function)+ has_a_handler_that_panics() -> Result<(), u32> {
            Err(5)
        }

        #[test]
        fn an_error_handler_that_panics_is_reported_and_the_launch_counted_failed() {
            let watched = watch!(has_a_handler_that_panics);
            let _inside = inside();
            for _ in 0..3 {
                has_a_handler_that_panics();
            }
            watched.check(
                row!(launched: 3, failed: 3),
                &["panicked: deliberate, in the handler of 5"; 3],
            );
        }

        #[fire_and_forget(backend = $backend)]
        $($function)+ drops_an_argument_that_panics(argument: PanicsWhenDropped) {
            let _argument = argument;
        }

        // Pitfall 4.
        #[test]
        fn an_argument_whose_drop_panics_is_counted_and_the_next_launch_runs() {
            let watched = watch!(drops_an_argument_that_panics);
            let _inside = inside();
            for _ in 0..5 {
                drops_an_argument_that_panics(PanicsWhenDropped);
            }
            watched.check(
                row!(launched: 5, panicked: 5),
                &["panicked: deliberate, in a destructor"; 5],
            );
        }

        #[fire_and_forget(backend = $backend, max_in_flight = 1)]
        $($function)+ refuses_an_argument_that_panics(pass: Pass, argument: Option<PanicsWhenDropped>) {
            pass $($pass)+;
            drop(argument);
        }

        // Pitfall 17.
        #[test]
        fn a_refused_argument_whose_drop_panics_does_not_unwind_into_the_caller() {
            let watched = watch!(refuses_an_argument_that_panics);
            let _inside = inside();
            let gate = Gate::new();
            refuses_an_argument_that_panics(gate.pass(), None);
            let pass = gate.pass();
            let call = catch_unwind(move || {
                refuses_an_argument_that_panics(pass, Some(PanicsWhenDropped));
            });
            assert!(call.is_ok(), "the launcher panicked");
            gate.open();
            watched.check(
                row!(launched: 2, ok: 1, refused: 1),
                &[
                    "panicked: deliberate, in a destructor",
                    "was refused: the function's limit of launches in flight is reached (see `max_in_flight`)",
                ],
            );
        }
    };
}

for_each_backend!(suite);

fn panics(code: u32) {
    panic!("deliberate, in the handler of {code}")
}
