//! Durable functions: with every option, in every place.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use fire_and_forget::fire_and_forget;
use serde::{Deserialize, Serialize};

use crate::consume;

/// What a user stores.
#[derive(Debug, Serialize, Deserialize)]
pub struct Order {
    number: u64,
    lines: Vec<(String, u32)>,
}

/// The queue of some.
pub const QUEUE: &str = "mail";

const ATTEMPTS: u32 = 3;

/// Takes an error that is not `Display`.
pub fn ignore(error: u8) {
    consume(error.checked_add(1));
}

fn patience() -> Duration {
    Duration::from_secs(30)
}

/// Without arguments.
#[fire_and_forget(backend = "durable")]
pub fn nothing() {}

/// Without arguments, as a task.
#[fire_and_forget(backend = "durable")]
pub async fn nothing_async() {}

/// Arguments of many types and names.
#[fire_and_forget(backend = "durable", queue = "mail")]
pub fn arguments(
    order: Order,
    mut text: String,
    r#type: Option<u8>,
    _unused: Cow<'static, str>,
    by_name: BTreeMap<String, [u8; 4]>,
    __hidden: Box<u8>,
) {
    text.push('!');
    consume((order.number, order.lines, text, r#type, by_name));
}

/// The same of a task.
#[fire_and_forget(backend = "durable")]
pub async fn arguments_of_a_task(
    order: Order,
    mut text: String,
    r#type: Option<u8>,
    _unused: Cow<'static, str>,
) -> Result<(), String> {
    std::future::ready(()).await;
    text.push('!');
    consume((order.number, order.lines, r#type));
    Err(text)
}

/// Every option of a `fn`.
#[fire_and_forget(
    backend = "durable",
    queue = QUEUE,
    attempts = ATTEMPTS + 1,
    name = concat!("durable.", "everything"),
    on_full = "reject",
    max_in_flight = usize::from(limit),
    on_error = ignore,
    crate = ::fire_and_forget,
)]
pub fn everything(text: String, limit: u8) -> Result<(), u8> {
    consume(text);
    Err(limit)
}

/// Every option of an `async fn`.
#[fire_and_forget(
    backend = "durable",
    queue = QUEUE,
    attempts = ATTEMPTS,
    timeout = patience().max(Duration::from_millis(1)),
    on_full = "drop",
    max_in_flight = 8,
    on_error = ignore
)]
pub async fn everything_of_a_task(text: String) -> Result<(), u8> {
    std::future::ready(()).await;
    consume(text);
    Err(1)
}

/// The caller waits.
#[fire_and_forget(backend = "durable", on_full = "block")]
pub fn block(text: String) {
    consume(text);
}

/// A task whose arguments may come back.
#[fire_and_forget(backend = "durable", on_full = "reject")]
pub async fn reject_task(order: Order) {
    std::future::ready(()).await;
    consume(order);
}

/// Stores itself again.
#[fire_and_forget(backend = "durable")]
pub fn again(count: u8) {
    if let Some(rest) = count.checked_sub(1) {
        again(rest);
    }
}

/// Parameters under conditions.
#[fire_and_forget(backend = "durable")]
pub fn conditions(
    #[cfg(feature = "extra")] value: u32,
    #[cfg(not(feature = "extra"))] value: bool,
    #[cfg(feature = "extra")] more: String,
) {
    consume(value);
    #[cfg(feature = "extra")]
    consume(more);
}

/// Attributes of the function and of a parameter: these expectations are met.
#[fire_and_forget(backend = "durable")]
#[expect(clippy::print_stdout, reason = "that it is noticed is the test")]
#[inline(never)]
#[must_use]
pub fn attributes(
    text: String,
    #[expect(unused_variables, reason = "that it is noticed is the test")] unused: u8,
) {
    println!("{text}");
}

/// Below another macro.
#[fire_and_forget(backend = "durable", attempts = 2)]
#[tracing::instrument(skip(text))]
pub async fn instrumented(text: String) {
    std::future::ready(()).await;
    consume(text);
}

/// A lifetime that no argument has.
#[fire_and_forget(backend = "durable")]
pub fn with_a_lifetime<'text>(number: u8)
where
    String: 'text,
{
    consume(number);
}

/// In the C ABI.
#[fire_and_forget(backend = "durable")]
pub extern "C" fn foreign(number: u8) {
    consume(number);
}

/// With associated functions.
#[derive(Debug)]
pub struct Mailer;

/// Somebody who launches.
pub trait Launches {
    /// Launches.
    fn launch(to: String);

    /// Launches, whoever it is.
    #[fire_and_forget(backend = "durable", name = "launches by default")]
    fn launch_by_default(to: String) {
        consume(to);
    }
}

impl Mailer {
    /// Associated.
    #[fire_and_forget(backend = "durable", name = "Mailer::welcome")]
    pub async fn welcome(to: String) -> Result<(), std::fmt::Error> {
        std::future::ready(()).await;
        consume(to);
        Ok(())
    }
}

impl Launches for Mailer {
    #[fire_and_forget(backend = "durable")]
    fn launch(to: String) {
        consume(to);
    }
}

