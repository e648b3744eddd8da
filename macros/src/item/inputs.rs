//! The parameters of a function.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};

use crate::attrs::Attribute;
use crate::diag::Mistake;
use crate::item::next_span;
use crate::tokens::{Lifetime, colons, is_punct, stream, until, until_punct};

pub(crate) struct Receiver {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) mutability: Option<Ident>,
    /// The user's own token: only that one names the receiver inside `macro_rules!`.
    pub(crate) self_token: Ident,
    pub(crate) kind: ReceiverKind,
}

pub(crate) enum ReceiverKind {
    /// `self`
    Value,
    /// `&self`, `&'a mut self`
    Reference {
        /// What stands before `self`.
        start: TokenStream,
        lifetime: Option<Lifetime>,
        is_mutable: bool,
    },
    /// `self: Type`
    Typed(TokenStream),
}

pub(crate) struct Param {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) pattern: Pattern,
    pub(crate) ty: TokenStream,
}

pub(crate) enum Pattern {
    /// `x` or `mut x`
    Name {
        mutability: Option<Ident>,
        ident: Ident,
    },
    /// Any other pattern.
    Tokens(TokenStream),
}

/// What stands in the parentheses of the signature.
#[derive(Default)]
pub(super) struct Inputs {
    pub(super) receiver: Option<Receiver>,
    pub(super) params: Vec<Param>,
    pub(super) variadic: Option<TokenStream>,
}

impl Inputs {
    pub(super) fn parse(tokens: &[TokenTree], end: Span) -> Result<Self, Mistake> {
        let mut inputs = Self::default();
        let mut rest = tokens;
        while !rest.is_empty() {
            let (attrs, behind) = Attribute::take(rest);
            let is_first = inputs.receiver.is_none() && inputs.params.is_empty();
            if is_variadic(behind) {
                (inputs.variadic, rest) = variadic(behind);
                continue;
            }
            if is_first && let Some(receiver) = Receiver::read(behind, &attrs) {
                inputs.receiver = Some(receiver);
                rest = until_punct(behind, ',').1;
                continue;
            }
            let (pattern, behind) = pattern(behind, end)?;
            if is_variadic(behind) {
                (inputs.variadic, rest) = variadic(behind);
                continue;
            }
            let (ty, behind) = until_punct(behind, ',');
            if ty.is_empty() {
                let at = next_span(behind, end);
                return Err(Mistake::new(at, "expected a type".to_owned()));
            }
            let ty = stream(ty);
            inputs.params.push(Param { attrs, pattern, ty });
            rest = behind;
        }
        Ok(inputs)
    }
}

/// `...`
fn is_variadic(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [a, b, c, ..] if [a, b, c].iter().all(|it| is_punct(it, '.')))
}

fn variadic(tokens: &[TokenTree]) -> (Option<TokenStream>, &[TokenTree]) {
    let (dots, rest) = until_punct(tokens, ',');
    (Some(stream(dots)), rest)
}

impl Receiver {
    /// The receiver at the start, if there is one.
    fn read(tokens: &[TokenTree], attrs: &[Attribute]) -> Option<Self> {
        let is_reference = is_punct(tokens.first()?, '&');
        let mut rest = &tokens[usize::from(is_reference)..];
        let mut lifetime = None;
        if is_reference && let Some((first, behind)) = Lifetime::first(rest) {
            (lifetime, rest) = (Some(first), behind);
        }
        let mutability = match rest.first()? {
            TokenTree::Ident(word) if word == "mut" => Some(word.clone()),
            _ => None,
        };
        let at = tokens.len() - rest.len() + usize::from(mutability.is_some());
        let TokenTree::Ident(self_token) = tokens.get(at)? else {
            return None;
        };
        let (written, _) = until_punct(&tokens[at + 1..], ',');
        if self_token != "self" || colons(written).is_some() {
            return None;
        }
        let kind = match written {
            [colon, ty @ ..] if is_punct(colon, ':') && !is_reference => {
                ReceiverKind::Typed(stream(ty))
            }
            _ if is_reference => ReceiverKind::Reference {
                start: stream(&tokens[..at]),
                lifetime,
                is_mutable: mutability.is_some(),
            },
            _ => ReceiverKind::Value,
        };
        Some(Self {
            attrs: attrs.to_vec(),
            mutability: mutability.filter(|_| !is_reference),
            self_token: self_token.clone(),
            kind,
        })
    }
}

/// Everything up to the `:` before the type, and what follows; no pattern has a `:` or `,` outside groups and `<…>`.
fn pattern(tokens: &[TokenTree], end: Span) -> Result<(Pattern, &[TokenTree]), Mistake> {
    let (pattern, rest) = until(tokens, |rest| {
        is_punct(&rest[0], ':') || is_punct(&rest[0], ',')
    });
    let wrong = match (pattern, rest.first()) {
        ([], _) => "expected a parameter",
        (_, Some(colon)) if is_punct(colon, ':') => {
            let pattern = match pattern {
                [TokenTree::Ident(ident)] if !NO_NAMES.iter().any(|it| ident == it) => {
                    Pattern::Name {
                        mutability: None,
                        ident: ident.clone(),
                    }
                }
                [TokenTree::Ident(word), TokenTree::Ident(ident)] if word == "mut" => {
                    Pattern::Name {
                        mutability: Some(word.clone()),
                        ident: ident.clone(),
                    }
                }
                _ => Pattern::Tokens(stream(pattern)),
            };
            return Ok((pattern, &rest[1..]));
        }
        _ => "expected `:`",
    };
    let at = next_span(if pattern.is_empty() { tokens } else { rest }, end);
    Err(Mistake::new(at, wrong.to_owned()))
}

/// Words that match, if at all, and bind nothing: `Self` is a unit struct.
const NO_NAMES: [&str; 6] = ["_", "Self", "crate", "false", "super", "true"];
