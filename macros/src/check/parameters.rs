//! Checks receivers and parameters.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Pat, PatIdent, PatType, Receiver, ReceiverKind, Type, TypeReference};

use crate::attrs::ParamAttrs;
use crate::borrow::{Borrow, Borrowed};
use crate::check::own::{self, Own};
use crate::diag::Mistakes;
use crate::launcher::{OwnedParam, OwnedReceiver};

/// Checks a receiver: it is owned, or copied.
pub(super) fn receiver(
    mut receiver: Receiver,
    borrowed: &Borrowed,
    mistakes: &mut Mistakes,
) -> Option<OwnedReceiver> {
    let attrs = ParamAttrs::new(std::mem::take(&mut receiver.attrs));
    let copied = match Own::of_receiver(&attrs, &receiver, borrowed, mistakes) {
        Own::Not => None,
        Own::Copy(ty) => Some(ty),
        Own::Refused => return None,
    };
    if let Some(ty) = copied {
        check_borrow(&ty, "`self`", "", borrowed, mistakes);
        return Some(OwnedReceiver {
            attrs,
            receiver,
            copied: Some(*ty),
        });
    }
    match &receiver.kind {
        ReceiverKind::Reference(_, lifetime, mutability)
            if lifetime.as_ref().is_none_or(|it| borrowed.contains(it)) =>
        {
            mistakes.over(
                &receiver,
                &format!("`self` must be owned, {OUTLIVES}"),
                if mutability.is_some() {
                    "take `self`, or `self: Arc<Self>` with a `Mutex` around what changes"
                } else {
                    "take `self: Arc<Self>`, `self` or `&'static self`; or write `#[own]` before `&self`, and the launch copies it"
                },
            );
            return None;
        }
        ReceiverKind::Typed(_, ty) => {
            if let Some(rc) = rc(ty) {
                mistakes.at(
                    rc.span(),
                    "an `Rc` cannot be sent to another thread",
                    "take `self: Arc<Self>`",
                );
                return None;
            }
            check_borrow(ty, "`self`", "`self`", borrowed, mistakes);
        }
        _ => {}
    }
    Some(OwnedReceiver {
        attrs,
        receiver,
        copied: None,
    })
}

/// Returns the `Rc` of `Rc<Self>` or `Pin<Rc<Self>>`.
fn rc(ty: &Type) -> Option<Ident> {
    find(ty.to_token_stream(), "Rc")
}

/// Checks a parameter: it is owned, as far as tokens show it, or copied. `others` come before it.
pub(super) fn param(
    param: PatType,
    others: &[OwnedParam],
    rejects: bool,
    borrowed: &Borrowed,
    mistakes: &mut Mistakes,
) -> OwnedParam {
    let attrs = ParamAttrs::new(param.attrs);
    let copied = match Own::of_param(&attrs, &param.ty, borrowed, mistakes) {
        Own::Not => {
            let it = name(&param.pat).map_or("it".to_owned(), |it| format!("`{it}`"));
            check_borrow(&param.ty, "parameters", &it, borrowed, mistakes);
            None
        }
        Own::Copy(ty) => {
            check_borrow(&ty, "parameters", "", borrowed, mistakes);
            Some(*ty)
        }
        Own::Refused => None,
    };
    if rejects {
        check_returnable(&param.ty, &attrs, mistakes);
    }
    let name = name(&param.pat);
    let at = name.as_ref().map_or_else(|| param.pat.span(), Ident::span);
    let mut ident = hidden(name.as_ref(), others);
    ident.set_span(Span::mixed_site().located_at(at));
    OwnedParam {
        attrs,
        ident,
        pattern: *param.pat,
        name,
        at,
        suspicion: borrowed.suspect(copied.as_ref().unwrap_or(&param.ty)),
        ty: *param.ty,
        copied,
    }
}

/// Returns the name, if it is the whole pattern. A capitalized name may be a constant, so it does not count.
fn name(pattern: &Pat) -> Option<Ident> {
    match pattern {
        Pat::Ident(PatIdent {
            by_ref: None,
            ident,
            subpat: None,
            ..
        }) => {
            Some(ident.clone()).filter(|it| !it.unraw().to_string().starts_with(char::is_uppercase))
        }
        _ => None,
    }
}