/// Of whatever type, which the function does not know.
#[derive(Debug)]
pub struct Generic<T>(pub T);

impl<T> Generic<T> {
    /// Associated to all of them.
    #[fire_and_forget(backend = "durable", name = "Generic::launch")]
    pub fn launch(number: u8) {
        consume(number);
    }
}

/// Inside a function, where names are those of the function.
pub fn outside(text: String) {
    use std::num::NonZeroU8 as Number;

    #[fire_and_forget(backend = "durable", name = "nested")]
    fn nested(text: String, number: Option<Number>) {
        consume((text, number));
    }

    nested(text, Number::new(1));
}

macro_rules! durable {
    ($vis:vis $name:ident, $argument:ident: $ty:ty, $attempts:expr, $body:block) => {
        /// Made by a macro.
        #[fire_and_forget(backend = "durable", attempts = $attempts)]
        $vis fn $name($argument: $ty, _mine: u8) $body
    };
}

durable!(pub made_by_a_macro, text: Vec<String>, 1 + 1, { consume(text) });

/// Values, as of plain functions.
#[must_use]
pub fn values() -> [fn(); 2] {
    [nothing, nothing_async]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::future::Future;
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};
    use std::time::SystemTime;

    use fire_and_forget::durable::{
        check, collect, functions, perform, Execution, Stored, Verdict,
    };

    use super::Order;

    /// What would be stored, run as a worker runs it.
    fn run(code: impl FnOnce()) -> (String, Verdict) {
        let launch = collect(code).next().expect("a launch");
        let text = String::from_utf8(launch.arguments().to_vec()).expect("JSON");
        let stored = Stored {
            function: launch.function(),
            id: "1",
            queue: launch.queue(),
            attempt: 1,
            attempts: launch.attempts(),
            arguments: launch.arguments(),
            file: "x.rs",
            line: 1,
            launched_in: launch.launched_in(),
            launched_on: SystemTime::now(),
        };
        let execution = perform(stored).expect("a function").expect("its arguments");
        launch.stored();
        let verdict = match execution {
            Execution::Blocking(it) => it.block(),
            Execution::Async(mut it) => {
                let mut context = Context::from_waker(Waker::noop());
                let Poll::Ready(verdict) = Pin::new(&mut it).poll(&mut context) else {
                    panic!("it waits");
                };
                verdict
            }
        };
        (text, verdict)
    }

    fn order() -> Order {
        Order {
            number: 7,
            lines: vec![("tea".into(), 2)],
        }
    }

    #[test]
    fn arguments_are_stored_by_name_and_come_back() {
        let launch = || {
            let (by_name, hidden) = (BTreeMap::new(), Box::new(1));
            super::arguments(order(), "a\"b".into(), None, "c".into(), by_name, hidden);
        };
        let expected = r#"{"order":{"number":7,"lines":[["tea",2]]},"text":"a\"b","type":null,"_unused":"c","by_name":{},"__hidden":1}"#;
        assert_eq!(run(launch), (expected.to_owned(), Verdict::Done));
    }

    #[test]
    fn arguments_of_a_task_are_stored_and_come_back() {
        let launch = || super::arguments_of_a_task(order(), "no".into(), Some(3), "c".into());
        let expected =
            r#"{"order":{"number":7,"lines":[["tea",2]]},"text":"no","type":3,"_unused":"c"}"#;
        let failed = Verdict::Failed("no!".into());
        assert_eq!(run(launch), (expected.to_owned(), failed));
    }

    #[test]
    fn options_are_in_the_registry() {
        check().expect("no name twice");
        let of = |name: &str| {
            let found = functions().find(|it| it.name() == name);
            found.map(|it| (it.queue(), it.attempts()))
        };
        assert_eq!(of("durable.everything"), Some(("mail", 4)));
        assert_eq!(of(concat!(module_path!(), "::x")), None);
        assert_eq!(of("Mailer::welcome"), Some(("default", 5)));
        for name in ["nested", "launches by default", "Generic::launch"] {
            assert_eq!(of(name), Some(("default", 5)), "{name}");
        }
    }

    #[test]
    fn launches_of_every_place_run() {
        let functions: Vec<Box<dyn FnOnce()>> = vec![
            Box::new(super::nothing),
            Box::new(super::nothing_async),
            Box::new(|| super::block("x".into())),
            Box::new(|| super::again(0)),
            Box::new(|| super::foreign(1)),
            Box::new(|| super::instrumented("x".into())),
            Box::new(|| super::outside("x".into())),
            Box::new(|| super::Mailer::welcome("x".into())),
            Box::new(|| <super::Mailer as super::Launches>::launch("x".into())),
            Box::new(|| <super::Mailer as super::Launches>::launch_by_default("x".into())),
            Box::new(|| super::Generic::<u8>::launch(1)),
            Box::new(|| super::made_by_a_macro(vec!["x".into()], 2)),
        ];
        for function in functions {
            assert_eq!(run(function).1, Verdict::Done);
        }
    }
}
