//! The attribute's arguments: tokens in, options out.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::{LitStr, TypePath};

use crate::chunks::{self, Chunk, strip};
use crate::diag::{Mistakes, did_you_mean, one_of};

/// What was written in the parentheses of the attribute.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) backend: Option<Value<Backend>>,
    pub(crate) on_full: Option<Value<OnFull>>,
    pub(crate) max_in_flight: Option<Value<TokenStream>>,
    pub(crate) name: Option<Value<LitStr>>,
    pub(crate) on_error: Option<Value<TokenStream>>,
    pub(crate) krate: Option<Value<TokenStream>>,
    /// Set by this macro, when it has put itself below the item's other attributes.
    pub(crate) is_last: bool,
}

/// An option's value and where it stands.
pub(crate) struct Value<T> {
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

/// The argument that this macro adds to itself; see [`Args::is_last`].
pub(crate) const LAST: &str = "__last";

const KEYS: [&str; 6] = [
    "backend",
    "on_full",
    "max_in_flight",
    "name",
    "on_error",
    "crate",
];
const BUILT_INS: [&str; 3] = ["thread", "pool", "tokio"];
const POLICIES: [&str; 4] = ["drop", "reject", "block", "caller_runs"];

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
            return unknown(&key, value.is_some(), mistakes);
        }
        // A key counts as seen even where its value is wrong: both are mistakes, and independent.
        if seen.contains(&name) {
            let wrong = format!("`{name}` is given twice");
            mistakes.at(key.span(), &wrong, "keep one of the two");
        }
        let is_first = !seen.contains(&name);
        seen.push(name.clone());
        let Some(written) = value else {
            let wrong = format!("`{name}` needs a value");
            return mistakes.at(key.span(), &wrong, example(&name));
        };
        match name.as_str() {
            "backend" => keep(
                &mut self.backend,
                is_first,
                key,
                backend(&written, mistakes),
                written,
            ),
            "on_full" => keep(
                &mut self.on_full,
                is_first,
                key,
                on_full(&written, mistakes),
                written,
            ),
            "max_in_flight" => {
                let limit = limit(&written, mistakes);
                keep(&mut self.max_in_flight, is_first, key, limit, written);
            }
            "name" => keep(
                &mut self.name,
                is_first,
                key,
                site_name(&written, mistakes),
                written,
            ),
            "on_error" => keep(
                &mut self.on_error,
                is_first,
                key,
                handler(&written, mistakes),
                written,
            ),
            _ => keep(
                &mut self.krate,
                is_first,
                key,
                krate(&written, mistakes),
                written,
            ),
        }
    }
}

fn keep<T>(
    slot: &mut Option<Value<T>>,
    is_first: bool,
    key: Ident,
    value: Option<T>,
    written: TokenStream,
) {
    if let (true, Some(value)) = (is_first, value) {
        *slot = Some(Value {
            key,
            written,
            value,
        });
    }
}

fn unknown(key: &Ident, has_value: bool, mistakes: &mut Mistakes) {
    let name = key.to_string();
    let help = if !has_value && BUILT_INS.contains(&name.as_str()) {
        format!("write `backend = \"{name}\"`")
    } else if !has_value && POLICIES.contains(&name.as_str()) {
        format!("write `on_full = \"{name}\"`")
    } else if let Some(meant) = did_you_mean(&name, &KEYS) {
        format!("did you mean `{meant}`? write one of {}", one_of(&KEYS))
    } else {
        format!("write one of {}", one_of(&KEYS))
    };
    mistakes.at(key.span(), &format!("unknown option `{name}`"), &help);
}

/// How an option is written, for those who left its value out.
pub(crate) fn example(key: &str) -> &'static str {
    match key {
        "backend" => "write `backend = \"pool\"`, or the path of a static: `backend = MAIL`",
        "on_full" => "write `on_full = \"reject\"`",
        "max_in_flight" => "write `max_in_flight = 100`",
        "name" => "write `name = \"mail\"`",
        "on_error" => "write `on_error = handler`, the path of a function that takes the error",
        "crate" => "write `crate = path::to::fire_and_forget`",
        _ => "write `option = value`",
    }
}

fn backend(written: &TokenStream, mistakes: &mut Mistakes) -> Option<Backend> {
    let tokens = strip(written);
    if let Some(string) = string(&tokens) {
        let name = string.value();
        let built_in = match name.as_str() {
            "thread" => BuiltIn::Thread,
            "pool" => BuiltIn::Pool,
            "tokio" => BuiltIn::Tokio,
            _ => {
                let help = match did_you_mean(&name, &BUILT_INS) {
                    Some(meant) => format!("did you mean `\"{meant}\"`? {BACKENDS}"),
                    None => BACKENDS.to_owned(),
                };
                mistakes.over(
                    written,
                    &format!("no built-in backend is called `{name}`"),
                    &help,
                );
                return None;
            }
        };
        return Some(Backend::BuiltIn(built_in));
    }
    if !is_path(&tokens) {
        let wrong = "a backend is a string or a path";
        mistakes.over(written, wrong, BACKENDS);
        return None;
    }
    if let Some(word) = word(&tokens)
        && BUILT_INS.contains(&word.as_str())
    {
        let wrong = format!("the built-in backend `{word}` is written as a string");
        let help = format!(
            "write `backend = \"{word}\"`; a static of that name is written with its module: `self::{word}`"
        );
        mistakes.over(written, &wrong, &help);
        return None;
    }
    Some(Backend::Static(tokens))
}

const BACKENDS: &str = "write `\"thread\"`, `\"pool\"`, `\"tokio\"`, or the path of a static that implements `Backend`";