/// Returns the name of the launcher's parameter, in the hygiene context of the expansion. It is the user's name,
/// unless it is reserved for the expansion, or another parameter has it in another hygiene context.
fn hidden(name: Option<&Ident>, others: &[OwnedParam]) -> Ident {
    let free = |it: &&Ident| {
        !it.to_string().starts_with("__") && others.iter().all(|other| other.ident != **it)
    };
    match name.filter(free) {
        // A keyword of a later edition than the user's.
        Some(name)
            if ["async", "await", "dyn", "gen", "try"]
                .iter()
                .any(|it| name == it) =>
        {
            Ident::new_raw(&name.to_string(), name.span())
        }
        Some(name) => name.clone(),
        None => format_ident!("__arg{}", others.len()),
    }
}

/// Refuses parameters whose types cannot be written in the return type of the launcher, which `reject` needs.
fn check_returnable(ty: &Type, attrs: &ParamAttrs, mistakes: &mut Mistakes) {
    if let Some(opaque) = opaque(ty) {
        mistakes.at(
            opaque.span(),
            "`on_full = \"reject\"` returns the arguments, but an `impl Trait` type has no name",
            "make it a type parameter: `fn name<T: …>(argument: T)`",
        );
    }
    if let Some(condition) = attrs.conditions.first() {
        mistakes.over(
            condition,
            "`on_full = \"reject\"` returns the arguments in a tuple, which cannot have conditional fields",
            "write one function for each condition, with the `#[cfg]` above it",
        );
    }
}

/// Returns an `impl Trait` anywhere in the type.
pub(super) fn opaque(ty: &Type) -> Option<Ident> {
    find(ty.to_token_stream(), "impl")
}

/// Returns the first identifier with this text, inside groups, too.
fn find(tokens: TokenStream, word: &str) -> Option<Ident> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) if ident == word => Some(ident),
        TokenTree::Group(group) => find(group.stream(), word),
        _ => None,
    })
}

const OUTLIVES: &str = "because the body may run after the call has returned";

/// Reports what the type borrows. If the type is a reference, the help proposes `#[own]` before `it`.
fn check_borrow(ty: &Type, what: &str, it: &str, borrowed: &Borrowed, mistakes: &mut Mistakes) {
    match borrowed.find(ty) {
        None => {}
        Some(Borrow::Reference(reference)) => {
            let TypeReference {
                and_token,
                lifetime,
                mutability,
                ..
            } = reference;
            let wrong = format!("{what} must be owned, {OUTLIVES}");
            let help = owned(reference);
            let may_be_copied = !it.is_empty()
                && own::reference(ty).is_some_and(|it| std::ptr::eq(it, reference))
                && mutability.is_none()
                && borrowed.find(&reference.elem).is_none();
            let help = if may_be_copied {
                format!("{help}; or write `#[own]` before {it}, and the launch copies it")
            } else {
                help.to_owned()
            };
            mistakes.over(quote!(#and_token #lifetime #mutability), &wrong, &help);
        }
        Some(Borrow::Lifetime(lifetime)) => {
            let wrong = format!("{what} must be owned, not borrowed for `{lifetime}`, {OUTLIVES}");
            let help = "use an owned type, or `'static` if the data is never freed";
            mistakes.over(lifetime, &wrong, help);
        }
    }
}

/// Returns the help that names an owned type in place of the reference.
pub(super) fn owned(reference: &TypeReference) -> &'static str {
    if reference.mutability.is_some() {
        return "take the value, or an `Arc<Mutex<_>>` if the caller keeps it";
    }
    match &*reference.elem {
        Type::Path(it) if it.path.is_ident("str") => {
            "take a `String`, an `Arc<str>` or a `&'static str`"
        }
        Type::Path(it) if it.path.is_ident("Path") => "take a `PathBuf` or an `Arc<Path>`",
        Type::Path(it) if it.path.segments.last().is_some_and(|it| it.ident == "Arc") => {
            "take the `Arc` itself: the caller passes a clone of it"
        }
        Type::Slice(_) => "take a `Vec<_>`, an `Arc<[_]>` or a `&'static [_]`",
        _ => "take the value, or an `Arc` of it",
    }
}
