//! Daemons that end before the process stops: each end is counted and reported, on every backend that runs daemons.

use std::sync::mpsc::Sender;

use super::backends::for_each_backend;

macro_rules! suite {
    ($backend:tt, $named:literal, [$($function:tt)+], [$($pass:tt)+]) => {
        use std::sync::mpsc::Sender;

        use fire_and_forget::{Event, Refusal, fire_and_forget, is_stopping};
        use waiting::{Gate, Pass, signal};

        use super::Typed;
        use crate::recorder::{row, watch};

        #[fire_and_forget(backend = $backend, daemon)]
        $($function)+ returns(pass: Pass) {
            pass $($pass)+;
            assert!(!is_stopping());
        }

        #[test]
        fn a_daemon_that_returns_has_failed() {
            let watched = watch!(returns);
            let _inside = inside();
            let gate = Gate::holding(returns);
            assert!(watched.entry().is_daemon());
            assert_eq!(watched.entry().backend(), $named);
            assert_eq!(watched.counts(), row!(launched: 1));
            gate.open();
            watched.check(row!(launched: 1, failed: 1), &["returned, though it is a daemon"]);
            let report = &watched.reports()[0];
            assert!(report.line.contains(") returned, though it is a daemon; launched at "), "{report:?}");
            assert_eq!(format!("{:?}", Event::Returned), "Returned");
        }

        #[fire_and_forget(backend = $backend, daemon)]
        $($function)+ fails(pass: Pass, text: &'static str) -> Result<(), &'static str> {
            pass $($pass)+;
            if text.is_empty() {
                return Ok(());
            }
            Err(text)
        }

        #[test]
        fn a_daemon_that_fails_has_failed() {
            let watched = watch!(fails);
            let _inside = inside();
            fails(Pass::open(), "no route");
            watched.check(row!(launched: 1, failed: 1), &["failed: no route"]);
            fails(Pass::open(), "");
            watched.check(
                row!(launched: 2, failed: 2),
                &["failed: no route", "returned, though it is a daemon"],
            );
        }

        #[fire_and_forget(backend = $backend, daemon)]
        $($function)+ panics(pass: Pass) {
            pass $($pass)+;
            panic!("deliberate: {}", 42);
        }

        #[fire_and_forget(backend = $backend)]
        $($function)+ never_returns(pass: Pass) -> ! {
            pass $($pass)+;
            panic!("deliberate: {}", 42);
        }

        #[test]
        fn a_daemon_that_panics_has_panicked() {
            for (watched, launch) in [
                (watch!(panics), panics as fn(Pass)),
                (watch!(never_returns), never_returns),
            ] {
                let _inside = inside();
                launch(Pass::open());
                watched.check(row!(launched: 1, panicked: 1), &["panicked: deliberate: 42"]);
                assert!(watched.entry().is_daemon());
            }
        }

        #[fire_and_forget(backend = $backend, daemon, on_error = Typed::deliver)]
        $($function)+ has_a_handler(error: Option<Sender<u32>>) -> Result<(), Typed> {
            error.map_or(Ok(()), |to| Err(Typed(to)))
        }

        #[test]
        fn on_error_takes_the_error_of_a_daemon_and_not_its_return() {
            let watched = watch!(has_a_handler);
            let _inside = inside();
            let (error, codes) = signal();
            has_a_handler(Some(error));
            assert_eq!(codes.receive(), 7);
            watched.check(row!(launched: 1, failed: 1), &[]);
            has_a_handler(None);
            watched.check(row!(launched: 2, failed: 2), &["returned, though it is a daemon"]);
        }

        #[fire_and_forget(backend = $backend, daemon, on_full = "reject", max_in_flight = 1)]
        $($function)+ gives_back(pass: Pass, text: String) {
            pass $($pass)+;
            drop(text);
        }

        #[test]
        fn a_daemon_that_is_refused_gives_its_arguments_back() {
            let watched = watch!(gives_back);
            let _inside = inside();
            let gate = Gate::holding(|pass| gives_back(pass, "a".into()).unwrap());
            let rejected = gives_back(gate.pass(), "b".into()).unwrap_err();
            assert_eq!(rejected.reason(), Refusal::MaxInFlight);
            assert_eq!(rejected.into_args().1, "b");
            gate.open();
            watched.check(
                row!(launched: 2, failed: 1, refused: 1),
                &["returned, though it is a daemon"],
            );
        }
    };
}

for_each_backend! { suite of daemons }

/// An error that is not `Display`.
struct Typed(Sender<u32>);

impl Typed {
    fn deliver(self) {
        let _ = self.0.send(7);
    }
}
