//! Refusals of what cannot be stored, and run by another process.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{GenericParam, Generics, Receiver, Type};

use crate::borrow::Borrowed;
use crate::diag::Mistakes;
use crate::launcher::{OwnedParam, Returns};

/// Reports a type whose values cannot be read back.
pub(super) fn refuses(ty: &Type, mistakes: &mut Mistakes) -> bool {
    let found = unstorable(ty.to_token_stream());
    if let Some((at, wrong, help)) = found {
        mistakes.at(at, wrong, help);
    }
    found.is_some()
}

fn unstorable(tokens: TokenStream) -> Option<(Span, &'static str, &'static str)> {
    tokens.into_iter().find_map(|token| {
        let (wrong, help) = match &token {
            TokenTree::Group(group) => return unstorable(group.stream()),
            token => match token.to_string().as_str() {
                "&" => (
                    "a reference cannot be stored: the body gets a value that was read back, and owns it",
                    "take a `String`, a `Vec<_>` or the value itself; or write `#[own]` before a parameter that is a reference, and a copy is stored",
                ),
                "impl" => (
                    "an `impl Trait` argument cannot be stored: reading it back takes a type with a name",
                    "write the type",
                ),
                "Self" => (
                    "the job is an item of its own, in which there is no `Self`",
                    "write the type's name, here and in the body",
                ),
                _ => return None,
            },
        };
        Some((token.span(), wrong, help))
    })
}

pub(super) fn refuse_receiver(receiver: &Receiver, mistakes: &mut Mistakes) {
    mistakes.at(
        receiver.self_token.span,
        "`self` cannot be stored: the process that runs the body does not have it",
        "write a function without `self`, and take what it needs as arguments",
    );
}

pub(super) fn check(
    generics: &Generics,
    params: &[OwnedParam],
    returns: Option<&Returns>,
    borrowed: &Borrowed,
    mistakes: &mut Mistakes,
) {
    for param in &generics.params {
        let (ident, help) = match param {
            GenericParam::Type(it) => (&it.ident, FOR_EACH),
            GenericParam::Const(it) => (&it.ident, FOR_EACH),
            GenericParam::Lifetime(it) if borrowed.contains(&it.lifetime) => continue,
            GenericParam::Lifetime(it) => (&it.lifetime.ident, "write `'static` instead"),
        };
        mistakes.at(
            ident.span(),
            "a generic function cannot be stored: a job has the function's name, and nothing else to find it by",
            help,
        );
    }
    for (index, param) in params.iter().enumerate() {
        check_name(param, &params[..index], mistakes);
    }
    if let Some(Returns::Never(bang)) = returns {
        mistakes.over(
            bang,
            "a job that never returns would never be done",
            "return `()` or `Result<(), E>`; what goes on for ever needs no store",
        );
    }
}

const FOR_EACH: &str = "write a function for each use, which calls this one without its attribute";

fn check_name(param: &OwnedParam, others: &[OwnedParam], mistakes: &mut Mistakes) {
    let Some(name) = &param.name else {
        mistakes.over(
            &param.pattern,
            "arguments are stored by the names of their parameters, and this one has none",
            "name the parameter, and take it apart in the body: `let (a, b) = pair;`",
        );
        return;
    };
    // Those under conditions may exclude each other.
    let is_like = |it: &&OwnedParam| {
        let is_certain = it.attrs.conditions.is_empty() || param.attrs.conditions.is_empty();
        is_certain
            && it
                .name
                .as_ref()
                .is_some_and(|it| it.unraw() == name.unraw())
    };
    if others.iter().any(|it| is_like(&it)) {
        let wrong = format!("two arguments would be stored as `{}`", name.unraw());
        mistakes.at(
            name.span(),
            &wrong,
            "give one of the parameters another name",
        );
    }
}
