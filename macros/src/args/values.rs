//! The values of the options, one reader for each kind.

use proc_macro2::{TokenStream, TokenTree};
use syn::{LitStr, TypePath};

use crate::args::{BUILT_INS, Backend, BuiltIn, OnFull, POLICIES, example};
use crate::chunks::{is_punct, strip};
use crate::diag::{Mistakes, did_you_mean};

pub(super) fn backend(written: &TokenStream, mistakes: &mut Mistakes) -> Option<Backend> {
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

pub(super) fn on_full(written: &TokenStream, mistakes: &mut Mistakes) -> Option<OnFull> {
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

pub(super) fn limit(written: &TokenStream, mistakes: &mut Mistakes) -> Option<TokenStream> {
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
        None if is_negative(&tokens) || is_bool(&tokens) => {
            mistakes.over(written, "`max_in_flight` is a `usize`", example);
            return None;
        }
        None => {}
    }
    // With the fragment's invisible group, which keeps an `$e:expr` together.
    Some(written.clone())
}

pub(super) fn name(written: &TokenStream, mistakes: &mut Mistakes) -> Option<LitStr> {
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

pub(super) fn handler(written: &TokenStream, mistakes: &mut Mistakes) -> Option<TokenStream> {
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

pub(super) fn krate(written: &TokenStream, mistakes: &mut Mistakes) -> Option<TokenStream> {
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
fn is_bool(tokens: &TokenStream) -> bool {
    word(tokens).is_some_and(|it| it == "true" || it == "false")
}

/// `-1` is two tokens, and one literal to the user.
fn is_negative(tokens: &TokenStream) -> bool {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    matches!(tokens.as_slice(), [sign, TokenTree::Literal(_)] if is_punct(sign, '-'))
}

fn is_path(tokens: &TokenStream) -> bool {
    !is_bool(tokens) && syn::parse2::<TypePath>(tokens.clone()).is_ok()
}

fn is_path_text(text: &str) -> bool {
    text.parse().is_ok_and(|tokens| is_path(&tokens))
}

fn starts_with(tokens: &TokenStream, punct: char) -> bool {
    let first = tokens.clone().into_iter().next();
    first.is_some_and(|it| is_punct(&it, punct))
}
