//! The observer for `tracing`: an event for each report, in the span of its launch.

use super::backends::for_each_backend;

macro_rules! suite {
    ($backend:tt, $named:literal, [$($function:tt)+], [$($pass:tt)+]) => {
        use fire_and_forget::fire_and_forget;
        use tracing::{Level, info_span};

        use crate::recorded::{Fields, Recorded, quiet};
        use crate::reports::observe;

        const MODULE: &str = module_path!();

        #[fire_and_forget(backend = $backend)]
        $($function)+ fails() -> Result<(), &'static str> {
            Err("no route")
        }

        #[fire_and_forget(backend = $backend)]
        $($function)+ panics() {
            std::panic::resume_unwind(Box::new("without a word from the hook"));
        }

        #[test]
        fn what_failed_or_panicked_is_an_error_in_the_span_of_the_launch() {
            observe();
            let _inside = inside();
            for (function, launch, message) in [
                (concat!(module_path!(), "::fails"), fails as fn(), "failed: no route"),
                (
                    concat!(module_path!(), "::panics"),
                    panics,
                    "panicked: without a word from the hook",
                ),
            ] {
                let recorded = Recorded::new();
                recorded.during(|| info_span!("request").in_scope(launch));
                quiet(function);
                let events = recorded.events();
                assert_eq!(events.len(), 1, "{events:#?}");
                let event = &events[0];
                assert_eq!(event.level, Level::ERROR);
                assert_eq!(event.target, MODULE);
                assert_eq!(event.spans, [function]);
                // A call through a pointer is seen where the pointer was made.
                let launched_at = event.fields["launched_at"].clone();
                assert!(launched_at.starts_with(concat!(file!(), ":")), "{launched_at}");
                let expected = [
                    ("message", message.to_owned()),
                    ("function", function.to_owned()),
                    ("backend", $named.to_owned()),
                    ("launched_at", launched_at),
                ];
                assert_eq!(event.fields, Fields::from(expected));
            }
        }
    };
}

for_each_backend!(suite);
