//! Parameters and receivers that are copied.

// Patterns of references.
#![allow(clippy::pattern_type_mismatch)]

use std::borrow::Cow;
use std::ffi::{CStr, CString, OsStr, OsString};
use std::fmt::{Debug, Display};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fire_and_forget::{fire_and_forget, Rejected};

use crate::consume;
use crate::parameters::Point;

/// What has an owned counterpart of its own.
#[fire_and_forget]
pub fn unsized_types(
    #[own] text: &str,
    #[own] bytes: &[u8],
    #[own] path: &Path,
    #[own] c_text: &CStr,
    #[own] os_text: &OsStr,
    #[own] texts: &[&'static str],
) {
    consume((text.len(), bytes.len(), path.exists(), c_text.is_empty()));
    consume((os_text.len(), texts.len()));
}

/// What is `Clone`.
#[fire_and_forget]
pub fn sized_types(
    #[own] point: &Point,
    #[own] list: &Arc<[Point]>,
    #[own] pair: &(u8, Cow<'static, str>),
) {
    consume((point.x, list.len(), pair.0));
}

/// Beside what is moved.
#[fire_and_forget]
pub fn mixed(before: String, #[own] text: &str, (left, _): (u8, String)) {
    consume((before, text.len(), left));
}

/// Patterns of every shape.
#[fire_and_forget]
pub fn patterns(
    #[own] (left, _): &(u8, String),
    #[own] &[first, .., last]: &[u8; 4],
    #[own] _: &str,
    #[own] mut text: &str,
    #[own] &number: &u32,
    #[own] _unused: &[u8],
    #[own] both @ (_, _): &(u8, u8),
) {
    text = text.trim();
    consume((*left, first, last, text.len()));
    consume((number, both.0));
}

/// The same, as a task.
#[fire_and_forget]
pub async fn patterns_of_a_task(
    #[own] (left, right): &(u8, String),
    #[own] _: &str,
    #[own] mut text: &str,
    #[own] &number: &u32,
) {
    std::future::ready(()).await;
    text = text.trim();
    consume((*left, right.len(), text.len(), number));
}

/// With lifetimes that have names.
#[fire_and_forget]
#[allow(clippy::needless_lifetimes)]
pub fn named_lifetimes<'text, 'number>(
    #[own] text: &'text str,
    #[own] more: &'text str,
    #[own] number: &'number u8,
) {
    consume((text.len(), more.len(), *number));
}

/// With lifetimes that have names, as a task.
#[fire_and_forget]
#[allow(clippy::needless_lifetimes)]
pub async fn named_lifetimes_of_a_task<'text>(#[own] text: &'text str, #[own] more: &'_ str) {
    std::future::ready(()).await;
    consume((text.len(), more.len()));
}

