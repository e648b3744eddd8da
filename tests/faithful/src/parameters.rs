//! Every kind of parameter.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::{Debug, Display};
use std::sync::Mutex;

use fire_and_forget::fire_and_forget;

use crate::consume;

/// A point.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    /// To the right.
    pub x: i32,
    /// Up.
    pub y: i32,
}

/// None at all.
#[fire_and_forget]
pub fn none() {}

/// An identifier, one that the body changes, and one that it does not use.
#[fire_and_forget]
pub fn identifiers(name: String, mut count: u32, _unused: Vec<u8>) {
    count += 1;
    consume((name, count));
}

/// Patterns of every shape.
#[fire_and_forget]
pub fn patterns(
    (left, _): (u8, String),
    Point { x, y: up }: Point,
    [first, .., last]: [u8; 4],
    _: Vec<u8>,
    ref whole: String,
    both @ (_, _): (u8, u8),
    (mut counted, ..): (u64, u64, u64),
) {
    counted += u64::from(left) + u64::from(first) + u64::from(last) + u64::from(both.0);
    consume((counted, x, up, whole.len()));
}

/// Two of something.
#[derive(Debug, Clone, Copy)]
pub struct Pair<A, B>(pub A, pub B);

/// Paths with more than a name in them: a comma in a pattern, a `:` before the `::` of a type.
#[fire_and_forget]
pub fn paths(Pair::<u8, u16>(left, right): Pair<u8, u16>, text: ::std::string::String) {
    consume((left, right, text));
}

/// The same, as a task.
#[fire_and_forget]
pub async fn patterns_of_a_task(
    (left, _): (u8, String),
    Point { x, .. }: Point,
    _: Vec<u8>,
    mut name: String,
) {
    name.push('!');
    std::future::ready(()).await;
    consume((left, x, name));
}

/// Each `impl Trait` is a type of its own.
#[fire_and_forget]
pub fn impl_trait(
    shown: impl Display + Send + 'static,
    mapped: impl Fn(&str) -> usize + Send + 'static,
) {
    consume((shown.to_string(), mapped("text")));
}

/// A lifetime that only a bound names: what implements it lives for ever all the same.
#[fire_and_forget]
pub fn lifetime_in_a_bound<'a>(write: impl Fn(Cow<'a, str>) + Send + 'static) {
    write(Cow::Borrowed("text"));
}

const WIDE: bool = cfg!(target_pointer_width = "64");

/// A length that is computed.
#[fire_and_forget]
pub fn computed_length(bytes: [u8; if WIDE { 8 } else { 4 }], more: [u8; 2 + 2]) {
    consume((bytes, more));
}

/// The same, given back.
#[fire_and_forget(on_full = "reject")]
pub fn computed_length_given_back(bytes: [u8; if WIDE { 8 } else { 4 }]) {
    consume(bytes);
}

/// Something that borrows.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a>(pub &'a str);

/// Stands for the type of a parameter.
macro_rules! anything {
    () => { impl Fn() + Send + 'static };
    ($ty:ty) => { Vec<$ty> };
}

/// Types in which a lifetime is left out, or a macro says what they are.
#[fire_and_forget]
pub fn left_out(
    line: &'static Line,
    lines: (u8, &'static [Line], &'static [&str]),
    call: fn(Line) -> Line,
    boxed: Box<dyn Fn(Line) + Send>,
    anything: anything!(),
    list: anything!(String),
) {
    boxed(call(*line));
    anything();
    consume((lines, list));
}

/// A parameter whose name is a word of a later edition.
macro_rules! words_of_other_editions {
    ($($name:ident)*) => {
        $(
            /// Has it as its parameter.
            #[fire_and_forget(max_in_flight = usize::from($name))]
            pub fn $name($name: u8, r#type: u8) {
                consume(($name, r#type));
            }
        )*
    };
}

words_of_other_editions!(r#gen union r#try auto);

/// Two parameters of the same name, from which only their contexts tell each other.
macro_rules! same_names {
    ($name:ident) => {
        /// With the name of the macro's own and that of its caller.
        #[fire_and_forget(on_full = "reject", max_in_flight = usize::from($name) + usize::from(count))]
        pub fn same_names($name: u8, count: u16) {
            let (first, second): (u8, u16) = ($name, count);
            consume((first, second));
        }
    };
}

same_names!(count);

/// Names that the expansion has for itself.
#[fire_and_forget(on_full = "reject")]
pub fn names_of_the_expansion((one, two): (u8, u8), __arg0: u16, __back: u32, __slot: u64) {
    consume((one, two, __arg0, __back, __slot));
}

/// Patterns that change what they take a reference to.
#[fire_and_forget]
pub fn changed_in_place(ref mut text: String, (ref mut list, _): (Vec<u8>, u8)) {
    text.push('!');
    list.push(1);
}

/// The same, as a task.
#[fire_and_forget]
pub async fn changed_in_place_in_a_task(ref mut text: String) {
    std::future::ready(()).await;
    text.push('!');
}

/// Something to call.
pub type Boxed = Box<dyn Fn(&[u8]) + Send>;

/// Borrows that outlive everything, and those inside the types of functions.
#[fire_and_forget]
pub fn borrows(
    text: &'static str,
    slice: &'static [u8],
    length: fn(&str) -> usize,
    choose: for<'a> fn(&'a str, &'a str) -> &'a str,
    boxed: Boxed,
    debug: Option<&'static (dyn Debug + Sync)>,
) {
    boxed(slice);
    consume((length(text), choose(text, "other"), slice, debug));
}

/// Lints on parameters hold inside, where the parameter is used.
#[fire_and_forget]
pub fn lints(#[allow(unused_variables)] kept: u8, #[expect(unused_variables)] expected: u8) {}

/// More arguments than a person likes.
#[fire_and_forget]
pub fn collections(map: BTreeMap<String, Vec<(u8, Option<String>)>>, list: Mutex<Vec<String>>) {
    consume((map, list));
}

/// In an `extern "C"` function, too.
#[fire_and_forget]
pub extern "C" fn foreign(count: u32) {
    consume(count.checked_add(1));
}

/// Calls them all.
pub fn call() {
    none();
    identifiers(String::new(), 1, vec![]);
    patterns(
        (1, String::new()),
        Point { x: 1, y: 2 },
        [1, 2, 3, 4],
        vec![],
        String::new(),
        (1, 2),
        (1, 2, 3),
    );
    patterns_of_a_task(
        (1, String::new()),
        Point { x: 1, y: 2 },
        vec![],
        String::new(),
    );
    impl_trait(1_u8, str::len);
    lifetime_in_a_bound(|text: Cow<'_, str>| consume(text.len()));
    computed_length([0; if WIDE { 8 } else { 4 }], [0; 4]);
    impl_trait("text", |text: &str| text.len() + 1);
    borrows(
        "text",
        b"bytes",
        str::len,
        |left, _| left,
        Box::new(|_| ()),
        Some(&1_u8),
    );
    lints(1, 2);
    collections(BTreeMap::new(), Mutex::new(vec![]));
    foreign(1);
}
