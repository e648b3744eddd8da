//! The kinds of values: what each accepts, and the message for anything else.

use proc_macro2::TokenTree;
use quote::ToTokens;
use syn::{Expr, ExprPath, Ident, Lit, Path, UnOp};

use crate::args::guess;
use crate::args::table::Entry;
use crate::diag::Wrong;

/// A kind of value.
pub(super) trait Value: Sized {
    /// The strings that it accepts, if it accepts only some.
    const WORDS: &'static [&'static str] = &[];

    /// Whether an option accepts several of it.
    const IS_LIST: bool = false;

    /// Whether an option is written without it.
    const IS_FLAG: bool = false;

    /// Parses the value of this option.
    fn read(entry: &Entry, written: &Expr) -> Result<Self, Wrong>;
}

/// Defines an enum whose variants are strings in the attribute.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub(crate) enum $name {
            $($variant,)*
        }

        impl $name {
            const WORDS: &[&str] = &[$($word),*];

            fn of(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

words! {
    /// A built-in backend.
    BuiltIn {
        Thread = "thread",
        Pool = "pool",
        Tokio = "tokio",
        Durable = "durable",
    }
}

words! {
    /// What happens to a launch that does not fit.
    OnFull {
        Drop = "drop",
        Reject = "reject",
        Block = "block",
        CallerRuns = "caller_runs",
    }
}

words! {
    /// How the span of a launch relates to the span of its caller.
    Trace {
        Follows = "follows",
        Child = "child",
        Root = "root",
        Off = "off",
    }
}

words! {
    /// After which ends a daemon is launched again.
    Restart {
        OnFailure = "on_failure",
        Always = "always",
    }
}

impl Value for Restart {
    const WORDS: &'static [&'static str] = Self::WORDS;

    fn read(entry: &Entry, written: &Expr) -> Result<Self, Wrong> {
        word_of(entry, written, Self::of)
    }
}

impl Value for OnFull {
    const WORDS: &'static [&'static str] = Self::WORDS;

    fn read(entry: &Entry, written: &Expr) -> Result<Self, Wrong> {
        word_of(entry, written, Self::of)
    }
}

impl Value for Trace {
    const WORDS: &'static [&'static str] = Self::WORDS;

    fn read(entry: &Entry, written: &Expr) -> Result<Self, Wrong> {
        word_of(entry, written, Self::of)
    }
}

fn word_of<T>(entry: &Entry, written: &Expr, of: fn(&str) -> Option<T>) -> Result<T, Wrong> {
    let Entry {
        key, words, help, ..
    } = entry;
    let value = ungroup(written);
    let Some(name) = string(value) else {
        let help = match last_word(value) {
            Some(word) if words.contains(&word.as_str()) => format!("write `{key} = \"{word}\"`"),
            Some(word) => guess::value(&word, words, help).unwrap_or_else(|| (*help).to_owned()),
            None => (*help).to_owned(),
        };
        return Err(Wrong::new(format!("`{key}` takes a string"), help));
    };
    of(&name).ok_or_else(|| {
        let help = guess::value(&name, words, help).unwrap_or_else(|| (*help).to_owned());
        Wrong::new(format!("unknown value `\"{name}\"` for `{key}`"), help)
    })
}

/// Where the body runs.
pub(crate) enum Backend {
    BuiltIn(BuiltIn),
    Static(ExprPath),
    /// The backend that this expression returns at each launch.
    Chosen(Expr),
}

