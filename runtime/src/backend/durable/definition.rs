//! The durable functions of this program: each has a static, which the linker collects and a worker finds by name.
//!
//! The static has two sites: one counts launches, the other counts executions in this process, which another process may have
//! launched. It also has a function pointer that makes the body from stored arguments; a row of a store chooses code
//! by its function's name and in no other way. `inventory` collects the statics of all crates that are linked.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::panic::Location;
use std::sync::OnceLock;
use std::time::Duration;

use super::arguments::{Arguments, Record, Undecodable};
use super::run::Run;
use crate::account::site::Site;

/// One durable function: the only `static` that the attribute emits for it.
#[derive(Debug)]
pub struct Definition {
    launches: Site,
    executions: Site,
    options: JobOptions,
    run: fn(&Arguments<'_>) -> Result<Run, Undecodable>,
}

/// The options of the attribute that concern jobs.
#[derive(Debug)]
pub struct JobOptions {
    /// The name of its queue.
    pub queue: &'static str,
    /// The number of failures after which a job is given up.
    pub attempts: u32,
    /// How long an attempt may take; no limit if `None`.
    pub timeout: Option<fn() -> Duration>,
}

impl Definition {
    /// Describes a function by the sites that count its launches and executions, its options, and the function that makes its
    /// body from stored arguments.
    ///
    /// # Panics
    ///
    /// Panics at compile time if the queue's name is empty or `attempts` is 0.
    #[must_use]
    #[track_caller]
    pub const fn new(
        launches: Site,
        executions: Site,
        options: JobOptions,
        run: fn(&Arguments<'_>) -> Result<Run, Undecodable>,
    ) -> Self {
        assert!(!options.queue.trim_ascii().is_empty(), "`queue` is empty");
        assert!(options.attempts > 0, "`attempts` is 0");
        Self {
            launches,
            executions,
            options,
            run,
        }
    }

    /// Returns the site that counts its launches.
    pub fn site(&'static self) -> &'static Site {
        &self.launches
    }

    /// Returns the site that counts its executions.
    pub(super) fn executions(&'static self) -> &'static Site {
        &self.executions
    }

    pub(super) fn name(&self) -> &'static str {
        self.launches.name_in_store()
    }

    pub(super) fn options(&self) -> &JobOptions {
        &self.options
    }

    /// Makes the body from stored arguments.
    pub(super) fn run(&self, json: &[u8]) -> Result<Run, Undecodable> {
        (self.run)(&Arguments::read(json)?)
    }

    /// Finds the function with this name.
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        static DEFINITIONS: OnceLock<HashMap<&'static str, &'static Definition>> = OnceLock::new();
        let definitions = DEFINITIONS.get_or_init(|| all().map(|it| (it.name(), it)).collect());
        definitions.get(name).copied()
    }
}

/// An entry of the list that the linker collects from all crates of a program.
#[derive(Debug)]
pub struct Listed(pub &'static Definition);

inventory::collect!(Listed);

fn all() -> impl Iterator<Item = &'static Definition> {
    inventory::iter::<Listed>.into_iter().map(|it| it.0)
}

/// Returns whether no launch is on its way to a store.
///
/// Reads all ends before all launches: if the sums are equal, there was a moment between them when no launch was in flight.
pub(super) fn is_stored() -> bool {
    let ended: u64 = all().map(|it| it.launches.counts().ended()).sum();
    let launched: u64 = all().map(|it| it.launches.launched()).sum();
    ended == launched
}

/// Returns whether this site counts the launches of a durable function.
pub(super) fn is_launch(site: &Site) -> bool {
    all().any(|it| std::ptr::eq(&raw const it.launches, site))
}

/// A durable function that is linked into this program.
#[derive(Debug, Clone, Copy)]
pub struct Function(&'static Definition);

impl Function {
    /// Returns its name in the store: module path and function, or what `name = "…"` says. A type is not part of it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Returns the queue of its jobs.
    #[must_use]
    pub fn queue(self) -> &'static str {
        self.0.options.queue
    }

    /// Returns the number of failures after which a job is given up.
    #[must_use]
    pub fn attempts(self) -> u32 {
        self.0.options.attempts
    }

    /// Returns where it is defined.
    #[must_use]
    pub fn defined_at(self) -> &'static Location<'static> {
        self.0.launches.defined_at()
    }
}

/// Returns the durable functions of this program, in no order.
///
/// A library that nothing refers to is not linked, and its functions are missing here. To link it, write
/// `use that_library as _;`.
pub fn functions() -> impl Iterator<Item = Function> {
    all().map(Function)
}

/// Makes sure that each name stands for one function. An adapter calls this before it stores or fetches anything.
///
/// # Errors
///
/// Fails if two functions have the same name.
pub fn check() -> Result<(), Duplicate> {
    let mut seen: HashMap<&str, &Definition> = HashMap::new();
    for definition in all() {
        if let Some(other) = seen.insert(definition.name(), definition) {
            let mut places = [other, definition].map(|it| it.launches.defined_at());
            places.sort_unstable();
            return Err(Duplicate {
                name: definition.name(),
                places,
            });
        }
    }
    Ok(())
}

/// The error of two durable functions with the same name.
#[derive(Debug)]
pub struct Duplicate {
    name: &'static str,
    places: [&'static Location<'static>; 2],
}

impl fmt::Display for Duplicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [one, other] = self.places;
        write!(
            f,
            "two durable functions are called `{}`, at {one} and {other}: tell them apart with `name = \"…\"`",
            self.name
        )
    }
}

impl Error for Duplicate {}

impl Record {
    /// Begins the record of a launch, without arguments.
    #[must_use]
    pub fn new(definition: &'static Definition) -> Self {
        Self {
            function: definition,
            json: Ok(vec![b'{']),
            context: None,
        }
    }

    pub(super) fn definition(&self) -> &'static Definition {
        match self.function.downcast_ref() {
            Some(definition) => definition,
            None => unreachable!("`new` takes nothing else"),
        }
    }
}
