//! The generic parameters of a function, and which of them outlive every call.

use proc_macro2::{TokenStream, TokenTree};

use crate::tokens::{Lifetime, angles, is_punct, is_word, parts, stream, until_punct};

/// `<…>` and `where …`, as written.
#[derive(Default)]
pub(crate) struct Generics {
    pub(crate) tokens: TokenStream,
    pub(crate) where_clause: TokenStream,
    pub(crate) lifetimes: Vec<Parameter>,
    pub(crate) types: Vec<Parameter>,
}

pub(crate) struct Parameter {
    /// Of a lifetime without the `'`.
    pub(crate) name: String,
    /// Is it bounded by `'static`?
    pub(crate) is_static: bool,
}

impl Generics {
    /// Both with their brackets and words; empty, where there are none.
    pub(crate) fn new(parameters: &[TokenTree], where_clause: &[TokenTree]) -> Self {
        let mut generics = Self {
            tokens: stream(parameters),
            where_clause: stream(where_clause),
            ..Self::default()
        };
        if let [_, inside @ .., _] = parameters {
            for parameter in parts(inside) {
                generics.declare(parameter);
            }
        }
        for predicate in parts(where_clause.get(1..).unwrap_or_default()) {
            generics.bound(predicate);
        }
        generics
    }

    fn declare(&mut self, parameter: &[TokenTree]) {
        let mut rest = parameter;
        while let [pound, _, behind @ ..] = rest
            && is_punct(pound, '#')
        {
            rest = behind;
        }
        let (_, bounds) = until_punct(rest, ':');
        let is_static = has_static(until_punct(bounds, '=').0);
        if let Some((lifetime, _)) = Lifetime::first(rest) {
            let name = lifetime.name;
            self.lifetimes.push(Parameter { name, is_static });
        } else if let Some(TokenTree::Ident(name)) = rest.first()
            && name != "const"
        {
            let name = name.to_string();
            self.types.push(Parameter { name, is_static });
        }
    }

    fn bound(&mut self, predicate: &[TokenTree]) {
        let subject = match predicate {
            [word, rest @ ..] if is_word(word, "for") => angles(rest).map_or(rest, |(_, it)| it),
            _ => predicate,
        };
        let (subject, bounds) = until_punct(subject, ':');
        if !has_static(bounds) {
            return;
        }
        let (parameters, name) = match subject {
            [TokenTree::Ident(name)] => (&mut self.types, name.to_string()),
            _ => match Lifetime::first(subject) {
                Some((lifetime, [])) => (&mut self.lifetimes, lifetime.name),
                _ => return,
            },
        };
        for parameter in parameters.iter_mut().filter(|it| it.name == name) {
            parameter.is_static = true;
        }
    }
}

/// `'static`, as a bound of its own.
fn has_static(bounds: &[TokenTree]) -> bool {
    let mut rest = bounds;
    while !rest.is_empty() {
        let (bound, behind) = until_punct(rest, '+');
        if Lifetime::first(bound).is_some_and(|(it, _)| it.name == "static") {
            return true;
        }
        rest = behind;
    }
    false
}
