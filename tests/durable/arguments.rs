//! Arguments on their way to a store and back.

use std::path::Path;
use std::sync::Mutex;

use fire_and_forget::durable::{DEEPEST, MOST_BYTES, collect};
use fire_and_forget::fire_and_forget;
use serde::{Deserialize, Serialize};

use crate::store::{Row, Store};
use crate::{counts, observe, reports};

static GREETED: Mutex<Vec<(String, u64, Option<u8>)>> = Mutex::new(Vec::new());

#[fire_and_forget(backend = "durable", name = "greet")]
fn greet(to: String, r#type: u64, added: Option<u8>) {
    GREETED.lock().unwrap().push((to, r#type, added));
}

/// One launch of `greet`, to be tampered with.
fn greeting() -> Row {
    let store = Store::default();
    store.take(collect(|| greet("ada".into(), 7, Some(1))));
    store.waiting().remove(0)
}

#[test]
fn arguments_are_an_object_with_a_field_for_each_parameter() {
    let row = greeting();
    let text = String::from_utf8(row.arguments).unwrap();
    assert_eq!(text, r#"{"to":"ada","type":7,"added":1}"#);
}

#[test]
fn fields_may_be_in_any_order_and_an_option_may_be_missing_and_others_are_left_alone() {
    let store = Store::default();
    store.put(Row {
        arguments: br#"{"unknown":[{}],"type":8,"to":"bo\u0062"}"#.to_vec(),
        ..greeting()
    });
    store.work_off();
    assert_eq!(store.done().len(), 1);
    let greeted = GREETED.lock().unwrap();
    assert!(greeted.contains(&("bob".into(), 8, None)));
}

/// What cannot be read fails, says which argument, and never shows one.
#[track_caller]
fn fails(arguments: impl Into<Vec<u8>>, says: &str) {
    let store = Store::default();
    store.put(Row {
        arguments: arguments.into(),
        attempts: 1,
        ..greeting()
    });
    store.work_off();
    let error = &store.dead()[0].1;
    assert!(error.contains(says), "{error}");
    assert!(!error.contains("secret"), "{error}");
}

#[test]
fn arguments_that_cannot_be_read_are_named_and_not_shown() {
    fails(
        r#"{"to":"x","type":"secret"}"#,
        "the argument `type` is no `u64`",
    );
    fails(
        r#"{"type":1}"#,
        "the argument `to` is no `alloc::string::String`, and it was stored without",
    );
    fails(r#"["secret"]"#, "its arguments are no JSON object");
    fails(
        r#"{"to":"secret"#,
        "its arguments are no JSON, at line 1 column",
    );
    fails(
        b"\xff\xfe".to_vec(),
        "its arguments are no JSON, at line 1 column",
    );
    fails("", "its arguments are no JSON");
}

#[test]
fn arguments_that_are_too_large_or_too_deep_are_not_read() {
    let large = format!(r#"{{"to":"{}","type":1}}"#, "x".repeat(MOST_BYTES));
    fails(large, "larger than 1048576 bytes");
    for deep in [100, 100_000] {
        let deep = format!(r#"{{"to":{}{}}}"#, "[".repeat(deep), "]".repeat(deep));
        fails(deep, "nested more than 64 deep");
    }
}

/// As deep as it says.
#[derive(Serialize, Deserialize)]
struct Nested(Vec<Nested>);

impl Nested {
    fn new(depth: usize) -> Self {
        (1..depth).fold(Self(Vec::new()), |inner, _| Self(vec![inner]))
    }
}

#[fire_and_forget(backend = "durable", name = "nest")]
fn nest(nested: Nested, _text: String) {
    drop(nested);
}

#[test]
fn arguments_that_are_too_large_or_too_deep_are_not_written() {
    observe();
    let store = Store::default();
    store.take(collect(|| {
        nest(Nested::new(DEEPEST), String::new());
        nest(Nested::new(DEEPEST + 1), String::new());
        nest(Nested::new(1), "x".repeat(MOST_BYTES));
    }));
    store.work_off();
    assert_eq!(store.done().len(), 1);
    let launched = counts("nest")[0];
    assert_eq!((launched.ok, launched.failed), (1, 2));
    let reports = reports("nest");
    assert!(
        reports[0].1.contains("nested more than 64 deep"),
        "{reports:?}"
    );
    assert!(
        reports[1].1.contains("larger than 1048576 bytes"),
        "{reports:?}"
    );
}

struct Refuses;

impl Serialize for Refuses {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("not today"))
    }
}

impl<'de> Deserialize<'de> for Refuses {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Ok(Self)
    }
}

#[fire_and_forget(backend = "durable", name = "refuses")]
fn refuses(_first: u8, second: Refuses, _third: u8) {
    let Refuses = second;
}

#[test]
fn an_argument_that_refuses_to_be_written_fails_the_launch() {
    observe();
    let mut collected = collect(|| refuses(1, Refuses, 3));
    assert!(collected.next().is_none());
    assert_eq!(collected.missing(), 1);
    assert_eq!(counts("refuses")[0].failed, 1);
    let says = "failed: the argument `second` cannot be written as JSON: not today";
    assert!(reports("refuses")[0].1.contains(says));
}

#[test]
fn a_function_that_the_program_lacks_is_told_from_one_whose_arguments_cannot_be_read() {
    let store = Store::default();
    store.put(Row {
        function: "nobody's".into(),
        attempts: 1,
        ..greeting()
    });
    store.work_off();
    assert_eq!(store.dead()[0].1, "there is no such function");
}

static COPIED: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[fire_and_forget(backend = "durable", name = "copies")]
fn copies(#[own] text: &str, number: u64, #[own] list: &[Option<u8>], #[own] path: &Path) {
    let path = path.display();
    (COPIED.lock().unwrap()).push(format!("{text} {number} {list:?} {path}"));
}

#[fire_and_forget(backend = "durable", name = "copies in a task", on_full = "reject")]
async fn copies_in_a_task<'it>(#[own] text: &'it str, #[own] pair: &'it (String, u8)) {
    ::tokio::task::yield_now().await;
    (COPIED.lock().unwrap()).push(format!("{text} {pair:?}"));
}

#[test]
fn copies_are_stored_as_what_owns_them_and_borrowed_by_the_body() {
    let store = Store::default();
    store.take(collect(|| {
        let (text, list) = (String::from("ada"), vec![None, Some(1)]);
        copies(&text, 7, &list, "a/b".as_ref());
        copies_in_a_task(&text, &("bob".into(), 8)).unwrap();
    }));
    let waiting = store.waiting();
    let stored = waiting
        .iter()
        .map(|it| std::str::from_utf8(&it.arguments).unwrap());
    assert_eq!(
        stored.collect::<Vec<_>>(),
        [
            r#"{"text":"ada","number":7,"list":[null,1],"path":"a/b"}"#,
            r#"{"text":"ada","pair":["bob",8]}"#,
        ]
    );
    store.work_off();
    assert_eq!(store.done().len(), 2);
    assert_eq!(
        *COPIED.lock().unwrap(),
        ["ada 7 [None, Some(1)] a/b", r#"ada ("bob", 8)"#]
    );
}