impl Value for Backend {
    const WORDS: &'static [&'static str] = BuiltIn::WORDS;

    fn read(_: &Entry, written: &Expr) -> Result<Self, Wrong> {
        let value = ungroup(written);
        if let Some(name) = string(value) {
            return BuiltIn::of(&name)
                .map(Self::BuiltIn)
                .ok_or_else(|| no_built_in(&name));
        }
        match value {
            Expr::Path(path) => Ok(Self::Static(path.clone())),
            Expr::Lit(_) | Expr::Closure(_) | Expr::Verbatim(_) => Err(Wrong::new(
                "`backend` takes a string, a path or a `&'static` reference to a backend",
                format!("{BACKENDS}; or an expression, such as `backend = self.pool`"),
            )),
            _ if leaks(value) => Err(Wrong::new(
                "this expression leaks a new backend at every launch",
                "call `leak` once, store the reference, and name it: `backend = self.pool`",
            )),
            // The invisible group is kept, as in a limit.
            _ => Ok(Self::Chosen(written.clone())),
        }
    }
}

impl Backend {
    /// Decides what a path means. A single word is a parameter, if the function has one of that name.
    pub(crate) fn resolve(self, is_parameter: impl Fn(&Ident) -> bool) -> Result<Self, Wrong> {
        let Self::Static(path) = &self else {
            return Ok(self);
        };
        match path.path.get_ident() {
            Some(word) if is_parameter(word) => Ok(Self::Chosen(Expr::Path(path.clone()))),
            Some(word) if BuiltIn::of(&word.to_string()).is_some() => Err(Wrong::new(
                format!("the built-in backend `{word}` is written as a string"),
                format!(
                    "write `backend = \"{word}\"`, or `self::{word}` for a static of that name"
                ),
            )),
            _ => Ok(self),
        }
    }
}

const BACKENDS: &str = "write `\"thread\"`, `\"pool\"`, `\"tokio\"`, `\"durable\"`, or the path of a static that implements `Backend`";

fn no_built_in(name: &str) -> Wrong {
    if name.is_empty() {
        return Wrong::new("`backend` is empty", BACKENDS);
    }
    let help = guess::value(name, BuiltIn::WORDS, BACKENDS).unwrap_or_else(|| {
        if is_path_text(name) {
            format!("write `backend = {name}` for a static; the built-in backends are `\"thread\"`, `\"pool\"`, `\"tokio\"` and `\"durable\"`")
        } else {
            BACKENDS.to_owned()
        }
    });
    Wrong::new(format!("unknown built-in backend `\"{name}\"`"), help)
}

/// Returns whether it is a call of `leak`.
fn leaks(value: &Expr) -> bool {
    match value {
        Expr::MethodCall(it) => it.method == "leak",
        Expr::Call(it) => match &*it.func {
            Expr::Path(it) => it.path.segments.last().is_some_and(|it| it.ident == "leak"),
            _ => false,
        },
        _ => false,
    }
}

/// The flag of a function that runs until the process stops.
pub(crate) struct Daemon;

impl Value for Daemon {
    const IS_FLAG: bool = true;

    fn read(_: &Entry, _: &Expr) -> Result<Self, Wrong> {
        Ok(Self)
    }
}

/// A limit of launches in flight: a `usize`, as far as tokens show it.
pub(crate) struct Limit(pub(crate) Expr);

impl Value for Limit {
    fn read(entry: &Entry, written: &Expr) -> Result<Self, Wrong> {
        let without = "the default is the limit of the backend";
        let numbers = ("launches", "usize", "would refuse every launch", without);
        number(entry, written, numbers).map(Self)
    }
}

/// A number of attempts: a `u32`, as far as tokens show it.
pub(crate) struct Attempts(pub(crate) Expr);

impl Value for Attempts {
    fn read(entry: &Entry, written: &Expr) -> Result<Self, Wrong> {
        let without = "the default is 5";
        let numbers = ("attempts", "u32", "would never run the body", without);
        number(entry, written, numbers).map(Self)
    }
}

