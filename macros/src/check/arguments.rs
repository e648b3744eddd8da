//! Refusals of receivers and parameters.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident};
use syn::spanned::Spanned;
use syn::{Type, TypeReference};

use crate::attrs::ParamAttrs;
use crate::borrow::{Borrow, Borrowed};
use crate::diag::Mistakes;
use crate::item::{Param, Pattern, Receiver, ReceiverKind};
use crate::launcher::{OwnedParam, OwnedReceiver, OwnedReceiverKind};

/// A receiver that does not borrow.
pub(super) fn receiver(
    receiver: Receiver,
    borrowed: &Borrowed,
    mistakes: &mut Mistakes,
) -> Option<OwnedReceiver> {
    let kind = match receiver.kind {
        ReceiverKind::Value => OwnedReceiverKind::Value,
        ReceiverKind::Reference {
            and,
            lifetime,
            mutability,
        } => {
            let is_borrow = lifetime.as_ref().is_none_or(|it| borrowed.contains(it));
            if is_borrow {
                let mut tokens = and.to_token_stream();
                lifetime.to_tokens(&mut tokens);
                mutability.to_tokens(&mut tokens);
                receiver.self_token.to_tokens(&mut tokens);
                mistakes.over(
                    tokens,
                    &format!("`self` must be owned, {OUTLIVES}"),
                    if mutability.is_some() {
                        "take `self`, or `self: Arc<Self>` with a `Mutex` around what changes"
                    } else {
                        "take `self: Arc<Self>` or `self`, or `&'static self` of a static; where a trait asks for `&self`, call an annotated function from it"
                    },
                );
                return None;
            }
            let mut tokens = and.to_token_stream();
            lifetime.to_tokens(&mut tokens);
            mutability.to_tokens(&mut tokens);
            OwnedReceiverKind::Static(tokens)
        }
        ReceiverKind::Typed(ty) => {
            if let Some(rc) = rc(&ty) {
                mistakes.at(
                    rc.span(),
                    "an `Rc` cannot be sent to another thread",
                    "take `self: Arc<Self>`",
                );
                return None;
            }
            check_borrow(&ty, "`self`", borrowed, mistakes);
            OwnedReceiverKind::Typed(ty)
        }
    };
    Some(OwnedReceiver {
        attrs: ParamAttrs::new(receiver.attrs),
        mutability: receiver.mutability,
        self_token: receiver.self_token,
        kind,
    })
}

/// The `Rc` of `Rc<Self>` and `Pin<Rc<Self>>`.
fn rc(ty: &Type) -> Option<Ident> {
    let mut found = None;
    for token in ty.to_token_stream() {
        if let TokenTree::Ident(ident) = token
            && ident == "Rc"
        {
            found = Some(ident);
        }
    }
    found
}

/// A parameter that does not borrow, as far as can be seen.
pub(super) fn param(
    param: Param,
    index: usize,
    rejects: bool,
    borrowed: &Borrowed,
    mistakes: &mut Mistakes,
) -> OwnedParam {
    check_borrow(&param.ty, "parameters", borrowed, mistakes);
    let attrs = ParamAttrs::new(param.attrs);
    if rejects {
        check_returnable(&param.ty, &attrs, mistakes);
    }
    let (ident, mutability, pattern) = match param.pattern {
        Pattern::Name { mutability, ident } => (ident, mutability, None),
        Pattern::Tokens(pattern) => {
            let here = Span::mixed_site().located_at(pattern.span());
            let ident = format_ident!("__arg{index}", span = here);
            (ident, None, Some(pattern))
        }
    };
    OwnedParam {
        attrs,
        ident,
        pattern,
        mutability,
        may_borrow: borrowed.may_borrow(&param.ty),
        ty: param.ty,
    }
}

/// Under `reject`, the arguments' types are written down in the launcher's return type.
fn check_returnable(ty: &Type, attrs: &ParamAttrs, mistakes: &mut Mistakes) {
    if let Some(opaque) = opaque(ty) {
        mistakes.over(
            opaque,
            "`on_full = \"reject\"` gives the arguments back, and the type of this one has no name",
            "make it a type parameter: `fn name<T: …>(argument: T)`",
        );
    }
    if let Some(condition) = attrs.conditions.first() {
        mistakes.over(
            condition,
            "`on_full = \"reject\"` gives the arguments back in a tuple, which cannot have conditional parts",
            "write the function once for each condition, with the `#[cfg]` above it",
        );
    }
}

/// `impl Trait`, anywhere in the type.
pub(super) fn opaque(ty: &Type) -> Option<Ident> {
    fn search(tokens: TokenStream) -> Option<Ident> {
        tokens.into_iter().find_map(|token| match token {
            TokenTree::Ident(ident) if ident == "impl" => Some(ident),
            TokenTree::Group(group) => search(group.stream()),
            _ => None,
        })
    }
    search(ty.to_token_stream())
}

const OUTLIVES: &str = "because the body may run after the call has returned";

fn check_borrow(ty: &Type, what: &str, borrowed: &Borrowed, mistakes: &mut Mistakes) {
    match borrowed.find(ty) {
        None => {}
        Some(Borrow::Reference(reference)) => {
            let mut start = reference.and_token.to_token_stream();
            reference.lifetime.to_tokens(&mut start);
            reference.mutability.to_tokens(&mut start);
            let wrong = format!("{what} must be owned, {OUTLIVES}");
            mistakes.over(start, &wrong, owned(reference));
        }
        Some(Borrow::Lifetime(lifetime)) => {
            let wrong =
                format!("{what} must be owned, and not borrowed for `{lifetime}`, {OUTLIVES}");
            let help = "use an owned type, or `'static` if the data is never freed";
            mistakes.over(lifetime, &wrong, help);
        }
    }
}

/// The owned counterpart of a reference.
fn owned(reference: &TypeReference) -> &'static str {
    if reference.mutability.is_some() {
        return "take the value itself, or an `Arc<Mutex<_>>` if the caller keeps it";
    }
    match &*reference.elem {
        Type::Path(it) if it.path.is_ident("str") => {
            "take a `String` or an `Arc<str>`; `&'static str` if it is always a literal"
        }
        Type::Path(it) if it.path.is_ident("Path") => "take a `PathBuf` or an `Arc<Path>`",
        Type::Slice(_) => {
            "take a `Vec<_>` or an `Arc<[_]>`; `&'static [_]` if it is always a constant"
        }
        _ => "take the value itself, a clone of it, or an `Arc`",
    }
}
