//! The span of a launch: what it is to that of its caller, and what is in it.

use super::backends::for_each_backend;

macro_rules! suite {
    ($backend:tt, $named:literal, [$($function:tt)+], [$($pass:tt)+]) => {
        use fire_and_forget::fire_and_forget;
        use tracing::dispatcher::get_default;
        use tracing::subscriber::NoSubscriber;
        use tracing::{info, info_span};
        use waiting::{Gate, Pass, signal};

        use crate::recorded::{Fields, Recorded, quiet};

        const MODULE: &str = module_path!();

        #[fire_and_forget(backend = $backend)]
        $($function)+ follows(pass: Pass) {
            info!("begun");
            pass $($pass)+;
            info!("done");
        }

        #[test]
        fn a_body_is_in_a_span_that_follows_from_its_callers_and_does_not_hold_it_open() {
            let function = concat!(module_path!(), "::follows");
            let _inside = inside();
            let recorded = Recorded::new();
            let gate = Gate::new();
            let line = recorded.during(|| {
                let _request = info_span!("request").entered();
                follows(gate.pass()); line!()
            });
            gate.reached_by(1);
            assert!(recorded.span("request").is_closed);
            assert!(!recorded.span(function).is_closed);
            gate.open();
            quiet(function);
            let span = recorded.span(function);
            assert!(span.is_closed, "before the launch counts as ended");
            assert_eq!(span.parent, None);
            assert_eq!(span.follows_from, ["request"]);
            assert_eq!(span.target, MODULE);
            let expected = [
                ("function", function.to_owned()),
                ("backend", $named.to_owned()),
                ("launched_at", format!("{}:{line}", file!())),
            ];
            assert_eq!(span.fields, Fields::from(expected));
            let in_span = |message: &str| format!("{function}: {message}");
            assert_eq!(recorded.lines(), [in_span("begun"), in_span("done")]);
        }

        struct Mail;

        impl Mail {
            #[fire_and_forget(backend = $backend)]
            $($function)+ send(self) {}
        }

        #[test]
        fn the_span_of_a_method_has_its_type_in_its_name_and_the_module_as_its_target() {
            let function = concat!(module_path!(), "::Mail::send");
            let recorded = Recorded::new();
            recorded.during(|| Mail.send());
            quiet(function);
            let span = recorded.span(function);
            assert_eq!(span.fields["function"], function);
            assert_eq!(span.target, MODULE);
        }

        #[fire_and_forget(backend = $backend, trace = "child")]
        $($function)+ is_a_child(pass: Pass) {
            pass $($pass)+;
            info!("done");
        }

        #[test]
        fn the_span_of_a_child_holds_that_of_its_caller_open() {
            let function = concat!(module_path!(), "::is_a_child");
            let _inside = inside();
            let recorded = Recorded::new();
            let gate = Gate::new();
            recorded.during(|| info_span!("request").in_scope(|| is_a_child(gate.pass())));
            gate.reached_by(1);
            assert!(!recorded.span("request").is_closed);
            gate.open();
            quiet(function);
            let span = recorded.span(function);
            assert_eq!(span.parent, Some("request"));
            assert_eq!(span.follows_from, [""; 0]);
            assert!(span.is_closed && recorded.span("request").is_closed);
            assert_eq!(recorded.lines(), [format!("request/{function}: done")]);
        }

        #[fire_and_forget(backend = $backend, trace = "root")]
        $($function)+ is_a_root() {
            info!("done");
        }

        #[fire_and_forget(backend = $backend, trace = "follows")]
        $($function)+ has_no_caller() {
            info!("done");
        }

        #[test]
        fn a_root_has_nothing_to_do_with_its_caller_and_without_a_callers_span_there_is_no_link() {
            let _inside = inside();
            let recorded = Recorded::new();
            recorded.during(|| {
                info_span!("request").in_scope(is_a_root);
                has_no_caller();
            });
            for function in [
                concat!(module_path!(), "::is_a_root"),
                concat!(module_path!(), "::has_no_caller"),
            ] {
                quiet(function);
                let span = recorded.span(function);
                assert_eq!((span.parent, span.follows_from.len()), (None, 0));
                assert!(recorded.lines().contains(&format!("{function}: done")));
            }
        }

        #[fire_and_forget(backend = $backend, trace = "off")]
        $($function)+ is_not_traced() {
            info!("done");
        }

        #[test]
        fn what_is_not_traced_has_no_span_and_the_subscriber_of_its_caller() {
            let function = concat!(module_path!(), "::is_not_traced");
            let _inside = inside();
            let recorded = Recorded::new();
            recorded.during(|| info_span!("request").in_scope(is_not_traced));
            quiet(function);
            assert!(recorded.spans(function).is_empty());
            assert_eq!(recorded.lines(), [": done"]);
        }

        #[fire_and_forget(backend = $backend)]
        $($function)+ is_heard_by_nobody(done: std::sync::mpsc::Sender<bool>) {
            let _ = done.send(get_default(|dispatch| dispatch.is::<NoSubscriber>()));
        }

        #[test]
        fn a_launch_without_a_subscriber_hears_nothing_of_those_of_others() {
            let _inside = inside();
            let (done, is_alone) = signal();
            let recorded = Recorded::new();
            for _ in 0..10 {
                recorded.during(|| is_heard_by_nobody(done.clone()));
                assert!(!is_alone.receive());
                is_heard_by_nobody(done.clone());
                assert!(is_alone.receive());
            }
        }

        #[fire_and_forget(backend = $backend)]
        $($function)+ launches_another() {
            follows_another();
        }

        #[fire_and_forget(backend = $backend)]
        $($function)+ follows_another() {
            info!("done");
        }

        #[test]
        fn a_launch_by_a_body_follows_from_the_span_of_that_body() {
            let first = concat!(module_path!(), "::launches_another");
            let second = concat!(module_path!(), "::follows_another");
            let _inside = inside();
            let recorded = Recorded::new();
            recorded.during(launches_another);
            quiet(first);
            quiet(second);
            assert_eq!(recorded.span(second).follows_from, [first]);
            assert_eq!(recorded.lines(), [format!("{second}: done")]);
        }
    };
}

for_each_backend!(suite);
