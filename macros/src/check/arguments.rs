//! Refusals of receivers and parameters.

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident};

use crate::attrs::ParamAttrs;
use crate::borrow::{Borrow, Borrowed, Reference};
use crate::diag::Mistakes;
use crate::item::{Param, Pattern, Receiver, ReceiverKind};
use crate::launcher::{OwnedParam, OwnedReceiver, OwnedReceiverKind};
use crate::tokens::{is_punct, is_word, list, span};

/// A receiver that does not borrow.
pub(super) fn receiver(
    receiver: Receiver,
    borrowed: &Borrowed,
    mistakes: &mut Mistakes,
) -> Option<OwnedReceiver> {
    let kind = match receiver.kind {
        ReceiverKind::Value => OwnedReceiverKind::Value,
        ReceiverKind::Reference {
            start,
            lifetime,
            is_mutable,
        } => {
            let is_borrow = lifetime.as_ref().is_none_or(|it| borrowed.contains(it));
            if is_borrow {
                let mut tokens = start;
                receiver.self_token.to_tokens(&mut tokens);
                mistakes.over(
                    &tokens,
                    &format!("`self` must be owned, {OUTLIVES}"),
                    if is_mutable {
                        "take `self`, or `self: Arc<Self>` with a `Mutex` around what changes"
                    } else {
                        "take `self: Arc<Self>` or `self`, or `&'static self` of a static; where a trait asks for `&self`, call an annotated function from it"
                    },
                );
                return None;
            }
            OwnedReceiverKind::Static(start)
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
fn rc(ty: &TokenStream) -> Option<Ident> {
    find(ty.clone(), "Rc")
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
            let here = Span::mixed_site().located_at(span(&pattern));
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
fn check_returnable(ty: &TokenStream, attrs: &ParamAttrs, mistakes: &mut Mistakes) {
    if let Some(opaque) = opaque(ty) {
        mistakes.at(
            opaque.span(),
            "`on_full = \"reject\"` gives the arguments back, and the type of this one has no name",
            "make it a type parameter: `fn name<T: …>(argument: T)`",
        );
    }
    if let Some(condition) = attrs.conditions.first() {
        mistakes.over(
            &condition.to_token_stream(),
            "`on_full = \"reject\"` gives the arguments back in a tuple, which cannot have conditional parts",
            "write the function once for each condition, with the `#[cfg]` above it",
        );
    }
}

/// `impl Trait`, anywhere in the type.
pub(super) fn opaque(ty: &TokenStream) -> Option<Ident> {
    find(ty.clone(), "impl")
}

/// The word, in whatever groups.
fn find(tokens: TokenStream, word: &str) -> Option<Ident> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) if ident == word => Some(ident),
        TokenTree::Group(group) => find(group.stream(), word),
        _ => None,
    })
}

const OUTLIVES: &str = "because the body may run after the call has returned";

fn check_borrow(ty: &TokenStream, what: &str, borrowed: &Borrowed, mistakes: &mut Mistakes) {
    match borrowed.find(ty) {
        None => {}
        Some(Borrow::Reference(reference)) => {
            let wrong = format!("{what} must be owned, {OUTLIVES}");
            mistakes.over(&reference.start, &wrong, owned(&reference));
        }
        Some(Borrow::Lifetime(lifetime)) => {
            let wrong = format!(
                "{what} must be owned, and not borrowed for `'{}`, {OUTLIVES}",
                lifetime.name
            );
            let help = "use an owned type, or `'static` if the data is never freed";
            mistakes.over(&lifetime.tokens, &wrong, help);
        }
    }
}

/// The owned counterpart of a reference.
fn owned(reference: &Reference) -> &'static str {
    if reference.is_mutable {
        return "take the value itself, or an `Arc<Mutex<_>>` if the caller keeps it";
    }
    let is_longer = |next: &TokenTree| is_punct(next, ':') || is_punct(next, '<');
    match reference.rest.as_slice() {
        [TokenTree::Ident(_), next, ..] if is_longer(next) => OTHER,
        [word, ..] if is_word(word, "str") => {
            "take a `String` or an `Arc<str>`; `&'static str` if it is always a literal"
        }
        [word, ..] if is_word(word, "Path") => "take a `PathBuf` or an `Arc<Path>`",
        [TokenTree::Group(it), ..]
            if it.delimiter() == Delimiter::Bracket
                && !list(&it.stream()).iter().any(|it| is_punct(it, ';')) =>
        {
            "take a `Vec<_>` or an `Arc<[_]>`; `&'static [_]` if it is always a constant"
        }
        _ => OTHER,
    }
}

const OTHER: &str = "take the value itself, a clone of it, or an `Arc`";
