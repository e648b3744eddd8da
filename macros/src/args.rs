//! Parses the attribute's arguments: tokens in, options out.

mod guess;
mod split;
mod table;
mod value;

use proc_macro2::TokenStream;
use syn::{Expr, ExprPath, Ident};

use crate::diag::Mistakes;

pub(crate) use crate::args::table::{Args, Shape};
pub(crate) use crate::args::value::{
    Attempts, Backend, BuiltIn, Contexts, Daemon, Handler, Krate, Limit, Name, OnFull, Queue,
    Restart, Timeout, Trace,
};

/// An option's value, and where it is written.
pub(crate) struct Given<T> {
    pub(crate) key: Ident,
    /// The value as written, for messages.
    pub(crate) written: Expr,
    pub(crate) value: T,
}

/// The argument that this macro adds when it moves itself; see [`Args::is_last`].
pub(crate) const LAST: &str = "__last";

impl Args {
    /// Parses every option that it can, and reports the others.
    pub(crate) fn parse(tokens: TokenStream, mistakes: &mut Mistakes) -> Self {
        let mut args = Self::default();
        let mut seen = Vec::new();
        for (key, value) in split::options(tokens, mistakes) {
            args.option(key, value, &mut seen, mistakes);
        }
        args
    }

    fn option(
        &mut self,
        key: Ident,
        value: Option<Expr>,
        seen: &mut Vec<&'static str>,
        mistakes: &mut Mistakes,
    ) {
        if key == LAST {
            self.is_last = true;
            return;
        }
        let Some(entry) = table::entry(&key.to_string()) else {
            let it = guess::option(&key.to_string(), value.is_some());
            return mistakes.at(key.span(), &it.wrong, &it.help);
        };
        // The key counts as given even if its value is wrong: the two mistakes are independent.
        if seen.contains(&entry.key) {
            let wrong = format!("`{key}` is given twice");
            mistakes.at(key.span(), &wrong, "remove one of them");
        }
        seen.push(entry.key);
        match value {
            None if entry.is_flag => {
                let written = word(&key);
                self.keep(entry, key, written, mistakes);
            }
            Some(written) => self.keep(entry, key, written, mistakes),
            None => mistakes.at(key.span(), &format!("`{key}` needs a value"), entry.help),
        }
    }
}

/// A flag has no value, so its key stands in for one.
fn word(key: &Ident) -> Expr {
    Expr::Path(ExprPath {
        attrs: Vec::new(),
        qself: None,
        path: key.clone().into(),
    })
}

#[cfg(test)]
mod tests;
