//! `max_in_flight`: no more launches are admitted, and each permit returns.

use super::backends::for_each_backend;

macro_rules! suite {
    ($backend:tt, $named:literal, [$($function:tt)+], [$($pass:tt)+]) => {
        use fire_and_forget::{Refusal, fire_and_forget};
        use waiting::{Gate, Pass};

        use crate::values::ends::{End, Failure, end};
        use crate::recorder::{Class, row, watch};

        #[fire_and_forget(backend = $backend, max_in_flight = 3)]
        $($function)+ is_limited(pass: Pass, how: End) -> Result<(), Failure> {
            pass $($pass)+;
            end(how)
        }

        // Pitfall 11: a permit returns whatever the end.
        #[test]
        fn max_in_flight_is_exact_and_its_permits_return() {
            let watched = watch!(is_limited);
            let _inside = inside();
            for (round, how) in (1..).zip([End::Ok, End::Failed, End::Panicked, End::Ok]) {
                let gate = Gate::new();
                for _ in 0..3 {
                    is_limited(gate.pass(), how);
                }
                assert_eq!(watched.counts().in_flight(), 3);
                is_limited(gate.pass(), how);
                is_limited(gate.pass(), how);
                let counts = watched.counts();
                assert_eq!((counts.in_flight(), counts.refused), (3, 2 * round));
                gate.open();
                watched.quiet();
            }
            assert_eq!(
                watched.quiet(),
                row!(launched: 20, ok: 6, failed: 3, panicked: 3, refused: 8)
            );
            let mut classes: Vec<_> = watched.reports().iter().map(|seen| seen.class).collect();
            let all = classes.len();
            classes.retain(|class| *class == Class::Refused(Refusal::MaxInFlight));
            assert_eq!((all, classes.len()), (14, 8));
        }
    };
}

for_each_backend!(suite);
