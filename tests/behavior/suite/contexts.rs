//! `context`: in force wherever code of the user's runs for a launch.

use super::backends::for_each_backend;

macro_rules! suite {
    ($backend:tt, $named:literal, [$($function:tt)+], [$($pass:tt)+]) => {
        use std::panic::catch_unwind;
        use std::sync::mpsc::{Sender, channel};

        use fire_and_forget::fire_and_forget;
        use waiting::{Gate, Pass, signal};

        use super::Told;
        use crate::values::contexts::{
            Barred, Brittle, Collapsing, Request, SaysWhereItIsDropped, Tenant, Uncapturable, around,
            call_as,
        };
        use crate::recorder::{row, watch};

        #[fire_and_forget(backend = $backend, context = Tenant)]
        $($function)+ says_where_it_runs(pass: Pass, says: SaysWhereItIsDropped) {
            says.say("begun");
            pass $($pass)+;
            says.say("waited");
        }

        #[fire_and_forget(backend = $backend)]
        $($function)+ says_what_is_around(says: Sender<String>) {
            let _ = says.send(around());
        }

        #[test]
        fn a_context_is_around_the_body_and_its_destructors() {
            let watched = watch!(says_where_it_runs);
            let _inside = inside();
            let (says, said) = signal();
            call_as("ada");
            let gate = Gate::holding(|pass| {
                says_where_it_runs(pass, SaysWhereItIsDropped(says.clone()));
            });
            call_as("bob");
            says_where_it_runs(Pass::open(), SaysWhereItIsDropped(says.clone()));
            let mut all: Vec<_> = (0..4).map(|_| said.receive()).collect();
            gate.open();
            all.extend((0..2).map(|_| said.receive()));
            all.sort_unstable();
            assert_eq!(
                all,
                ["begun: ada", "begun: bob", "dropped: ada", "dropped: bob", "waited: ada", "waited: bob"]
            );
            watched.check(row!(launched: 2, ok: 2), &[]);
            let (says, said) = signal();
            says_what_is_around(says);
            assert_eq!(said.receive(), "");
        }

        #[fire_and_forget(backend = $backend, context = Tenant, Request, max_in_flight = 7)]
        $($function)+ has_two(says: Sender<String>) {
            let _ = says.send(around());
        }

        #[fire_and_forget(backend = $backend, context = [Request, Tenant])]
        $($function)+ has_two_in_a_list(says: Sender<String>) {
            let _ = says.send(around());
        }

        #[test]
        fn the_first_of_several_contexts_is_the_outermost() {
            let _inside = inside();
            let (says, said) = signal();
            call_as("ada");
            has_two(says.clone());
            assert_eq!(said.receive(), "ada, a request");
            has_two_in_a_list(says);
            assert_eq!(said.receive(), "a request, ada");
        }

        #[fire_and_forget(backend = $backend, context = Tenant)]
        $($function)+ panics(says: SaysWhereItIsDropped) {
            let _says = says;
            panic!("deliberate");
        }

        #[fire_and_forget(backend = $backend, context = Tenant)]
        $($function)+ fails(says: SaysWhereItIsDropped) -> Result<(), Told> {
            Err(Told(says))
        }

        #[test]
        fn a_report_and_what_it_shows_are_in_the_context() {
            let _inside = inside();
            let (says, said) = signal();
            call_as("ada");
            let watched = watch!(panics);
            panics(SaysWhereItIsDropped(says.clone()));
            watched.check(row!(launched: 1, panicked: 1), &["panicked: deliberate"]);
            assert_eq!(watched.reports()[0].around, "ada");
            assert_eq!(said.receive(), "dropped: ada");
            let watched = watch!(fails);
            fails(SaysWhereItIsDropped(says));
            watched.check(row!(launched: 1, failed: 1), &["failed: told"]);
            assert_eq!(watched.reports()[0].around, "ada");
            assert_eq!([(); 2].map(|()| said.receive()), ["shown: ada", "dropped: ada"]);
        }

        #[fire_and_forget(backend = $backend, context = Tenant, on_error = Told::handle)]
        $($function)+ is_handled(says: SaysWhereItIsDropped) -> Result<(), Told> {
            Err(Told(says))
        }

        #[test]
        fn an_error_handler_is_in_the_context() {
            let watched = watch!(is_handled);
            let _inside = inside();
            let (says, said) = signal();
            call_as("ada");
            is_handled(SaysWhereItIsDropped(says));
            assert_eq!([(); 2].map(|()| said.receive()), ["handled: ada", "dropped: ada"]);
            watched.check(row!(launched: 1, failed: 1), &[]);
        }

        #[fire_and_forget(backend = $backend, context = Tenant, max_in_flight = 1)]
        $($function)+ is_refused(pass: Pass, says: SaysWhereItIsDropped) {
            pass $($pass)+;
            drop(says);
        }

        #[test]
        fn a_refused_launch_is_dropped_and_reported_in_the_context() {
            let watched = watch!(is_refused);
            let _inside = inside();
            let (says, said) = signal();
            call_as("ada");
            let gate = Gate::new();
            is_refused(gate.pass(), SaysWhereItIsDropped(says.clone()));
            call_as("bob");
            is_refused(gate.pass(), SaysWhereItIsDropped(says));
            assert_eq!(said.receive(), "dropped: bob");
            assert_eq!(watched.reports()[0].around, "bob");
            assert_eq!(around(), "");
            gate.open();
            assert_eq!(watched.quiet(), row!(launched: 2, ok: 1, refused: 1));
            assert_eq!(watched.reports().len(), 1);
        }

        #[fire_and_forget(backend = $backend, context = Tenant, max_in_flight = 1, on_full = "reject")]
        $($function)+ is_rejected(pass: Pass, says: SaysWhereItIsDropped) {
            pass $($pass)+;
            drop(says);
        }

        #[test]
        fn rejected_arguments_come_back_without_the_context() {
            let watched = watch!(is_rejected);
            let _inside = inside();
            let (says, said) = signal();
            let gate = Gate::new();
            is_rejected(gate.pass(), SaysWhereItIsDropped(says.clone())).unwrap();
            let rejected = is_rejected(gate.pass(), SaysWhereItIsDropped(says)).unwrap_err();
            let (_, argument) = rejected.into_args();
            drop(argument);
            assert_eq!(said.receive(), "dropped: ");
            gate.open();
            watched.check(row!(launched: 2, ok: 1, refused: 1), &[]);
        }

        #[fire_and_forget(backend = $backend, context = Uncapturable)]
        $($function)+ is_never_launched() {}

        #[test]
        fn a_panic_of_capture_is_the_callers_and_nothing_is_launched() {
            let _inside = inside();
            // The hook is set.
            let watched = watch!(is_never_launched);
            assert!(catch_unwind(is_never_launched).is_err());
            assert!(fire_and_forget::ledger().get(watched.name()).is_none());
        }

        #[fire_and_forget(backend = $backend, context = Tenant, Barred)]
        $($function)+ never_runs(says: SaysWhereItIsDropped) {
            says.say("run");
        }

        #[test]
        fn a_scope_that_does_not_come_to_the_body_is_a_panic_of_it() {
            let watched = watch!(never_runs);
            let _inside = inside();
            let (says, said) = channel();
            never_runs(SaysWhereItIsDropped(says));
            watched.check(
                row!(launched: 1, panicked: 1),
                &["panicked: deliberate, before the code"],
            );
            assert_eq!(watched.reports()[0].around, "");
            assert_eq!(said.iter().collect::<Vec<_>>(), ["dropped: "]);
        }

        #[fire_and_forget(backend = $backend, context = Collapsing)]
        $($function)+ runs_and_its_scope_panics(says: SaysWhereItIsDropped) -> Result<(), &'static str> {
            says.say("run");
            Err("it failed")
        }

        #[test]
        fn a_panic_of_a_scope_after_the_body_is_reported_beside_how_that_ended() {
            let watched = watch!(runs_and_its_scope_panics);
            let _inside = inside();
            let (says, said) = channel();
            runs_and_its_scope_panics(SaysWhereItIsDropped(says));
            watched.check(
                row!(launched: 1, failed: 1),
                &["panicked: deliberate, after the code", "failed: it failed"],
            );
            assert_eq!(
                said.iter().collect::<Vec<_>>(),
                ["run: what collapses", "dropped: what collapses"]
            );
        }

        #[fire_and_forget(backend = $backend, context = Barred, max_in_flight = usize::MIN)]
        $($function)+ is_refused_and_its_scope_panics(_says: SaysWhereItIsDropped) {}

        #[test]
        fn a_scope_that_panics_loses_nothing_of_a_refused_launch() {
            let watched = watch!(is_refused_and_its_scope_panics);
            let _inside = inside();
            let (says, said) = channel();
            let call = catch_unwind(|| is_refused_and_its_scope_panics(SaysWhereItIsDropped(says)));
            assert!(call.is_ok(), "the launcher panicked");
            watched.check(
                row!(launched: 1, refused: 1),
                &[
                    "panicked: deliberate, before the code",
                    "was refused: the function's limit of launches in flight is reached (see `max_in_flight`)",
                ],
            );
            assert_eq!(said.iter().collect::<Vec<_>>(), ["dropped: "]);
        }

        #[fire_and_forget(backend = $backend, context = Brittle)]
        $($function)+ has_a_context_whose_drop_panics(fails: bool) -> Result<(), &'static str> {
            if fails { Err("it failed") } else { Ok(()) }
        }

        #[test]
        fn a_panic_in_the_destructor_of_a_context_is_reported_and_goes_no_further() {
            let watched = watch!(has_a_context_whose_drop_panics);
            let _inside = inside();
            has_a_context_whose_drop_panics(false);
            watched.quiet();
            has_a_context_whose_drop_panics(true);
            watched.check(
                row!(launched: 2, ok: 1, failed: 1),
                &[
                    "panicked: deliberate, in the destructor of a context",
                    "failed: it failed",
                    "panicked: deliberate, in the destructor of a context",
                ],
            );
            assert_eq!(watched.reports()[1].around, "what is brittle");
        }
    };
}

for_each_backend!(suite);

/// An error that says what is in force.
#[derive(Debug)]
struct Told(crate::values::contexts::SaysWhereItIsDropped);

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.say("shown");
        f.write_str("told")
    }
}

impl Told {
    fn handle(self) {
        self.0.say("handled");
    }
}
