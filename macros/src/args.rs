//! The attribute's arguments: tokens in, options out.

mod meant;
mod values;

use proc_macro2::{Ident, Literal, TokenStream};

use crate::chunks::{self, Chunk};
use crate::diag::Mistakes;

/// What was written in the parentheses of the attribute.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) backend: Option<Given<Backend>>,
    pub(crate) on_full: Option<Given<OnFull>>,
    pub(crate) max_in_flight: Option<Given<TokenStream>>,
    pub(crate) name: Option<Given<Literal>>,
    pub(crate) on_error: Option<Given<TokenStream>>,
    pub(crate) trace: Option<Given<Trace>>,
    pub(crate) krate: Option<Given<TokenStream>>,
    /// Set by this macro, when it has put itself below the item's other attributes.
    pub(crate) is_last: bool,
}

/// An option's value and where it stands.
pub(crate) struct Given<T> {
    pub(crate) key: Ident,
    /// The value as written, for messages about it.
    pub(crate) written: TokenStream,
    pub(crate) value: T,
}

#[derive(Debug, PartialEq)]
pub(crate) enum BuiltIn {
    Thread,
    Pool,
    Tokio,
}

pub(crate) enum Backend {
    BuiltIn(BuiltIn),
    Static(TokenStream),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum OnFull {
    Drop,
    Reject,
    Block,
    CallerRuns,
}

/// What the span of a launch is to that of its caller.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Trace {
    Follows,
    Child,
    Root,
    Off,
}

/// The argument that this macro adds to itself; see [`Args::is_last`].
pub(crate) const LAST: &str = "__last";

pub(crate) const KEYS: [&str; 7] = [
    "backend",
    "on_full",
    "max_in_flight",
    "name",
    "on_error",
    "trace",
    "crate",
];
pub(crate) const BUILT_INS: [&str; 3] = ["thread", "pool", "tokio"];
pub(crate) const POLICIES: [&str; 4] = ["drop", "reject", "block", "caller_runs"];
pub(crate) const TRACES: [&str; 4] = ["follows", "child", "root", "off"];

impl Args {
    /// Reads every option that can be read; what cannot is among the mistakes.
    pub(crate) fn parse(tokens: TokenStream, mistakes: &mut Mistakes) -> Self {
        let mut args = Self::default();
        let mut seen: Vec<String> = Vec::new();
        for chunk in chunks::split(tokens, mistakes) {
            args.option(chunk, &mut seen, mistakes);
        }
        args
    }

    fn option(&mut self, chunk: Chunk, seen: &mut Vec<String>, mistakes: &mut Mistakes) {
        let Chunk { key, value } = chunk;
        let name = key.to_string();
        if name == LAST {
            self.is_last = true;
            return;
        }
        if !KEYS.contains(&name.as_str()) {
            let meant::Other { wrong, help } = meant::option(&name, value.as_ref());
            return mistakes.at(key.span(), &wrong, &help);
        }
        // A key counts as seen even where its value is wrong: both are mistakes, and independent.
        if seen.contains(&name) {
            let wrong = format!("`{name}` is given twice");
            mistakes.at(key.span(), &wrong, "keep one of the two");
        }
        seen.push(name.clone());
        let Some(written) = value else {
            let wrong = format!("`{name}` needs a value");
            return mistakes.at(key.span(), &wrong, example(&name));
        };
        match name.as_str() {
            "backend" => keep(&mut self.backend, key, written, values::backend, mistakes),
            "on_full" => keep(&mut self.on_full, key, written, values::on_full, mistakes),
            "max_in_flight" => keep(
                &mut self.max_in_flight,
                key,
                written,
                values::limit,
                mistakes,
            ),
            "name" => keep(&mut self.name, key, written, values::name, mistakes),
            "on_error" => keep(&mut self.on_error, key, written, values::handler, mistakes),
            "trace" => keep(&mut self.trace, key, written, values::trace, mistakes),
            _ => keep(&mut self.krate, key, written, values::krate, mistakes),
        }
    }
}

/// Reads a value. Of two for one key the first counts; that there is a second is a mistake anyway.
fn keep<T>(
    slot: &mut Option<Given<T>>,
    key: Ident,
    written: TokenStream,
    read: fn(&TokenStream, &mut Mistakes) -> Option<T>,
    mistakes: &mut Mistakes,
) {
    if let Some(value) = read(&written, mistakes)
        && slot.is_none()
    {
        *slot = Some(Given {
            key,
            written,
            value,
        });
    }
}

/// How an option is written, for those who left its value out.
pub(crate) fn example(key: &str) -> &'static str {
    match key {
        "backend" => "write `backend = \"pool\"`, or the path of a static: `backend = MAIL`",
        "on_full" => "write `on_full = \"drop\"`, `\"reject\"`, `\"block\"` or `\"caller_runs\"`",
        "max_in_flight" => "write `max_in_flight = 100`",
        "name" => "write `name = \"mail\"`",
        "on_error" => "write `on_error = handler`, the path of a function that takes the error",
        "trace" => "write `trace = \"follows\"`, `\"child\"`, `\"root\"` or `\"off\"`",
        "crate" => "write `crate = path::to::fire_and_forget`",
        _ => "write `option = value`",
    }
}

#[cfg(test)]
mod tests;