/// Checks a number of at least 1, as far as tokens show it. The strings are for messages: what is counted, its type,
/// what 0 would do, and the default.
fn number(
    Entry { key, help, .. }: &Entry,
    written: &Expr,
    (of, ty, zero, without): (&str, &str, &str, &str),
) -> Result<Expr, Wrong> {
    let no_number =
        |help: String| Wrong::new(format!("`{key}` takes a number of {of}: a `{ty}`"), help);
    match ungroup(written) {
        Expr::Lit(it) => match &it.lit {
            Lit::Int(int) if int.base10_digits() == "0" => Err(Wrong::new(
                format!("`{key} = 0` {zero}"),
                format!("write at least 1, or remove the option: {without}"),
            )),
            Lit::Int(int) if int.suffix().is_empty() || int.suffix() == ty => Ok(written.clone()),
            Lit::Int(int) => Err(Wrong::new(
                format!("`{key}` is a `{ty}`, not a `{}`", int.suffix()),
                format!("write `{key} = {}`", int.base10_digits()),
            )),
            Lit::Str(text) if text.value().parse::<usize>().is_ok() => Err(no_number(format!(
                "write it without quotes: `{key} = {}`",
                text.value()
            ))),
            _ => Err(no_number((*help).to_owned())),
        },
        Expr::Unary(it) if matches!((it.op, &*it.expr), (UnOp::Neg(_), Expr::Lit(it)) if !matches!(it.lit, Lit::Bool(_))) => {
            Err(no_number(format!(
                "{help}, or remove the option: {without}"
            )))
        }
        // The invisible group of an `$e:expr` fragment is kept, because it holds the expression together.
        _ => Ok(written.clone()),
    }
}

/// The name of a function: a constant `&'static str`, as far as tokens show it.
pub(crate) struct Name(pub(crate) Expr);

impl Value for Name {
    fn read(entry: &Entry, written: &Expr) -> Result<Self, Wrong> {
        let default = "the default is the path of the function";
        text(entry, written, default).map(Self)
    }
}

/// The name of a queue: a constant `&'static str`, as far as tokens show it.
pub(crate) struct Queue(pub(crate) Expr);

impl Value for Queue {
    fn read(entry: &Entry, written: &Expr) -> Result<Self, Wrong> {
        let default = "the default is `\"default\"`";
        text(entry, written, default).map(Self).map_err(|wrong| {
            // A number is probably meant as the length of a queue in memory.
            let is_number =
                matches!(ungroup(written), Expr::Lit(it) if matches!(it.lit, Lit::Int(_)));
            match guess::value("queue_size", Self::WORDS, entry.help).filter(|_| is_number) {
                Some(help) => Wrong { help, ..wrong },
                None => wrong,
            }
        })
    }
}

/// Checks a string that is not blank, or a constant, as far as tokens show it.
fn text(Entry { key, help, .. }: &Entry, written: &Expr, default: &str) -> Result<Expr, Wrong> {
    let value = ungroup(written);
    let no_string = |help: String| {
        let wrong = format!("`{key}` takes a string or a constant string");
        Wrong::new(wrong, help)
    };
    match value {
        Expr::Lit(it) => match &it.lit {
            Lit::Str(text) if text.value().trim().is_empty() => Err(Wrong::new(
                format!("`{key}` is empty"),
                format!("{help}, or remove the option: {default}"),
            )),
            Lit::Str(text) if text.suffix().is_empty() => Ok(written.clone()),
            _ => Err(no_string((*help).to_owned())),
        },
        Expr::Closure(_) | Expr::Verbatim(_) => Err(no_string((*help).to_owned())),
        _ => match word(value).filter(|it| it.chars().all(|it| !it.is_uppercase())) {
            Some(word) => Err(no_string(format!(
                "write `{key} = \"{word}\"`, or `self::{word}` for a constant of that name"
            ))),
            None => Ok(written.clone()),
        },
    }
}

/// The time limit of an attempt: a `Duration`, as far as tokens show it.
pub(crate) struct Timeout(pub(crate) Expr);

impl Value for Timeout {
    fn read(entry: &Entry, written: &Expr) -> Result<Self, Wrong> {
        match ungroup(written) {
            Expr::Lit(_) | Expr::Closure(_) | Expr::Verbatim(_) => {
                Err(Wrong::new("`timeout` takes a `Duration`", entry.help))
            }
            _ => Ok(Self(written.clone())),
        }
    }
}