fn on_full(written: &TokenStream, mistakes: &mut Mistakes) -> Option<OnFull> {
    let tokens = strip(written);
    if let Some(string) = string(&tokens) {
        let name = string.value();
        match name.as_str() {
            "drop" => return Some(OnFull::Drop),
            "reject" => return Some(OnFull::Reject),
            "block" => return Some(OnFull::Block),
            "caller_runs" => return Some(OnFull::CallerRuns),
            _ => {}
        }
        let help = match did_you_mean(&name, &POLICIES) {
            Some(meant) => format!("did you mean `\"{meant}\"`? {CHOICES}"),
            None => CHOICES.to_owned(),
        };
        let wrong = format!("`on_full` cannot be `\"{name}\"`");
        mistakes.over(written, &wrong, &help);
    } else if let Some(word) = word(&tokens).filter(|it| POLICIES.contains(&it.as_str())) {
        let wrong = format!("`{word}` needs quotes");
        mistakes.over(written, &wrong, &format!("write `on_full = \"{word}\"`"));
    } else {
        mistakes.over(written, "`on_full` takes a string", CHOICES);
    }
    None
}

const CHOICES: &str = "write `\"drop\"`, `\"reject\"`, `\"block\"` or `\"caller_runs\"`";

fn limit(written: &TokenStream, mistakes: &mut Mistakes) -> Option<TokenStream> {
    let tokens = strip(written);
    let example = example("max_in_flight");
    match literal(&tokens) {
        Some(syn::Lit::Int(int)) => match int.base10_parse::<u128>() {
            Ok(0) => {
                let wrong = "`max_in_flight = 0` would refuse every launch";
                mistakes.over(written, wrong, "allow at least one");
                return None;
            }
            _ if !matches!(int.suffix(), "" | "usize") => {
                let wrong = "`max_in_flight` is a `usize`";
                mistakes.over(written, wrong, "leave the suffix out");
                return None;
            }
            _ => {}
        },
        Some(_) => {
            mistakes.over(written, "`max_in_flight` is a `usize`", example);
            return None;
        }
        // `-1` and `true` are no literals to the lexer.
        None => {
            let is_negative = matches!(
                tokens.clone().into_iter().next(),
                Some(TokenTree::Punct(sign)) if sign.as_char() == '-'
            ) && tokens
                .clone()
                .into_iter()
                .nth(1)
                .is_some_and(|it| matches!(it, TokenTree::Literal(_)))
                && tokens.clone().into_iter().nth(2).is_none();
            let is_bool = word(&tokens).is_some_and(|it| it == "true" || it == "false");
            if is_negative || is_bool {
                mistakes.over(written, "`max_in_flight` is a `usize`", example);
                return None;
            }
        }
    }
    // With the fragment's invisible group, which keeps an `$e:expr` together.
    Some(written.clone())
}

fn site_name(written: &TokenStream, mistakes: &mut Mistakes) -> Option<LitStr> {
    let tokens = strip(written);
    match string(&tokens) {
        Some(string) if string.value().trim().is_empty() => {
            let wrong = "the name is empty";
            let help = "reports and the ledger need a name to show; without this option it is the path of the function";
            mistakes.over(written, wrong, help);
            None
        }
        Some(string) => Some(string),
        None => {
            let help = match word(&tokens) {
                Some(word) => format!("write `name = \"{word}\"`"),
                None => example("name").to_owned(),
            };
            mistakes.over(written, "`name` takes a string literal", &help);
            None
        }
    }
}

fn handler(written: &TokenStream, mistakes: &mut Mistakes) -> Option<TokenStream> {
    let tokens = strip(written);
    if is_path(&tokens) {
        return Some(tokens);
    }
    let help = match string(&tokens) {
        Some(string) if is_path_text(&string.value()) => {
            format!("write it without quotes: `on_error = {}`", string.value())
        }
        _ => "name a function that takes the error; a closure's code goes into such a function"
            .to_owned(),
    };
    mistakes.over(written, "`on_error` takes the path of a function", &help);
    None
}

fn krate(written: &TokenStream, mistakes: &mut Mistakes) -> Option<TokenStream> {
    let tokens = strip(written);
    let is_module = !starts_with(&tokens, '<') && is_path(&tokens);
    if is_module {
        return Some(tokens);
    }
    let help = match string(&tokens) {
        Some(string) if is_path_text(&string.value()) => {
            format!("write it without quotes: `crate = {}`", string.value())
        }
        _ => example("crate").to_owned(),
    };
    mistakes.over(written, "`crate` takes a path", &help);
    None
}

fn literal(tokens: &TokenStream) -> Option<syn::Lit> {
    let mut tokens = tokens.clone().into_iter();
    match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Literal(literal)), None) => Some(syn::Lit::new(literal)),
        _ => None,
    }
}

fn string(tokens: &TokenStream) -> Option<LitStr> {
    match literal(tokens)? {
        syn::Lit::Str(string) if string.suffix().is_empty() => Some(string),
        _ => None,
    }
}

/// The only token, if it is a word.
fn word(tokens: &TokenStream) -> Option<String> {
    let mut tokens = tokens.clone().into_iter();
    match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Ident(word)), None) => Some(word.to_string()),
        _ => None,
    }
}

/// `true` and `false` are words to the lexer, and literals to the user.
fn is_path(tokens: &TokenStream) -> bool {
    !word(tokens).is_some_and(|it| it == "true" || it == "false" || it == "_")
        && syn::parse2::<TypePath>(tokens.clone()).is_ok()
}

fn is_path_text(text: &str) -> bool {
    text.parse().is_ok_and(|tokens| is_path(&tokens))
}

fn starts_with(tokens: &TokenStream, punct: char) -> bool {
    matches!(tokens.clone().into_iter().next(), Some(TokenTree::Punct(it)) if it.as_char() == punct)
}
