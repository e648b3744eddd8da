//! Type and const parameters, and `impl Trait`.

use std::fmt::{Debug, Display};
use std::sync::Arc;
use std::sync::mpsc::Sender;

use fire_and_forget::fire_and_forget;

use super::texts::check;
use crate::recorder::{row, watch};

#[fire_and_forget]
fn generic<T, U>(value: T, texts: Sender<String>)
where
    T: Debug + Send + 'static,
    U: Default + Display,
{
    let _ = texts.send(format!("{value:?} {}", U::default()));
}

#[fire_and_forget]
async fn generic_task<T: Debug + Send + 'static>(value: T, texts: Sender<String>) {
    let _ = texts.send(format!("{value:?}"));
}

#[test]
fn the_instances_of_a_generic_function_share_a_row() {
    let (watched, task) = (watch!(generic), watch!(generic_task));
    check(|texts| generic::<_, u8>("a", texts), [r#""a" 0"#]);
    check(|texts| generic::<_, String>(1.5, texts), ["1.5 "]);
    check(|texts| generic_task(Some(1), texts), ["Some(1)"]);
    check(|texts| generic_task(vec!['x'], texts), ["['x']"]);
    watched.check(row!(launched: 2, ok: 2), &[]);
    task.check(row!(launched: 2, ok: 2), &[]);
}

#[fire_and_forget]
fn sums<const N: usize>(numbers: [u32; N], texts: Sender<String>) {
    let _ = texts.send(format!("{N}: {}", numbers.iter().sum::<u32>()));
}

#[test]
fn constants_are_generic_arguments_too() {
    check(|texts| sums([1, 2, 3], texts), ["3: 6"]);
    check(|texts| sums([], texts), ["0: 0"]);
}

#[fire_and_forget]
fn shows(
    first: impl Display + Send + 'static,
    second: impl Debug + Send + 'static,
    texts: Sender<String>,
) {
    let _ = texts.send(format!("{first} {second:?}"));
}

#[test]
fn impl_trait_arguments_take_any_type() {
    check(|texts| shows(1, "b", texts), [r#"1 "b""#]);
    check(|texts| shows("a", None::<u8>, texts), ["a None"]);
}

#[fire_and_forget]
fn run<F: FnOnce() -> Result<(), &'static str> + Send + 'static>(
    job: F,
) -> Result<(), &'static str> {
    job()
}

#[test]
fn closures_are_told_apart_by_the_lines_that_launch_them() {
    let watched = watch!(run);
    let first = line!() + 1;
    run(|| Err("one"));
    run(|| Err("two"));
    watched.quiet();
    let mut seen: Vec<_> = watched
        .reports()
        .into_iter()
        .map(|it| (it.text, it.launched_at))
        .collect();
    seen.sort_unstable();
    let expected = [("failed: one", first), ("failed: two", first + 1)]
        .map(|(text, line)| (text.to_owned(), (file!().to_owned(), line)));
    assert_eq!(seen, expected);
}

struct Holder<T>(T);

impl<T: Debug + Send + Sync + 'static> Holder<T> {
    #[fire_and_forget(on_full = "reject")]
    fn show<'a, U>(self: Arc<Self>, other: U, texts: Sender<String>)
    where
        U: Into<&'a str> + Send + 'static,
    {
        let _ = texts.send(format!("{:?} {}", self.0, other.into()));
    }
}

#[test]
fn methods_of_generic_types_launch() {
    check(
        |texts| Arc::new(Holder(1)).show("one", texts).unwrap(),
        ["1 one"],
    );
    check(
        |texts| Arc::new(Holder("two")).show("2", texts).unwrap(),
        [r#""two" 2"#],
    );
}