/// Of any type.
#[fire_and_forget]
pub fn generic<T, const N: usize>(#[own] it: &T, #[own] many: &[T; N], #[own] list: &[T])
where
    T: Clone + Debug + Send + 'static,
{
    consume((format!("{it:?}"), many.len(), list.len()));
}

/// Of a type that is not even sized.
#[fire_and_forget]
pub fn anything_owned<T>(#[own] it: &T)
where
    T: ToOwned + Display + ?Sized + 'static,
    T::Owned: Send,
{
    consume(it.to_string());
}

/// Of a type without a name.
#[fire_and_forget]
pub fn impl_trait(#[own] it: &(impl Display + Clone + Send + 'static)) {
    consume(it.to_string());
}

/// Where the option names them.
#[fire_and_forget(max_in_flight = text.len())]
pub fn named_by_an_option(#[own] text: &str, #[own] unused: &[u8]) {
    consume(unused.len());
}

/// Given back as what the launch owns.
#[fire_and_forget(on_full = "reject")]
pub fn rejecting(#[own] text: &str, number: u8, #[own] path: &Path) {
    consume((text.len(), number, path.exists()));
}

/// The same, as a task.
#[fire_and_forget(on_full = "reject")]
pub async fn rejecting_task<T: Clone + Send + Sync + 'static>(#[own] it: &T, #[own] more: &[T]) {
    std::future::ready(()).await;
    consume((it.clone(), more.len()));
}

/// Under lints, and with a reason to have them.
#[fire_and_forget]
pub fn lints(
    #[own]
    #[allow(unused_variables)]
    kept: &str,
    #[expect(unused_variables)]
    #[own]
    expected: &str,
) {
}

/// Returns early, and an error that is owned.
#[fire_and_forget]
pub fn fails(#[own] text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    Err(text.to_owned())
}

/// Goes on.
#[fire_and_forget(backend = "thread")]
pub fn goes_on(#[own] text: &str) -> ! {
    loop {
        consume(text.len());
    }
}

/// Launches itself again.
#[fire_and_forget]
pub fn again(#[own] text: &str) {
    if let Some(rest) = text.get(1..) {
        again(rest);
    }
}

/// In an `extern "C"` function, too.
#[fire_and_forget]
pub extern "C" fn foreign(#[own] count: &u32) {
    consume(count.checked_add(1));
}

/// What a fragment of a macro stands for.
macro_rules! fragments {
    ($name:ident, $pattern:pat, $ty:ty, $value:ident, $body:block) => {
        /// From fragments.
        #[fire_and_forget]
        pub fn $name(#[own] $pattern: $ty, #[own] $value: $ty) $body
    };
}

fragments!(from_fragments, (left, _), &(u8, u8), value, {
    let (_, right) = value;
    consume((*left, *right));
});

/// Methods of a macro, with its own `self` or that of its caller.
macro_rules! methods {
    ($name:ident, $named:ident, $this:ident, $body:block) => {
        /// With the `self` of the macro.
        #[fire_and_forget]
        pub fn $name(#[own] &self, #[own] text: &str) {
            consume((self.name(), text.len(), self.from.len()));
        }

        /// With that of its caller.
        #[fire_and_forget]
        pub fn $named(#[own] &$this) $body
    };
}

/// Something with methods.
#[derive(Debug, Clone)]
pub struct Mailer {
    from: String,
}

impl Mailer {
    /// With every use of `self` that a body may have.
    #[fire_and_forget]
    pub fn uses(#[own] &self, #[own] text: &str) {
        use std::fmt::{self, Write};

        /// With a `self` of its own.
        struct Inner(u8);

        impl Inner {
            fn number(&self) -> u8 {
                self.0
            }
        }

        macro_rules! from {
            ($this:ident) => {
                $this.from.len() + self.from.len()
            };
        }

        let closure = || self.from.len();
        let Self { from } = self;
        let mut line = String::new();
        let written: fmt::Result = write!(line, "{} {from} {text} {}", self.from, self.name());
        consume((closure(), from!(self), Inner(1).number(), written.is_ok()));
        consume((matches!(self, Self { .. }), line == self.from));
    }

    /// Without a use.
    #[fire_and_forget]
    pub fn unused(#[own] &self) {}

    /// For a lifetime with a name, and another one that is not `Self`.
    #[fire_and_forget]
    pub fn shared<'this>(#[own] mut self: &'this Arc<Self>, #[own] other: &'this Arc<Self>) {
        consume(self.from.len());
        self = other;
        consume(self.from.len());
    }

    /// As a task.
    #[fire_and_forget]
    pub async fn task(#[own] &self, text: String) {
        std::future::ready(()).await;
        consume((self.name(), text));
    }

    /// As a task on a pool.
    #[fire_and_forget(backend = "pool", on_full = "reject")]
    pub async fn rejecting_task(#[own] &self, #[own] text: &str) {
        std::future::ready(()).await;
        consume((self.name(), text.len()));
    }

    /// Launches itself again.
    #[fire_and_forget]
    pub fn again(#[own] &self, times: u32) {
        if let Some(left) = times.checked_sub(1) {
            self.again(left);
        }
    }

    methods!(of_a_macro, of_its_caller, self, {
        consume((self.name(), self.from.len()));
    });

    /// Instrumented from above.
    #[tracing::instrument(skip(text))]
    #[fire_and_forget]
    pub fn instrumented(#[own] &self, #[own] text: &str) {
        tracing::info!(from = self.name(), this = ?self, "{text}");
    }

    /// A task that is instrumented from below.
    #[fire_and_forget]
    #[tracing::instrument(err)]
    pub async fn instrumented_task(#[own] &self, #[own] text: &str) -> Result<(), String> {
        std::future::ready(self.name()).await;
        Err(text.to_owned())
    }

    fn name(&self) -> &str {
        &self.from
    }
}

/// A trait that asks for borrows.
pub trait Notify {
    /// What came back.
    type Refused;

    /// In a trait's default body.
    #[fire_and_forget]
    fn by_default(#[own] &self, #[own] text: &str)
    where
        Self: Display + Clone + Send + 'static,
    {
        consume((self.to_string(), text.len()));
    }

    /// Implemented by a launcher.
    fn notify(&self, text: &str);

    /// Implemented by a launcher that gives its arguments back.
    ///
    /// # Errors
    ///
    /// When it is refused.
    fn try_to_notify(&self, text: &str) -> Result<(), Self::Refused>;
}

impl Notify for Mailer {
    type Refused = Rejected<(Self, String)>;

    #[fire_and_forget]
    fn notify(#[own] &self, #[own] text: &str) {
        consume((self.name(), text.len()));
    }

    #[fire_and_forget(on_full = "reject")]
    fn try_to_notify(#[own] &self, #[own] text: &str) {
        consume((self.name(), text.len()));
    }
}

impl<T: Notify> Notify for Option<T> {
    type Refused = T::Refused;

    fn notify(&self, text: &str) {
        if let Some(it) = self {
            it.notify(text);
        }
    }

    fn try_to_notify(&self, text: &str) -> Result<(), T::Refused> {
        self.as_ref().map_or(Ok(()), |it| it.try_to_notify(text))
    }
}

impl Display for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.from)
    }
}

/// Lives as long as what it is made from.
#[derive(Debug, Clone)]
pub struct Shelf<T> {
    things: Vec<T>,
}

impl<T: Clone + Debug + Send + 'static> Shelf<T> {
    /// Of a generic type.
    #[fire_and_forget]
    pub fn print(#[own] &self, #[own] more: &T) {
        consume(format!("{:?} {more:?}", self.things));
    }
}

