//! Functions of one name: where a name is shown, the place where the function is written tells them apart.

use std::collections::HashMap;
use std::fmt;
use std::panic::Location;

use crate::account::functions;
use crate::account::site::Site;

/// The names of some functions, and which of them belong to more than one.
pub(crate) struct Namesakes {
    /// The place of the one function; none where there are several.
    places: HashMap<&'static str, Option<At>>,
}

type At = &'static Location<'static>;

impl Namesakes {
    pub(crate) fn among(functions: impl Iterator<Item = (&'static str, At)>) -> Self {
        let mut places = HashMap::new();
        for (name, at) in functions {
            let place = places.entry(name).or_insert(Some(at));
            // Those of one place are one function, which is counted more than once.
            *place = place.filter(|it| *it == at);
        }
        Self { places }
    }

    /// Among all functions that have launched.
    pub(crate) fn among_all() -> Self {
        Self::among(functions::all().map(|site| (site.name(), site.defined_at())))
    }

    /// What to write behind the name of a function.
    pub(crate) fn place_of(&self, name: &str, at: At) -> impl fmt::Display {
        let is_shared = matches!(self.places.get(name), Some(None));
        ToTellApart(is_shared.then_some(at))
    }
}

/// What to write behind the name of one function. Allocates nothing.
pub(crate) fn place_of(site: &'static Site) -> impl fmt::Display {
    let (name, at) = (site.name(), site.defined_at());
    let is_shared = functions::all().any(|other| other.name() == name && other.defined_at() != at);
    ToTellApart(is_shared.then_some(at))
}

/// ` at src/mail.rs:12:8`, or nothing. With the column: a macro may make several functions of one line.
struct ToTellApart(Option<At>);

impl fmt::Display for ToTellApart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(at) => write!(f, " at {at}"),
            None => Ok(()),
        }
    }
}
