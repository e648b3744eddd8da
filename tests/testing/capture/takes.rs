//! Launches wait, are counted and are taken out.

use fire_and_forget::{Pool, fire_and_forget, ledger, testing};

use crate::panic_of;

#[fire_and_forget]
fn welcome(to: String) {
    unreachable!("the launch for {to} is captured");
}

#[fire_and_forget]
fn audit(line: String) {
    unreachable!("the launch of {line} is captured");
}

fn sign_up(address: &str) {
    welcome(address.to_owned());
    audit(format!("{address} signed up"));
}

#[test]
fn the_arguments_of_a_launch_are_taken_by_value() {
    let launches = testing::capture();
    sign_up("ada@example.com");
    assert_eq!(launches.take(welcome), [("ada@example.com".to_string(),)]);
}

#[test]
fn launches_of_one_function_are_taken_in_launch_order_and_once() {
    let launches = testing::capture();
    for address in ["a", "b", "c"] {
        sign_up(address);
    }
    let taken: Vec<_> = launches.take(welcome).into_iter().map(|it| it.0).collect();
    assert_eq!(taken, ["a", "b", "c"]);
    assert_eq!(launches.take(welcome), []);
    assert_eq!(launches.count(audit), 3);
}

#[test]
fn a_count_takes_nothing_out() {
    let launches = testing::capture();
    assert!(launches.is_empty());
    sign_up("a");
    assert_eq!((launches.count(welcome), launches.count(welcome)), (1, 1));
    assert_eq!(launches.len(), 2);
    launches.discard();
    assert_eq!((launches.count(welcome), launches.len()), (0, 0));
}

#[test]
fn entries_say_what_was_launched_where_in_launch_order() {
    #[fire_and_forget(name = "with a name")]
    fn named() {}

    let launches = testing::capture();
    let line = line!() + 1;
    welcome("a".into());
    named();
    let entries = launches.entries();
    let functions: Vec<_> = entries.iter().map(testing::Entry::function).collect();
    assert_eq!(
        functions,
        [concat!(module_path!(), "::welcome"), "with a name"]
    );
    assert_eq!(entries[1].launched_at().file(), file!());
    assert_eq!(entries[1].launched_at().line(), line + 1);
    assert_eq!(entries[1].defined_at().line(), line - 4);
    let text = format!("`with a name`, launched at {}:{}", file!(), line + 1);
    assert_eq!(entries[1].to_string(), text);
    assert_eq!(launches.len(), 2);
}

#[test]
fn captured_launches_are_outside_the_ledger() {
    #[fire_and_forget(name = "captured only")]
    fn captured() {}

    let launches = testing::capture();
    captured();
    launches.run();
    captured();
    assert_eq!(launches.take(captured), [()]);
    assert!(ledger().get("captured only").is_none());
}

#[test]
fn no_limit_and_no_queue_bounds_a_capture() {
    static NARROW: Pool = Pool::new("narrow").threads(1).queue(1);

    #[fire_and_forget(backend = NARROW, max_in_flight = 1, on_full = "reject")]
    fn narrow(number: u32) {
        unreachable!("launch {number} is captured");
    }

    let launches = testing::capture();
    for number in 0..10 {
        narrow(number).expect("captured, not refused");
    }
    assert_eq!(launches.count(narrow), 10);
}

#[test]
fn the_innermost_capture_takes_the_launches() {
    let outer = testing::capture();
    sign_up("outer");
    let inner = testing::capture();
    sign_up("inner");
    assert_eq!(inner.take(welcome), [("inner".to_owned(),)]);
    drop(inner);
    sign_up("outer again");
    assert_eq!(outer.count(welcome), 2);
}

#[test]
fn captures_may_end_in_any_order() {
    let first = testing::capture();
    let second = testing::capture();
    drop(first);
    sign_up("a");
    assert_eq!(second.count(welcome), 1);
}

#[test]
fn after_a_capture_launches_run() {
    #[fire_and_forget]
    fn answer(answers: std::sync::mpsc::Sender<u8>) {
        let _ = answers.send(7);
    }

    let (answers, received) = std::sync::mpsc::channel();
    drop(testing::capture());
    answer(answers);
    assert_eq!(received.recv(), Ok(7));
}

#[test]
fn an_empty_capture_passes_and_one_with_launches_names_them() {
    let launches = testing::capture();
    launches.assert_empty();
    let line = line!() + 1;
    welcome("a".into());
    let message = panic_of(|| launches.assert_empty());
    let name = concat!(module_path!(), "::welcome");
    let expected = format!(
        "captured launches were neither taken nor run:\n  `{name}`, launched at {}:{line}",
        file!()
    );
    assert_eq!(message, expected);
}

#[test]
fn a_strict_capture_fails_the_test_that_leaves_launches() {
    let message = panic_of(|| {
        let _launches = testing::capture().strict();
        sign_up("a");
    });
    assert!(message.contains("::welcome`, launched at"), "{message}");
    assert!(message.contains("::audit`, launched at"), "{message}");
}

#[test]
fn a_strict_capture_passes_when_everything_is_looked_after() {
    let launches = testing::capture().strict();
    sign_up("a");
    assert_eq!(launches.take(welcome).len(), 1);
    assert_eq!(launches.take(audit).len(), 1);
}

#[test]
fn a_strict_capture_leaves_the_panic_of_a_test_alone() {
    let message = panic_of(|| {
        let _launches = testing::capture().strict();
        sign_up("a");
        panic!("the test's own");
    });
    assert_eq!(message, "the test's own");
}

#[test]
fn a_destructor_that_launches_when_a_capture_ends_does_no_harm() {
    struct Again(std::sync::mpsc::Sender<u8>);

    impl Drop for Again {
        fn drop(&mut self) {
            really(self.0.clone());
        }
    }

    #[fire_and_forget]
    fn keep(again: Again) {
        drop(again);
    }

    #[fire_and_forget]
    fn really(answers: std::sync::mpsc::Sender<u8>) {
        let _ = answers.send(1);
    }

    let (answers, received) = std::sync::mpsc::channel();
    let launches = testing::capture();
    keep(Again(answers));
    drop(launches);
    assert_eq!(received.recv(), Ok(1));
}
