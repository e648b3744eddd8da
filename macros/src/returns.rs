//! What a return type says about a launched function, as far as it can be read off the tokens.

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};

use crate::generics::Generics;
use crate::tokens::{Path, angles, group, is_punct, is_word, list, span, stream, until_punct};

/// What a return type plainly is.
pub(crate) enum Verdict {
    /// `()`
    Unit,
    /// `!`
    Never,
    /// `impl Trait`
    Opaque,
    /// A value that nobody would receive: the whole type, or the value in `Result<T, E>`.
    ThrownAway(TokenStream),
    /// `Result<(), E>`, or a name that only the compiler can look up.
    Other,
}

/// Judges a return type.
pub(crate) fn judge(ty: &TokenStream) -> Verdict {
    let tokens = list(ty);
    if let Some(inside) = parenthesized(&tokens) {
        return judge(&inside);
    }
    match tokens.as_slice() {
        [unit] if is_unit(unit) => Verdict::Unit,
        [never] if is_punct(never, '!') => Verdict::Never,
        [word, ..] if is_word(word, "impl") => Verdict::Opaque,
        [TokenTree::Group(_)] => Verdict::ThrownAway(ty.clone()),
        [start, ..] if is_punct(start, '&') || is_punct(start, '*') || is_function(&tokens) => {
            Verdict::ThrownAway(ty.clone())
        }
        // A trait object, with or without `dyn`.
        _ if until_punct(&tokens, '+').0.len() < tokens.len() => Verdict::ThrownAway(ty.clone()),
        _ => match Path::read(ty) {
            Some(path) if !path.is_qualified => judge_path(ty, &path),
            _ => Verdict::Other,
        },
    }
}

fn judge_path(ty: &TokenStream, path: &Path) -> Verdict {
    let (Some(first), Some(last)) = (path.segments.first(), path.segments.last()) else {
        return Verdict::Other;
    };
    let is_named = |names: &[&str]| names.iter().any(|name| last.ident == name);
    let is_std = path.segments.len() == 1
        || first.ident == "std"
        || first.ident == "core"
        || first.ident == "alloc";
    match last.arguments.as_deref() {
        _ if !is_std => Verdict::Other,
        None if is_named(&VALUES) => Verdict::ThrownAway(ty.clone()),
        Some(_) if is_named(&CONTAINERS) => Verdict::ThrownAway(ty.clone()),
        // With one argument it is an alias, which may mean anything by it.
        Some([value, _]) if is_named(&["Result"]) && !may_be_unit(value) => {
            Verdict::ThrownAway(value.clone())
        }
        _ => Verdict::Other,
    }
}

/// The error of a function, as far as it can be read off the return type.
pub(crate) struct Failure {
    /// Where the type of the error is written; the return type, if it does not show the error.
    pub(crate) at: Span,
    /// Is it a type parameter, or an associated type? The compiler then proposes a bound for it.
    pub(crate) is_generic: bool,
}

impl Failure {
    pub(crate) fn new(returns: &TokenStream, generics: &Generics) -> Self {
        let error = error(returns).unwrap_or_else(|| returns.clone());
        let Some(path) = Path::read(&error) else {
            return Self {
                at: span(&error),
                is_generic: false,
            };
        };
        let (first, last) = (path.segments.first(), path.segments.last());
        let is_parameter = |name: &Ident| generics.types.iter().any(|it| *name == it.name);
        let is_type = |name: &Ident| name.to_string().starts_with(char::is_uppercase);
        let is_generic = first.is_some_and(|it| {
            path.is_qualified
                || is_parameter(&it.ident)
                || (path.segments.len() > 1 && is_type(&it.ident))
        });
        Self {
            at: last.map_or_else(|| span(&error), |it| it.ident.span()),
            is_generic,
        }
    }
}

/// `E` of `Result<(), E>`.
fn error(ty: &TokenStream) -> Option<TokenStream> {
    match Path::read(ty)?.segments.last()?.arguments.as_deref()? {
        [_, error] => Some(error.clone()),
        _ => None,
    }
}

fn may_be_unit(ty: &TokenStream) -> bool {
    let tokens = list(ty);
    match parenthesized(&tokens) {
        Some(inside) => may_be_unit(&inside),
        // Of a macro, only the compiler knows.
        None => match tokens.as_slice() {
            [one] => is_unit(one),
            [path @ .., bang, TokenTree::Group(_)] if is_punct(bang, '!') => {
                Path::read(&stream(path)).is_some()
            }
            _ => false,
        },
    }
}

/// The type in parentheses, or in an invisible group.
fn parenthesized(tokens: &[TokenTree]) -> Option<TokenStream> {
    let [TokenTree::Group(group)] = tokens else {
        return None;
    };
    let inside = list(&group.stream());
    let is_one = !inside.is_empty() && until_punct(&inside, ',').0.len() == inside.len();
    match group.delimiter() {
        Delimiter::None => Some(group.stream()),
        Delimiter::Parenthesis if is_one => Some(group.stream()),
        _ => None,
    }
}

fn is_unit(token: &TokenTree) -> bool {
    group(token, Delimiter::Parenthesis).is_some_and(|it| it.stream().is_empty())
}

/// `fn(A)`, `for<'a> unsafe extern "C" fn(&'a A)`
fn is_function(tokens: &[TokenTree]) -> bool {
    let tokens = match tokens {
        [word, rest @ ..] if is_word(word, "for") => angles(rest).map_or(rest, |(_, it)| it),
        _ => tokens,
    };
    let starts = |it: &TokenTree| {
        ["fn", "unsafe", "extern"]
            .iter()
            .any(|word| is_word(it, word))
    };
    tokens.first().is_some_and(starts)
}

const VALUES: [&str; 18] = [
    "bool", "char", "str", "String", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16",
    "i32", "i64", "i128", "isize", "f32", "f64",
];

const CONTAINERS: [&str; 3] = ["Option", "Vec", "Box"];
