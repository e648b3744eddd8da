//! Launches that wait in a test instead of running.

use std::any::type_name;
use std::fmt::{self, Write as _};
use std::panic::Location;
use std::sync::Arc;

use crate::testing::entry::Entry;
use crate::testing::handle::{Handle, Scope};
use crate::testing::launcher::{Arguments, Asked, Launcher, names_are_known};
use crate::testing::missed;
use crate::testing::mode::{Action, Coverage};
use crate::testing::run::Run;
use crate::testing::store::{Captured, Store, drop_each};

/// Has the launches of this thread wait in the returned value instead of running, until it is dropped.
///
/// They are outside the ledger, reach no backend, and have no limit. Captures may be nested; the innermost gets the launches. Other
/// threads launch as usual, unless they use a [`handle`](Capture::handle).
///
/// # Panics
///
/// If the compiler writes the names of types in a way that this version of the crate does not know.
///
/// # Examples
///
/// ```
/// use fire_and_forget::{fire_and_forget, testing};
///
/// #[fire_and_forget]
/// fn welcome(to: String) {
///     println!("welcome, {to}");
/// }
///
/// fn sign_up(address: &str) {
///     welcome(address.to_owned());
/// }
///
/// let launches = testing::capture();
/// sign_up("ada@example.com");
/// assert_eq!(launches.take(welcome), [("ada@example.com".to_owned(),)]);
/// ```
#[must_use = "launches are captured until this is dropped"]
pub fn capture() -> Capture {
    Capture::new(Coverage::All)
}

/// The captured launches of a thread, in launch order, from [`capture`].
///
/// Dropping it drops the launches that are left, without running them. If the test fails, the test harness shows which they were.
/// With [`strict`](Self::strict), the test fails if any are left.
pub struct Capture {
    store: Arc<Store>,
    scope: Scope,
    /// Missed launches of other threads count from this moment on.
    since: u64,
    /// Where the test called `strict`, if it did.
    strict_at: Option<&'static Location<'static>>,
}

impl Capture {
    /// Starts to capture. See [`capture`] for its panic.
    pub(super) fn new(coverage: Coverage) -> Self {
        assert!(
            names_are_known(),
            "this compiler names types in words that `fire_and_forget::testing` does not know: please report it"
        );
        let store = Arc::new(Store::default());
        Self {
            scope: Scope::new(coverage, Action::Capture(Arc::clone(&store))),
            store,
            since: missed::now(),
            strict_at: None,
        }
    }

    /// Makes the test fail if launches are left when the capture is dropped.
    ///
    /// # Panics
    ///
    /// The drop panics if launches are left, unless the thread is already panicking.
    ///
    /// # Examples
    ///
    /// ```should_panic
    /// use fire_and_forget::{fire_and_forget, testing};
    ///
    /// #[fire_and_forget]
    /// fn welcome(to: String) {
    ///     println!("welcome, {to}");
    /// }
    ///
    /// let _launches = testing::capture().strict();
    /// welcome("ada@example.com".into()); // neither taken nor run
    /// ```
    #[track_caller]
    #[must_use = "launches are captured until this is dropped"]
    pub fn strict(mut self) -> Self {
        self.strict_at = Some(Location::caller());
        self
    }

