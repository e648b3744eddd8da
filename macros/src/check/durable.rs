//! Refuses functions whose launches cannot be stored, or cannot be run by another process.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{GenericParam, Generics, Receiver, Type};

use crate::borrow::Borrowed;
use crate::diag::Mistakes;
use crate::launcher::{OwnedParam, Returns};

/// Reports a type whose values cannot be read back. Returns whether it did.
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
                    "a reference cannot be stored: a worker reads values back, and owns them",
                    "take a `String`, a `Vec<_>` or the value; or write `#[own]` before a parameter that is a reference, and the launch stores a copy",
                ),
                "impl" => (
                    "an `impl Trait` argument cannot be stored: a worker needs the name of its type to read it back",
                    "name the type",
                ),
                "Self" => (
                    "a durable function cannot name `Self`: it becomes a separate item",
                    "name the type, here and in the body",
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
        "`self` cannot be stored: a job is a function and its arguments",
        "write a function without `self`, and pass what it needs as arguments",
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
            "a generic function cannot be stored: a worker finds a function by its name alone",
            help,
        );
    }
    for (index, param) in params.iter().enumerate() {
        check_name(param, &params[..index], mistakes);
    }
    if let Some(Returns::Never(bang)) = returns {
        mistakes.over(
            bang,
            "a `-> !` function cannot be stored: its job would never be done",
            "return `()` or `Result<(), E>`, or write `backend = \"thread\"`",
        );
    }
}

const FOR_EACH: &str =
    "remove the attribute here, and annotate a function for each type, which calls this one";

fn check_name(param: &OwnedParam, others: &[OwnedParam], mistakes: &mut Mistakes) {
    let Some(name) = &param.name else {
        mistakes.over(
            &param.pattern,
            "arguments are stored by the names of their parameters, but this one has no name",
            "name the parameter, and destructure it in the body: `let (a, b) = pair;`",
        );
        return;
    };
    // Two parameters under conditions may exclude each other.
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
        mistakes.at(name.span(), &wrong, "rename one of the parameters");
    }
}
