//! Patterns that take arguments apart, and launchers as values and expressions.

use std::sync::mpsc::Sender;

use fire_and_forget::{Pool, fire_and_forget};
use waiting::signal;

use super::texts::check;

struct Point {
    x: i32,
    y: i32,
}

#[fire_and_forget]
fn takes_apart(
    (a, mut b): (u8, u8),
    Point { x, y: height }: Point,
    [first, .., last]: [char; 4],
    _: String,
    mut n: u32,
    ref whole @ (Some(_) | None): Option<u8>,
    texts: Sender<String>,
) {
    b += 1;
    n *= 2;
    let _ = texts.send(format!("{a} {b} {x} {height} {first} {last} {n} {whole:?}"));
}

#[test]
fn patterns_take_arguments_apart() {
    check(
        |texts| {
            takes_apart(
                (1, 2),
                Point { x: 3, y: 4 },
                ['a', 'b', 'c', 'd'],
                "ignored".into(),
                5,
                Some(6),
                texts,
            );
        },
        ["1 3 3 4 a d 10 Some(6)"],
    );
}

#[fire_and_forget]
extern "C" fn called_from_c(number: i32, texts: Box<Sender<String>>) {
    let _ = texts.send(number.to_string());
}

#[test]
fn launchers_are_values() {
    let from_c: extern "C" fn(i32, Box<Sender<String>>) = called_from_c;
    check(|texts| from_c(7, Box::new(texts)), ["7"]);

    let launch: fn(String, Sender<String>) = echo;
    check(|texts| launch("pointer".into(), texts), ["pointer"]);

    check(
        |texts| {
            ["a", "b"]
                .map(|text| (text.to_owned(), texts.clone()))
                .into_iter()
                .for_each(|(text, texts)| echo(text, texts));
        },
        ["a", "b"],
    );
}

/// One thread, so that the order is that of the launches.
static IN_ORDER: Pool = Pool::new("in-order").threads(1);

#[fire_and_forget(backend = IN_ORDER)]
fn echo(text: String, texts: Sender<String>) {
    let _ = texts.send(text);
}

#[test]
fn functions_inside_functions_launch() {
    #[fire_and_forget]
    fn inner(texts: Sender<String>) {
        let _ = texts.send("inner".into());
    }

    check(inner, ["inner"]);
}

#[test]
fn a_call_is_an_expression_of_type_unit() {
    let (texts, received) = signal();
    let second = texts.clone();
    let launched: [(); 2] = [
        echo("in an array".into(), texts),
        match size_of_val(&second) {
            0 => (),
            _ => echo("in an arm".into(), second),
        },
    ];
    assert_eq!(launched.len(), 2);
    assert_eq!(received.receive_many(2), ["in an array", "in an arm"]);
}