    /// Takes out the launches of one function: the arguments of each, in launch order, the receiver first.
    ///
    /// Pass the function itself: `take(welcome)`, `take(Mailer::send)` or `take(<Mailer as Send>::send)`. For a generic function,
    /// pass the instance: `take(store::<u8>)`. If an argument is `impl Trait`, the type of the result chooses the instance:
    /// `let calls: Vec<(String,)> = launches.take(print);`. The type of a closure has no name, so a launch with a closure among its
    /// arguments cannot be taken: see [`by_call`](super::by_call).
    ///
    /// A function without the attribute has no launches.
    ///
    /// # Panics
    ///
    /// - If it is a closure, a function pointer or the method of a trait object, because these may call any function.
    /// - If two functions with the same path and parameters have been captured, from two blocks of one function.
    /// - If the function copies what it borrows: use [`take_copies`](Self::take_copies).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use fire_and_forget::{fire_and_forget, testing};
    ///
    /// #[derive(Debug, PartialEq)]
    /// struct Mailer(&'static str);
    ///
    /// impl Mailer {
    ///     #[fire_and_forget]
    ///     fn send(self: Arc<Self>, to: String) {
    ///         println!("{}: {to}", self.0);
    ///     }
    /// }
    ///
    /// #[fire_and_forget]
    /// fn store<T: Send + 'static>(value: T) {
    ///     drop(value);
    /// }
    ///
    /// let launches = testing::capture();
    /// let mailer = Arc::new(Mailer("smtp"));
    /// mailer.clone().send("ada".into());
    /// store(1_u8);
    /// store("text");
    /// assert_eq!(launches.take(Mailer::send), [(mailer, "ada".to_owned())]);
    /// assert_eq!(launches.take(store::<u8>), [(1,)]);
    /// assert_eq!(launches.take(store::<&str>), [("text",)]);
    /// ```
    #[track_caller]
    pub fn take<F, Args>(&self, function: F) -> Vec<Args>
    where
        F: Launcher<Args>,
        Args: Arguments,
    {
        let asked = self.ask(function);
        self.take_as(asked)
    }

    /// Takes out the launches of a function that copies what it borrows (`#[own]`): the owned values of each, in launch order, the
    /// receiver first.
    ///
    /// The parameters of such a function do not show the types of the copies, so you have to name these types.
    ///
    /// # Panics
    ///
    /// Like [`take`](Self::take), and if the types are not those of the copies.
    ///
    /// # Examples
    ///
    /// ```
    /// use fire_and_forget::{fire_and_forget, testing};
    ///
    /// #[derive(Debug, Clone, PartialEq)]
    /// struct Mailer(&'static str);
    ///
    /// impl Mailer {
    ///     #[fire_and_forget]
    ///     fn send(#[own] &self, #[own] to: &str) {
    ///         println!("{}: {to}", self.0);
    ///     }
    /// }
    ///
    /// let launches = testing::capture();
    /// Mailer("smtp").send("ada");
    /// let sent: Vec<(Mailer, String)> = launches.take_copies(Mailer::send);
    /// assert_eq!(sent, [(Mailer("smtp"), "ada".to_owned())]);
    /// ```
    #[track_caller]
    pub fn take_copies<Copies, F, Args>(&self, function: F) -> Vec<Copies>
    where
        F: Launcher<Args>,
        Args: Arguments,
        Copies: Arguments,
    {
        let asked = self.ask(function);
        self.take_as(asked)
    }

    #[track_caller]
    fn take_as<Args: Arguments>(&self, asked: Asked) -> Vec<Args> {
        let others = self.store.look(|launches| {
            let mut asked = launches.iter().filter(|it| it.is(asked));
            asked.try_for_each(|it| it.function.takes::<Args>())
        });
        if let Err(others) = others {
            panic!(
                "`{}` was launched with `{others}`, which cannot be taken as `{}`: \
                 `take_copies` returns the copies that `#[own]` makes, so name their types",
                asked.name(),
                type_name::<Args>()
            );
        }
        let launches = self.store.take(|it| it.is(asked));
        let arguments = launches.into_iter().map(|it| it.launch.into_arguments());
        arguments.flatten().filter_map(Args::of).collect()
    }

