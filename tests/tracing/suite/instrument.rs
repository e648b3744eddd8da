//! `#[instrument]` above and below ours: its span is around the body, and in that of the launch.

use super::backends::for_each_backend;

macro_rules! suite {
    ($backend:tt, $named:literal, [$($function:tt)+], [$($pass:tt)+]) => {
        use fire_and_forget::fire_and_forget;
        use tracing::{info, info_span, instrument};
        use waiting::{Gate, Pass};

        use crate::recorded::{Recorded, quiet};

        #[fire_and_forget(backend = $backend)]
        #[instrument(skip_all, fields(kind = "mail"))]
        $($function)+ below(number: u32, pass: Pass) {
            pass $($pass)+;
            info!(number, "done");
        }

        #[instrument(skip_all, fields(kind = "mail"))]
        #[fire_and_forget(backend = $backend)]
        $($function)+ above(number: u32, pass: Pass) {
            pass $($pass)+;
            info!(number, "done");
        }

        #[test]
        fn a_span_of_instrument_is_in_that_of_the_launch() {
            let _inside = inside();
            for (name, function, launch) in [
                ("below", concat!(module_path!(), "::below"), below as fn(u32, Pass)),
                ("above", concat!(module_path!(), "::above"), above),
            ] {
                let recorded = Recorded::new();
                let gate = Gate::new();
                recorded.during(|| info_span!("request").in_scope(|| launch(7, gate.pass())));
                gate.reached_by(1);
                assert!(recorded.span("request").is_closed);
                gate.open();
                quiet(function);
                assert_eq!(recorded.span(function).follows_from, ["request"]);
                assert_eq!(recorded.span(name).parent, Some(function));
                assert!(recorded.span(name).is_closed && recorded.span(function).is_closed);
                assert_eq!(recorded.lines(), [format!("{function}/{name}: done")]);
            }
        }
    };
}

for_each_backend!(suite);
