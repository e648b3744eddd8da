//! An error and a panic are counted and reported once, with their places, and the next launch runs.

use std::sync::mpsc::Sender;

use super::backends::for_each_backend;

macro_rules! suite {
    ($backend:tt, $named:literal, [$($function:tt)+], [$($pass:tt)+]) => {
        use std::sync::mpsc::Sender;

        use fire_and_forget::fire_and_forget;
        use waiting::signal;

        use super::Typed;
        use crate::recorder::{Class, row, watch};

        /// All of this module has the line at which the suite is instantiated.
        const PLACE: (&str, u32) = (file!(), line!());

        #[fire_and_forget(backend = $backend)]
        $($function)+ fails() -> Result<(), String> {
            Err("no such host".into())
        }

        // Pitfall 3.
        #[test]
        fn an_error_is_counted_and_reported_once_with_its_places() {
            let watched = watch!(fails);
            let _inside = inside();
            fails();
            watched.check(row!(launched: 1, failed: 1), &["failed: no such host"]);
            let report = &watched.reports()[0];
            assert_eq!(report.class, Class::Failed);
            assert_eq!(report.backend, $named);
            assert_eq!((&*report.defined_at.0, report.defined_at.1), PLACE);
            assert_eq!((&*report.launched_at.0, report.launched_at.1), PLACE);
            assert_eq!(
                report.line,
                format!(
                    "`{}` ({}:{}) failed: no such host; launched at {1}:{2}",
                    watched.name(), PLACE.0, PLACE.1
                )
            );
        }

        #[fire_and_forget(backend = $backend, on_error = Typed::deliver)]
        $($function)+ fails_with_a_type(error: Typed) -> Result<(), Typed> {
            Err(error)
        }

        // Pitfall 3.
        #[test]
        fn on_error_takes_the_typed_error_in_place_of_a_report() {
            let watched = watch!(fails_with_a_type);
            let _inside = inside();
            let (to, codes) = signal();
            fails_with_a_type(Typed { code: 7, to });
            assert_eq!(codes.receive(), 7);
            watched.check(row!(launched: 1, failed: 1), &[]);
        }

        #[fire_and_forget(backend = $backend)]
        $($function)+ panics_or_not(panics: bool, done: Sender<()>) {
            assert!(!panics, "deliberate: {}", 42);
            let _ = done.send(());
        }

        // Pitfalls 1 and 2.
        #[test]
        fn a_panic_is_reported_once_and_the_next_launch_runs() {
            let watched = watch!(panics_or_not);
            let _inside = inside();
            let (done, dones) = signal();
            for _ in 0..20 {
                panics_or_not(true, done.clone());
            }
            watched.check(row!(launched: 20, panicked: 20), &["panicked: deliberate: 42"; 20]);
            for report in watched.reports() {
                assert_eq!((&*report.defined_at.0, report.defined_at.1), PLACE);
                assert_eq!((&*report.launched_at.0, report.launched_at.1), PLACE);
            }
            panics_or_not(false, done);
            dones.receive();
            assert_eq!(watched.quiet(), row!(launched: 21, ok: 1, panicked: 20));
        }
    };
}

for_each_backend!(suite);

/// An error that is not `Display`, for `on_error` alone.
#[derive(Debug)]
struct Typed {
    code: u32,
    to: Sender<u32>,
}

impl Typed {
    fn deliver(self) {
        let _ = self.to.send(self.code);
    }
}
