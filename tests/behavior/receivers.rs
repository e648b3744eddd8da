//! What a launcher may look like: receivers, generics, patterns, traits, ABIs. The body sees what the call was given.

use std::fmt::{Debug, Display};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use fire_and_forget::{Pool, fire_and_forget};

use crate::gate::signal;
use crate::recorder::{row, watch};

/// Runs one call that sends texts, and compares these.
#[track_caller]
fn check<const N: usize>(call: impl FnOnce(Sender<String>), texts: [&str; N]) {
    let (sender, received) = signal();
    call(sender);
    assert_eq!(received.receive_many(N), texts);
}

#[derive(Debug)]
struct Mailer {
    from: String,
    texts: Sender<String>,
}

impl Mailer {
    fn new(texts: Sender<String>) -> Self {
        Self {
            from: "robot".into(),
            texts,
        }
    }

    #[fire_and_forget]
    fn by_value(self, to: String) {
        let _ = self.texts.send(format!("{} to {to}", self.from));
    }

    #[fire_and_forget]
    fn by_mutable_value(mut self, to: String) {
        self.from.push_str(" to ");
        self.from += &to;
        let _ = self.texts.send(self.from);
    }

    #[fire_and_forget(backend = "thread")]
    fn shared(self: Arc<Self>, to: String) {
        let _ = self.texts.send(format!("{} to {to}", self.from));
    }

    #[fire_and_forget]
    fn boxed(self: Box<Self>, to: String) {
        let Self { from, texts } = *self;
        let _ = texts.send(format!("{from} to {to}"));
    }

    #[fire_and_forget]
    async fn pinned(self: Pin<Arc<Self>>, to: String) {
        let _ = self.texts.send(format!("{} to {to}", self.from));
    }

    #[fire_and_forget]
    async fn lasting(&'static self, to: String) {
        let _ = self.texts.send(format!("{} to {to}", self.from));
    }

    #[fire_and_forget]
    fn associated(texts: Sender<String>) {
        Self::new(texts).by_value("nobody".into());
    }
}

#[test]
fn every_owned_receiver_reaches_the_body() {
    let to = || String::from("ada");
    check(|texts| Mailer::new(texts).by_value(to()), ["robot to ada"]);
    check(
        |texts| Mailer::new(texts).by_mutable_value(to()),
        ["robot to ada"],
    );
    check(
        |texts| Arc::new(Mailer::new(texts)).shared(to()),
        ["robot to ada"],
    );
    check(
        |texts| Box::new(Mailer::new(texts)).boxed(to()),
        ["robot to ada"],
    );
    check(
        |texts| Arc::pin(Mailer::new(texts)).pinned(to()),
        ["robot to ada"],
    );
    check(
        |texts| {
            let mailer: &'static Mailer = Box::leak(Box::new(Mailer::new(texts)));
            mailer.lasting(to());
        },
        ["robot to ada"],
    );
    check(Mailer::associated, ["robot to nobody"]);
}

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

trait Notify {
    fn notify(self: Arc<Self>, text: String);

    #[fire_and_forget]
    fn notify_twice(self: Arc<Self>, text: String)
    where
        Self: Send + Sync + 'static,
    {
        self.clone().notify(text.clone());
        self.notify(text);
    }
}

impl Notify for Mailer {
    #[fire_and_forget]
    fn notify(self: Arc<Self>, text: String) {
        let _ = self.texts.send(text);
    }
}

struct Silent;

impl Notify for Silent {
    fn notify(self: Arc<Self>, _: String) {}
}

#[test]
fn methods_of_traits_launch() {
    check(
        |texts| Arc::new(Mailer::new(texts)).notify("a".into()),
        ["a"],
    );
    check(
        |texts| Arc::new(Mailer::new(texts)).notify_twice("a".into()),
        ["a", "a"],
    );
    check(
        |texts| {
            let notify: Arc<dyn Notify> = Arc::new(Mailer::new(texts));
            notify.notify("through a trait object".into());
        },
        ["through a trait object"],
    );
    Arc::new(Silent).notify_twice("nothing is sent".into());
}

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