impl<'shelf> Shelf<&'shelf str> {
    /// Borrows for a lifetime of the `impl`.
    #[fire_and_forget]
    pub fn label(#[own] text: &'shelf str) {
        consume(text.len());
    }
}

/// Calls them all, with what is gone when they have returned.
pub fn call() {
    let (text, point) = (String::from("text"), Point { x: 1, y: 2 });
    let (c_text, os_text) = (CString::default(), OsString::new());
    unsized_types(
        &text,
        b"bytes",
        Path::new("path"),
        &c_text,
        &os_text,
        &["a"],
    );
    sized_types(&point, &Arc::from([point]), &(1, Cow::Borrowed("text")));
    mixed(String::new(), &text, (1, String::new()));
    patterns(
        &(1, String::new()),
        &[1, 2, 3, 4],
        &text,
        &text,
        &1,
        &[],
        &(1, 2),
    );
    patterns_of_a_task(&(1, String::new()), &text, &text, &1);
    named_lifetimes(&text, "more", &1);
    named_lifetimes_of_a_task(&text, "more");
    generic(&text, &[String::new()], &[]);
    anything_owned(text.as_str());
    anything_owned(&1_u8);
    impl_trait(&text);
    impl_trait(&1_u8);
    named_by_an_option(&text, &[]);
    let first: Result<(), Rejected<(String, u8, PathBuf)>> = rejecting(&text, 1, Path::new(""));
    if let Err(error) = first {
        consume(error.into_args());
    }
    let second: Result<(), Rejected<(u8, Vec<u8>)>> = rejecting_task(&1, &[2]);
    if let Err(error) = second {
        consume(error.into_args());
    }
    lints(&text, &text);
    fails(&text);
    again(&text);
    foreign(&1);
    from_fragments(&(1, 2), &(3, 4));
    let mailer = Mailer { from: text };
    mailer.uses("text");
    mailer.unused();
    mailer.of_a_macro("text");
    mailer.of_its_caller();
    mailer.instrumented("text");
    mailer.instrumented_task("text");
    Mailer::shared(&Arc::new(mailer.clone()), &Arc::new(mailer.clone()));
    mailer.task(String::new());
    let third: Result<(), Rejected<(Mailer, String)>> = mailer.rejecting_task("text");
    if let Err(error) = third {
        consume(error.into_args());
    }
    mailer.again(3);
    mailer.by_default("text");
    let notify: &dyn Notify<Refused = Rejected<(Mailer, String)>> = &Some(mailer);
    notify.notify("text");
    if let Err(error) = notify.try_to_notify("text") {
        consume(error.into_args());
    }
    let shelf = Shelf {
        things: vec![point],
    };
    shelf.print(&point);
    Shelf::label("text");
}
