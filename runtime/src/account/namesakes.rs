//! Functions that share a name: messages tell them apart by the place of their definition.

use std::collections::HashMap;
use std::fmt;
use std::panic::Location;

use crate::account::functions;
use crate::account::site::Site;

/// The names of a set of functions, and which of the names are shared.
pub(crate) struct Namesakes {
    /// The place of the only function with this name; `None` if several functions have it.
    places: HashMap<&'static str, Option<At>>,
}

type At = &'static Location<'static>;

impl Namesakes {
    pub(crate) fn among(functions: impl Iterator<Item = (&'static str, At)>) -> Self {
        let mut places = HashMap::new();
        for (name, at) in functions {
            let place = places.entry(name).or_insert(Some(at));
            // Entries with the same place are one function that is listed twice.
            *place = place.filter(|it| *it == at);
        }
        Self { places }
    }

    /// Collects the names of all functions that have launched.
    pub(crate) fn among_all() -> Self {
        Self::among(functions::all().map(|site| (site.name(), site.defined_at())))
    }

    /// Returns what to print after the name of a function.
    pub(crate) fn place_of(&self, name: &str, at: At) -> impl fmt::Display {
        let is_shared = matches!(self.places.get(name), Some(None));
        ToTellApart(is_shared.then_some(at))
    }
}

/// Returns what to print after the name of one function. It allocates nothing, because the exit handler calls it.
pub(crate) fn place_of(site: &'static Site) -> impl fmt::Display {
    let (name, at) = (site.name(), site.defined_at());
    let is_shared = functions::all().any(|other| other.name() == name && other.defined_at() != at);
    ToTellApart(is_shared.then_some(at))
}

/// Prints ` at src/mail.rs:12:8`, or nothing. The column is there because a macro may define several functions on one
/// line.
struct ToTellApart(Option<At>);

impl fmt::Display for ToTellApart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(at) => write!(f, " at {at}"),
            None => Ok(()),
        }
    }
}
