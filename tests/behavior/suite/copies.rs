//! Arguments that are borrowed: the launch owns copies of them, and the body borrows from these.

use super::backends::for_each_backend;

macro_rules! suite {
    ($backend:tt, $named:literal, [$($function:tt)+], [$($pass:tt)+]) => {
        use std::panic::catch_unwind;
        use std::sync::mpsc::Sender;

        use fire_and_forget::{Refusal, fire_and_forget};
        use waiting::{Gate, Pass, signal};

        use super::NONE;
        use crate::values::copies::{Copied, Copies, PanicsWhenCopied};
        use crate::values::ends::{End, Failure, end};
        use crate::recorder::{row, watch};

        #[derive(Debug, Clone, PartialEq)]
        struct Mail {
            from: String,
        }

        impl Mail {
            #[fire_and_forget(backend = $backend)]
            $($function)+ sends<'text>(
                #[own] &self,
                #[own] text: &'text str,
                #[own] &[first, .., last]: &'text [u8; 3],
                texts: Sender<String>,
                pass: Pass,
                #[own] mut rest: &[char],
            ) {
                rest = &rest[1..];
                pass $($pass)+;
                let _ = texts.send(format!("{} {text} {first} {last} {rest:?}", self.from));
            }

            #[fire_and_forget(backend = $backend, on_full = "reject", max_in_flight = 1)]
            $($function)+ gives_back(#[own] &self, #[own] text: &str, pass: Pass) {
                pass $($pass)+;
                drop(format!("{} {text}", self.from));
            }
        }

        #[test]
        fn a_body_borrows_from_copies_of_what_is_gone() {
            let watched = watch!(Mail::sends);
            let _inside = inside();
            let gate = Gate::new();
            let (texts, sent) = signal();
            {
                let (mail, text) = (Mail { from: "ada".into() }, String::from("text"));
                mail.sends(&text, &[1, 2, 3], texts, gate.pass(), &['a', 'b']);
            }
            gate.open();
            assert_eq!(sent.receive(), "ada text 1 3 ['b']");
            watched.check(row!(launched: 1, ok: 1), &[]);
        }

        #[test]
        fn a_rejection_gives_the_copies_back_in_order() {
            let watched = watch!(Mail::gives_back);
            let _inside = inside();
            let gate = Gate::new();
            let mail = Mail { from: "ada".into() };
            mail.gives_back("a", gate.pass()).unwrap();
            let rejected = mail.gives_back("b", gate.pass()).unwrap_err();
            assert_eq!(rejected.reason(), Refusal::MaxInFlight);
            let (copy, text, pass): (Mail, String, Pass) = rejected.into_args();
            assert_eq!((&copy, &*text), (&mail, "b"));
            gate.open();
            watched.check(row!(launched: 2, ok: 1, refused: 1), &[]);
            copy.gives_back(&text, pass).unwrap();
            watched.check(row!(launched: 3, ok: 2, refused: 1), &[]);
        }

        #[fire_and_forget(backend = $backend, max_in_flight = 1)]
        $($function)+ copies(
            pass: Pass,
            how: End,
            #[own] used: &Copied,
            #[own] _: &Copied,
            #[own] _unused: &[Copied],
        ) -> Result<(), Failure> {
            pass $($pass)+;
            assert!(used.is_copy(), "deliberate: the original is borrowed");
            end(how)
        }

        #[test]
        fn each_is_copied_once_by_the_caller_and_dropped_once_in_every_class() {
            let watched = watch!(copies);
            let _inside = inside();
            let originals = |copies: &Copies| [copies.original(), copies.original(), copies.original()];
            let mut classes = vec![];
            for how in [End::Ok, End::Failed, End::Panicked] {
                let made = Copies::new();
                let [used, ignored, unused] = originals(&made);
                copies(Pass::open(), how, &used, &ignored, &[unused]);
                classes.push(watched.quiet());
                made.check(3, 3);
            }
            assert_eq!(classes[2], row!(launched: 3, ok: 1, failed: 1, panicked: 1));

            let (running, refused) = (Copies::new(), Copies::new());
            let [used, ignored, unused] = originals(&running);
            let gate = Gate::new();
            copies(gate.pass(), End::Ok, &used, &ignored, &[unused]);
            running.check(3, 0);
            let [used, ignored, unused] = originals(&refused);
            copies(gate.pass(), End::Ok, &used, &ignored, &[unused]);
            refused.check(3, 3);
            gate.open();
            watched.quiet();
            running.check(3, 3);
        }

        #[fire_and_forget(backend = $backend, on_full = "reject", max_in_flight = NONE)]
        $($function)+ never_copies(#[own] _first: &Copied, _moved: Copied, #[own] _last: &PanicsWhenCopied) {}

        #[test]
        fn a_copy_that_panics_does_so_in_the_caller_and_nothing_is_launched() {
            let _inside = inside();
            let copies = Copies::new();
            let [first, moved] = [copies.original(), copies.original().clone()];
            let caught = catch_unwind(|| never_copies(&first, moved, &PanicsWhenCopied).map_err(drop));
            let panic = caught.unwrap_err();
            assert_eq!(panic.downcast_ref::<&str>(), Some(&"deliberate, in a `clone`"));
            copies.check(2, 2);
            let name = concat!(module_path!(), "::never_copies");
            assert!(fire_and_forget::ledger().get(name).is_none());
        }
    };
}

for_each_backend!(suite);

/// As an expression: the literal is a compile error.
const NONE: usize = 0;