/// The types of contexts: their paths, as `split` collects them.
pub(crate) struct Contexts(pub(crate) Vec<Path>);

impl Value for Contexts {
    const IS_LIST: bool = true;

    fn read(entry: &Entry, written: &Expr) -> Result<Self, Wrong> {
        let of = |value: &Expr| {
            let value = ungroup(value);
            if let Expr::Path(it) = value
                && it.qself.is_none()
            {
                return Ok(it.path.clone());
            }
            let help = match string(value) {
                Some(text) if is_path_text(&text) => {
                    format!("write it without quotes: `context = {text}`")
                }
                _ if is_call(value) => {
                    "name the type without calling it: each launch calls its `capture`".to_owned()
                }
                _ => entry.help.to_owned(),
            };
            Err(Wrong::new("`context` takes the paths of types", help))
        };
        let paths: Vec<_> = match ungroup(written) {
            Expr::Tuple(it) => it.elems.iter().map(of).collect::<Result<_, _>>()?,
            value => vec![of(value)?],
        };
        if paths.is_empty() {
            return Err(Wrong::new("`context` names no type", entry.help));
        }
        Ok(Self(paths))
    }
}

/// The path of the function that takes the error.
pub(crate) struct Handler(pub(crate) ExprPath);

impl Value for Handler {
    fn read(_: &Entry, written: &Expr) -> Result<Self, Wrong> {
        let value = ungroup(written);
        if let Expr::Path(path) = value {
            return Ok(Self(path.clone()));
        }
        let help = match string(value) {
            Some(text) if is_path_text(&text) => {
                format!("write it without quotes: `on_error = {text}`")
            }
            _ if is_call(value) => {
                "name the function without calling it: `on_error = alert`".to_owned()
            }
            _ => "put the code into a function, `fn alert(error: E)`, and write `on_error = alert`"
                .to_owned(),
        };
        Err(Wrong::new("`on_error` takes the path of a function", help))
    }
}

/// The path of the crate `fire_and_forget`.
pub(crate) struct Krate(pub(crate) Path);

impl Value for Krate {
    fn read(entry: &Entry, written: &Expr) -> Result<Self, Wrong> {
        let value = ungroup(written);
        if let Expr::Path(it) = value
            && it.qself.is_none()
            && it.path.segments.iter().all(|it| it.arguments.is_none())
        {
            return Ok(Self(it.path.clone()));
        }
        let help = match string(value) {
            Some(text) if is_path_text(&text) => {
                format!("write it without quotes: `crate = {text}`")
            }
            _ => entry.help.to_owned(),
        };
        Err(Wrong::new("`crate` takes a path", help))
    }
}

/// Returns the value without the invisible groups of `macro_rules!` fragments.
fn ungroup(value: &Expr) -> &Expr {
    match value {
        Expr::Group(it) => ungroup(&it.expr),
        value => value,
    }
}

fn string(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(it) => match &it.lit {
            Lit::Str(it) if it.suffix().is_empty() => Some(it.value()),
            _ => None,
        },
        _ => None,
    }
}

/// Returns the value, if it is a single word.
fn word(value: &Expr) -> Option<String> {
    match value {
        Expr::Path(it) => it.path.get_ident().map(ToString::to_string),
        _ => None,
    }
}

/// Returns the last token in lower case, if it is a word: `reject` for `OnFull::Reject`.
fn last_word(value: &Expr) -> Option<String> {
    match value.to_token_stream().into_iter().last()? {
        TokenTree::Ident(word) => Some(word.to_string().to_lowercase()),
        _ => None,
    }
}

fn is_call(value: &Expr) -> bool {
    matches!(value, Expr::Call(_) | Expr::MethodCall(_) | Expr::Macro(_))
}

fn is_path_text(text: &str) -> bool {
    syn::parse_str::<ExprPath>(text).is_ok()
}
