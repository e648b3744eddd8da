//! Arguments: a rejection gives them back, and whatever happens each is dropped once.

use super::backends::for_each_backend;

macro_rules! suite {
    ($backend:tt, $named:literal, [$($function:tt)+], [$($pass:tt)+]) => {
        use fire_and_forget::{Refusal, fire_and_forget};
        use waiting::{Gate, Pass};

        use super::NONE;
        use crate::values::ends::{End, Failure, end};
        use crate::recorder::{row, watch};
        use crate::values::drops::{Drops, Tracked};

        struct Owner(&'static str);

        impl Owner {
            #[fire_and_forget(backend = $backend, on_full = "reject", max_in_flight = 1)]
            $($function)+ gives_back(self, text: String, (number, pass): (u8, Pass)) {
                pass $($pass)+;
                drop((text, number));
            }
        }

        #[test]
        fn a_rejection_gives_the_arguments_back_in_order() {
            let watched = watch!(Owner::gives_back);
            let _inside = inside();
            let gate = Gate::new();
            Owner("first").gives_back("a".into(), (1, gate.pass())).unwrap();
            let rejected = Owner("second").gives_back("b".into(), (2, gate.pass())).unwrap_err();
            assert_eq!(rejected.reason(), Refusal::MaxInFlight);
            assert_eq!(
                rejected.to_string(),
                "launch refused: the function's limit of launches in flight is reached (see `max_in_flight`)"
            );
            let (owner, text, (number, pass)) = rejected.into_args();
            assert_eq!((owner.0, &*text, number), ("second", "b", 2));
            gate.open();
            watched.check(row!(launched: 2, ok: 1, refused: 1), &[]);
            owner.gives_back(text, (number, pass)).unwrap();
            watched.check(row!(launched: 3, ok: 2, refused: 1), &[]);
        }

        #[fire_and_forget(backend = $backend, max_in_flight = 1)]
        $($function)+ owns(pass: Pass, how: End, argument: Tracked) -> Result<(), Failure> {
            pass $($pass)+;
            let _argument = argument;
            end(how)
        }

        #[fire_and_forget(backend = $backend, max_in_flight = 1)]
        $($function)+ owns_and_ignores(_pass: Pass, _: Tracked, (_, _second): (Tracked, Tracked)) {}

        #[fire_and_forget(backend = $backend, on_full = "reject", max_in_flight = NONE)]
        $($function)+ never_owns(_argument: Tracked) {}

        #[test]
        fn arguments_are_dropped_exactly_once_in_every_class() {
            let watched = watch!(owns);
            let ignoring = watch!(owns_and_ignores);
            let _inside = inside();
            for how in [End::Ok, End::Failed, End::Panicked] {
                let drops = Drops::new();
                owns(Pass::open(), how, drops.tracked());
                watched.quiet();
                assert_eq!(drops.count(), 1, "{how:?}");
            }

            let (running, refused) = (Drops::new(), Drops::new());
            let gate = Gate::new();
            owns(gate.pass(), End::Ok, running.tracked());
            owns(gate.pass(), End::Ok, refused.tracked());
            assert_eq!((running.count(), refused.count()), (0, 1));
            gate.open();
            watched.quiet();
            assert_eq!((running.count(), refused.count()), (1, 1));

            let drops = Drops::new();
            owns_and_ignores(Pass::open(), drops.tracked(), (drops.tracked(), drops.tracked()));
            ignoring.check(row!(launched: 1, ok: 1), &[]);
            assert_eq!(drops.count(), 3);

            let drops = Drops::new();
            let rejected = never_owns(drops.tracked()).unwrap_err();
            assert_eq!(drops.count(), 0);
            drop(rejected);
            assert_eq!(drops.count(), 1);
        }
    };
}

for_each_backend!(suite);

/// As an expression: the literal is a compile error.
const NONE: usize = 0;
