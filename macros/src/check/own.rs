//! Checks `#[own]`: which type it copies, and where it is refused.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    Attribute, Ident, Lifetime, Meta, PatType, Receiver, ReceiverKind, Type, TypePath,
    TypeReference,
};

use crate::attrs::ParamAttrs;
use crate::borrow::{Borrow, Borrowed};
use crate::check::parameters::owned;
use crate::diag::Mistakes;
use crate::item::is_punct;
use crate::launcher::{OwnedReceiver, Returns};
use crate::this;

/// The effect of `#[own]` on a parameter.
pub(super) enum Own {
    /// The parameter has no `#[own]`.
    Not,
    /// The launch copies a value of this type.
    Copy(Box<Type>),
    /// It is refused, and has been reported.
    Refused,
}

impl Own {
    pub(super) fn of_param(
        attrs: &ParamAttrs,
        ty: &Type,
        borrowed: &Borrowed,
        mistakes: &mut Mistakes,
    ) -> Self {
        Self::of_type("this parameter", attrs, ty, borrowed, mistakes)
    }

    fn of_type(
        what: &str,
        attrs: &ParamAttrs,
        ty: &Type,
        borrowed: &Borrowed,
        mistakes: &mut Mistakes,
    ) -> Self {
        let Some(own) = attrs.owns.first() else {
            return Self::Not;
        };
        let Some(reference) = reference(ty) else {
            match borrowed.find(ty) {
                Some(Borrow::Reference(inner)) => {
                    let TypeReference {
                        and_token,
                        lifetime,
                        mutability,
                        ..
                    } = inner;
                    let tokens = quote!(#and_token #lifetime #mutability);
                    mistakes.over(tokens, INSIDE, owned(inner));
                }
                Some(Borrow::Lifetime(lifetime)) => mistakes.over(lifetime, INSIDE, OWNED),
                None => refuse_owned(own, what, mistakes),
            }
            return Self::Refused;
        };
        let TypeReference {
            and_token,
            lifetime,
            mutability,
            elem,
            ..
        } = reference;
        if mutability.is_some() {
            mistakes.over(
                quote!(#and_token #lifetime #mutability),
                CHANGED,
                owned(reference),
            );
            return Self::Refused;
        }
        if let Some(lifetime) = lifetime
            && borrowed.is_static(lifetime)
        {
            refuse_static(own, mistakes);
            return Self::Refused;
        }
        if is_trait_object(elem) {
            mistakes.over(
                elem,
                "`#[own]` cannot copy a trait object: its type is not known",
                "take an `Arc<dyn _>`, or use a type parameter that is `Clone`",
            );
            return Self::Refused;
        }
        check_attributes(&attrs.owns, Self::Copy(elem.clone()), mistakes)
    }

    pub(super) fn of_receiver(
        attrs: &ParamAttrs,
        receiver: &Receiver,
        borrowed: &Borrowed,
        mistakes: &mut Mistakes,
    ) -> Self {
        let Some(own) = attrs.owns.first() else {
            return Self::Not;
        };
        match &receiver.kind {
            ReceiverKind::Typed(_, ty) => {
                return Self::of_type("this receiver", attrs, ty, borrowed, mistakes);
            }
            ReceiverKind::Reference(_, _, Some(_)) => mistakes.over(
                receiver,
                CHANGED,
                "take `self`, or `self: Arc<Self>` with a `Mutex` around what changes",
            ),
            ReceiverKind::Reference(_, Some(lifetime), None) if borrowed.is_static(lifetime) => {
                refuse_static(own, mistakes);
            }
            ReceiverKind::Reference(..) => {
                // `Self`, in the hygiene context of the receiver.
                let this = Ident::new("Self", receiver.self_token.span);
                let this = Type::Path(TypePath {
                    attrs: Vec::new(),
                    qself: None,
                    path: this.into(),
                });
                return check_attributes(&attrs.owns, Self::Copy(this.into()), mistakes);
            }
            _ => refuse_owned(own, "this receiver", mistakes),
        }
        Self::Refused
    }
}

/// Renames the receiver in the body.
pub(super) fn rename(
    body: TokenTree,
    receiver: &OwnedReceiver,
    mistakes: &mut Mistakes,
) -> TokenTree {
    this::rename(&body, receiver.receiver.mutability.is_some()).unwrap_or_else(|at| {
        mistakes.at(
            at,
            "a format string cannot name `self` here: the body has a copy of it",
            "write `{}`, and pass `self` as an argument",
        );
        body
    })
}

/// Refuses bodies and errors that would outlive the copies.
pub(super) fn check(
    body: &TokenTree,
    returns: Option<&Returns>,
    borrowed: &Borrowed,
    mistakes: &mut Mistakes,
) {
    check_lifetimes(body, borrowed, mistakes);
    if let Some(Returns::Written(ty, _)) = returns {
        check_error(ty, borrowed, mistakes);
    }
}

/// Refuses a body that names a lifetime of the caller. The search is textual and skips bodies with binders, because an
/// item inside may bind the same name.
fn check_lifetimes(body: &TokenTree, borrowed: &Borrowed, mistakes: &mut Mistakes) {
    let tokens = body.to_token_stream();
    if !has_binder(tokens.clone())
        && let Some(lifetime) = lifetime(tokens, borrowed)
    {
        mistakes.over(
            &lifetime,
            &format!("the body cannot borrow for `{lifetime}`: it borrows from a copy"),
            "remove the lifetime, or write `'_`",
        );
    }
}

/// Returns whether the tokens contain a function or a `for<…>`.
fn has_binder(tokens: TokenStream) -> bool {
    let tokens: Vec<_> = tokens.into_iter().collect();
    tokens.iter().enumerate().any(|(at, token)| match token {
        TokenTree::Group(it) => has_binder(it.stream()),
        TokenTree::Ident(it) if it == "for" => {
            tokens.get(at + 1).is_some_and(|it| is_punct(it, '<'))
        }
        TokenTree::Ident(it) => it == "fn",
        _ => false,
    })
}

/// Returns the first lifetime of the caller in a type.
fn lifetime(tokens: TokenStream, borrowed: &Borrowed) -> Option<Lifetime> {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let groups = tokens.iter().filter_map(|token| match token {
        TokenTree::Group(it) => lifetime(it.stream(), borrowed),
        _ => None,
    });
    let here = tokens.windows(3).filter_map(|it| match it {
        // Other lifetimes are labels.
        [before, TokenTree::Punct(mark), TokenTree::Ident(ident)]
            if mark.as_char() == '\''
                && ['&', '<', ',', '+'].iter().any(|it| is_punct(before, *it)) =>
        {
            Some(Lifetime {
                apostrophe: mark.span(),
                ident: ident.clone(),
            })
        }
        _ => None,
    });
    let mut found = here.filter(|it| it.ident != "_" && borrowed.contains(it));
    found.next().or_else(|| groups.into_iter().next())
}

/// Refuses an error that borrows, because the copies are dropped before it is reported.
fn check_error(ty: &Type, borrowed: &Borrowed, mistakes: &mut Mistakes) {
    let help = "return an owned error, such as a `String`";
    match borrowed.find(ty) {
        None => {}
        Some(Borrow::Reference(it)) => mistakes.over(it, BORROWS, help),
        Some(Borrow::Lifetime(it)) => mistakes.over(it, BORROWS, help),
    }
}

const BORROWS: &str = "the error cannot borrow from a copy that `#[own]` makes: the copy is dropped before the error is reported";

/// Returns the type behind the reference, if `#[own]` copies it.
pub(super) fn stored(param: &PatType) -> &Type {
    let has_own = (param.attrs.iter()).any(|it| it.path().is_ident("own"));
    match reference(&param.ty) {
        Some(it) if has_own && it.mutability.is_none() => &it.elem,
        _ => &param.ty,
    }
}

/// Returns the reference, if the type is one.
pub(super) fn reference(ty: &Type) -> Option<&TypeReference> {
    match ty {
        Type::Reference(it) => Some(it),
        Type::Group(it) => reference(&it.elem),
        Type::Paren(it) => reference(&it.elem),
        _ => None,
    }
}

fn is_trait_object(ty: &Type) -> bool {
    match ty {
        Type::TraitObject(_) => true,
        Type::Group(it) => is_trait_object(&it.elem),
        Type::Paren(it) => is_trait_object(&it.elem),
        _ => false,
    }
}

/// Refuses `#[own]` with arguments, under a condition, and given twice.
fn check_attributes(owns: &[Attribute], own: Own, mistakes: &mut Mistakes) -> Own {
    for (at, attribute) in owns.iter().enumerate() {
        let (wrong, help) = match &attribute.meta {
            Meta::Path(_) if at == 0 => continue,
            Meta::Path(_) => ("`#[own]` is given twice", "remove one of them"),
            meta if meta.path().is_ident("own") => {
                ("`#[own]` takes no arguments", "write `#[own]`")
            }
            _ => (
                "`#[own]` cannot be conditional",
                "write `#[own]`, or one function for each condition, with the `#[cfg]` above it",
            ),
        };
        mistakes.over(&attribute.meta, wrong, help);
        return Own::Refused;
    }
    own
}

fn refuse_owned(own: &Attribute, what: &str, mistakes: &mut Mistakes) {
    let wrong = format!("`#[own]` goes before a reference, but {what} is owned");
    mistakes.over(&own.meta, &wrong, "remove `#[own]`");
}

fn refuse_static(own: &Attribute, mistakes: &mut Mistakes) {
    mistakes.over(
        &own.meta,
        "`#[own]` is not needed: a `'static` reference outlives the call",
        "remove `#[own]`; or remove the lifetime, to accept any reference",
    );
}

const INSIDE: &str = "`#[own]` goes before a reference, but this one is inside a type";
const OWNED: &str = "use an owned type, or `'static` if the data is never freed";
const CHANGED: &str = "`#[own]` makes a copy, so the caller would not see what the body changes";
