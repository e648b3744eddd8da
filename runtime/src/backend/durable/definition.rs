//! The durable functions of this program, by name.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::panic::Location;
use std::sync::OnceLock;
use std::time::Duration;

use super::arguments::{Arguments, Undecodable};
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

/// What the attribute says of it.
#[derive(Debug)]
pub struct JobOptions {
    /// The name of its queue.
    pub queue: &'static str,
    /// How many failures it takes to give one of its jobs up.
    pub attempts: u32,
    /// How long an attempt may take.
    pub timeout: Option<fn() -> Duration>,
}

impl Definition {
    /// Described by its sites, which count launches and executions, and by how to make its body of stored arguments.
    ///
    /// # Panics
    ///
    /// When the queue has no name, or no attempt is allowed: while the program is compiled.
    #[must_use]
    #[track_caller]
    pub const fn new(
        launches: Site,
        executions: Site,
        options: JobOptions,
        run: fn(&Arguments<'_>) -> Result<Run, Undecodable>,
    ) -> Self {
        assert!(
            !options.queue.trim_ascii().is_empty(),
            "the name of the queue is empty"
        );
        assert!(options.attempts > 0, "the number of attempts is 0");
        Self {
            launches,
            executions,
            options,
            run,
        }
    }

    /// Where its launches are counted.
    pub fn site(&'static self) -> &'static Site {
        &self.launches
    }

    pub(super) fn executions(&'static self) -> &'static Site {
        &self.executions
    }

    pub(super) fn name(&self) -> &'static str {
        self.launches.name_in_store()
    }

    pub(super) fn options(&self) -> &JobOptions {
        &self.options
    }

    /// The body with these arguments.
    pub(super) fn run(&self, json: &[u8]) -> Result<Run, Undecodable> {
        (self.run)(&Arguments::read(json)?)
    }

    /// The function of this name.
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        static DEFINITIONS: OnceLock<HashMap<&'static str, &'static Definition>> = OnceLock::new();
        let definitions = DEFINITIONS.get_or_init(|| all().map(|it| (it.name(), it)).collect());
        definitions.get(name).copied()
    }
}

/// Where the linker collects the functions of all crates of a program.
#[derive(Debug)]
pub struct Listed(pub &'static Definition);

inventory::collect!(Listed);

fn all() -> impl Iterator<Item = &'static Definition> {
    inventory::iter::<Listed>.into_iter().map(|it| it.0)
}

/// Is each launch in its store? All ends are read before all launches.
pub(crate) fn is_stored() -> bool {
    let ended: u64 = all().map(|it| it.launches.counts().ended()).sum();
    let launched: u64 = all().map(|it| it.launches.launched()).sum();
    ended == launched
}

/// Are the launches of a durable function counted here?
pub(crate) fn is_launch(site: &Site) -> bool {
    all().any(|it| std::ptr::eq(&raw const it.launches, site))
}

/// A durable function that is linked into this program.
#[derive(Debug, Clone, Copy)]
pub struct Function(&'static Definition);

impl Function {
    /// Its name in the store: module path and function, or what `name = "…"` says. A type is not part of it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The queue of its jobs.
    #[must_use]
    pub fn queue(self) -> &'static str {
        self.0.options.queue
    }

    /// How many failures it takes to give one of its jobs up.
    #[must_use]
    pub fn attempts(self) -> u32 {
        self.0.options.attempts
    }

    /// Where it is written.
    #[must_use]
    pub fn defined_at(self) -> &'static Location<'static> {
        self.0.launches.defined_at()
    }
}

/// The durable functions of this program, in no order. A library that nothing refers to is not linked, and its functions are not
/// among them: name one of its items, as `use that_library as _;`.
pub fn functions() -> impl Iterator<Item = Function> {
    all().map(Function)
}

/// Makes sure that each name stands for one function. To be called before anything is stored or fetched.
///
/// # Errors
///
/// When two functions have one name.
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

/// Two durable functions have one name.
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