    /// How many launches of this function are captured.
    ///
    /// For a generic function, `count(store::<u8>)` counts one instance, and `count(testing::by_call(|| store(0)))` counts all: see
    /// [`by_call`](super::by_call).
    ///
    /// # Panics
    ///
    /// If it is a closure, a function pointer or the method of a trait object, or if two functions have this path: see
    /// [`take`](Self::take).
    ///
    /// # Examples
    ///
    /// ```
    /// # use fire_and_forget::{fire_and_forget, testing};
    /// #
    /// #[fire_and_forget]
    /// async fn audit(line: String) {
    ///     println!("{line}");
    /// }
    ///
    /// let launches = testing::capture();
    /// audit("signed in".into());
    /// audit("signed out".into());
    /// assert_eq!(launches.count(audit), 2);
    /// ```
    #[track_caller]
    pub fn count<F, Args>(&self, function: F) -> usize
    where
        F: Launcher<Args>,
    {
        let asked = self.ask(function);
        self.store
            .look(|launches| launches.iter().filter(|it| it.is(asked)).count())
    }

    /// The captured launches of all functions, in launch order.
    ///
    /// # Examples
    ///
    /// ```
    /// use fire_and_forget::{fire_and_forget, testing};
    ///
    /// #[fire_and_forget(name = "reserve")]
    /// fn reserve(item: u32) {
    ///     println!("{item}");
    /// }
    ///
    /// #[fire_and_forget(name = "confirm")]
    /// async fn confirm(order: u32) {
    ///     println!("{order}");
    /// }
    ///
    /// fn order(number: u32, items: &[u32]) {
    ///     items.iter().for_each(|item| reserve(*item));
    ///     confirm(number);
    /// }
    ///
    /// let launches = testing::capture();
    /// order(1, &[7, 8]);
    /// let functions: Vec<_> = launches.entries().iter().map(|it| it.function()).collect();
    /// assert_eq!(functions, ["reserve", "reserve", "confirm"]);
    /// ```
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.store
            .look(|launches| launches.iter().map(Captured::entry).collect())
    }

    /// How many launches are captured, of all functions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.store.len()
    }

    /// Is no launch captured?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fails the test if launches are left.
    ///
    /// # Panics
    ///
    /// If launches are left that were not taken and not run. It names each with its line.
    #[track_caller]
    pub fn assert_empty(&self) {
        let left = self.left();
        assert!(
            left.is_empty(),
            "captured launches were neither taken nor run:{left}"
        );
    }

    /// Drops the captured launches without running them.
    pub fn discard(&self) {
        drop_each(self.store.take_all());
    }

    /// Runs the bodies of the captured launches in launch order, on this thread. In an async test, write `launches.run().await`.
    ///
    /// Each body runs to its end before the next one begins. What it launches is captured, and waits for the next `run`:
    /// `while !launches.is_empty() { launches.run(); }` runs until nothing is left. An error goes to `on_error`, or is reported as
    /// usual. Its text is returned, by the future or by [`Run::errors`]. A body is inside a launch, so a `flush` in it fails at
    /// once.
    ///
    /// Without `.await`, this runs only a `fn`, and panics at an `async fn`.
    ///
    /// # Panics
    ///
    /// If a body panics, with its panic. Launches that have not begun are captured again.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc::{self, Sender};
    /// use fire_and_forget::{fire_and_forget, testing};
    ///
    /// #[fire_and_forget]
    /// fn square(number: u64, answers: Sender<u64>) {
    ///     let _ = answers.send(number * number);
    /// }
    ///
    /// let launches = testing::capture();
    /// let (answers, received) = mpsc::channel();
    /// square(3, answers.clone());
    /// square(4, answers);
    /// assert!(received.try_recv().is_err());
    /// launches.run();
    /// assert_eq!(received.iter().collect::<Vec<_>>(), [9, 16]);
    /// ```
    #[expect(
        clippy::must_use_candidate,
        reason = "it acts when called, and only an `async fn` has to be awaited"
    )]
    #[track_caller]
    pub fn run(&self) -> Run<'_> {
        Run::new(&self.store, self.store.take_all())
    }

    /// Runs the bodies of one function's launches, as [`run`](Self::run) runs all. The others keep waiting.
    ///
    /// # Panics
    ///
    /// Like [`count`](Self::count) and [`run`](Self::run).
    ///
    /// # Examples
    ///
    /// ```
    /// use fire_and_forget::{fire_and_forget, testing};
    ///
    /// #[fire_and_forget]
    /// fn charge(cents: u64) -> Result<(), String> {
    ///     if cents == 0 { Err("nothing to charge".into()) } else { Ok(()) }
    /// }
    ///
    /// #[fire_and_forget]
    /// async fn webhook(event: &'static str) {
    ///     unreachable!("a server would be asked for {event}");
    /// }
    ///
    /// let launches = testing::capture();
    /// charge(0);
    /// webhook("charged");
    /// assert_eq!(launches.run_only(charge).errors(), ["nothing to charge"]);
    /// assert_eq!(launches.count(webhook), 1);
    /// ```
    #[track_caller]
    pub fn run_only<F, Args>(&self, function: F) -> Run<'_>
    where
        F: Launcher<Args>,
    {
        let asked = self.ask(function);
        Run::new(&self.store, self.store.take(|it| it.is(asked)))
    }

    /// Captures the launches of other threads here, too.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.scope.handle()
    }

    #[track_caller]
    fn ask<F: Launcher<Args>, Args>(&self, function: F) -> Asked {
        let asked = function.asked();
        let sites: Vec<_> = self.store.look(|launches| {
            let meant = launches.iter().filter(|it| it.is(asked));
            meant.map(|it| it.site).collect()
        });
        assert!(
            sites.iter().all(|it| std::ptr::eq(*it, sites[0])),
            "two functions are called `{}` and have the same parameters: rename one of them",
            asked.name()
        );
        if sites.is_empty() {
            self.say_what_may_be_meant(asked);
        }
        asked
    }

    /// Prints what the test may have meant. It does not panic: a test may ask for launches that must not exist, while
    /// another test makes some.
    fn say_what_may_be_meant(&self, asked: Asked) {
        let name = asked.name();
        if let Some(at) = missed::since(self.since, asked) {
            say(format_args!(
                "no launch of `{name}` is captured; one was made at {}:{}, on a thread that does not capture: \
                 use `Capture::handle` there",
                at.file(),
                at.line()
            ));
        } else if !self.is_empty() {
            let others = self.left();
            say(format_args!(
                "no launch of `{name}` is captured, but:{others}"
            ));
            if self.has_other_instance(asked) {
                say(format_args!(
                    "launches with other argument types are captured: `testing::by_call` names all of them"
                ));
            }
        }
    }

    fn has_other_instance(&self, asked: Asked) -> bool {
        let is_one = |it: &Captured| asked.is_another_instance(it.function);
        self.store.look(|launches| launches.iter().any(is_one))
    }

    /// Lists the launches that are left, a line for each.
    fn left(&self) -> String {
        lines(&self.entries())
    }
}

fn lines(entries: &[Entry]) -> String {
    let mut lines = String::new();
    for entry in entries {
        // Writing to a `String` never fails.
        let _ = write!(lines, "\n  {entry}");
    }
    lines
}

/// Prints to the captured standard error of the test, which the harness shows if the test fails.
fn say(what: fmt::Arguments<'_>) {
    eprintln!("fire-and-forget: {what}");
}

impl fmt::Debug for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.entries()).finish()
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        // Launches from here on are no longer captured.
        let launches = self.store.close();
        let left = lines(&launches.iter().map(Captured::entry).collect::<Vec<_>>());
        // This runs destructors of the user's, which may launch.
        drop_each(launches);
        if left.is_empty() {
            return;
        }
        let left = format!("captured launches were neither taken nor run:{left}");
        match self.strict_at {
            // The panic names the place of `strict`, because the compiler, and not the test, calls this destructor.
            Some(place) if !std::thread::panicking() => {
                panic!("{left}\nthe capture at {place} is strict")
            }
            _ => say(format_args!("{left}")),
        }
    }
}
