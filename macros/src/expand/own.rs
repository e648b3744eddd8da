//! Writes copies of borrowed arguments: made in the launcher, and lent to the body.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::{Attribute, Type};

use crate::expand::local;
use crate::expand::place::{call_over, ends, located};
use crate::launcher::{Launcher, OwnedParam, OwnedReceiver};
use crate::this;

impl Launcher {
    /// Writes the statements that make the copies. They run the user's `clone` before the launch is counted.
    pub(super) fn copies(&self) -> TokenStream {
        let k = self.private();
        let receiver = self.receiver.iter().filter_map(|it| it.copy(&k));
        let params = self.params.iter().filter_map(|it| it.copy(&k));
        receiver.chain(params).collect()
    }

    /// Writes statements at the start of the body that fix the drop order: a closure drops its captures in the order
    /// in which they are named. The copies come last, in reverse, like the temporaries of a call.
    pub(super) fn captures(&self) -> TokenStream {
        let receiver = self.receiver.iter().map(OwnedReceiver::held);
        let params = self.params.iter().map(OwnedParam::held);
        let (copies, owned): (Vec<_>, Vec<_>) = receiver.chain(params).partition(|it| it.is_copied);
        if copies.is_empty() {
            return TokenStream::new();
        }
        let k = self.private();
        let all = owned.into_iter().chain(copies.into_iter().rev());
        all.map(|it| {
            let (conditions, variable) = (it.conditions, it.variable);
            quote!(#(#conditions)* #k::uses(&#variable);)
        })
        .collect()
    }
}

/// The value that the launch owns for an argument.
pub(super) struct Held<'a> {
    conditions: &'a [Attribute],
    variable: TokenStream,
    is_copied: bool,
}

impl Held<'_> {
    /// Writes the value as an expression to borrow from.
    pub(super) fn value(&self, k: &TokenStream) -> TokenStream {
        let variable = &self.variable;
        if self.is_copied {
            quote!(*#k::copy_of(&#variable))
        } else {
            variable.clone()
        }
    }

    pub(super) fn conditions(&self) -> &[Attribute] {
        self.conditions
    }

    /// Writes the value as it is given back.
    pub(super) fn give(&self, k: &TokenStream) -> TokenStream {
        let variable = &self.variable;
        if self.is_copied {
            quote!(#k::into_copy(#variable))
        } else {
            variable.clone()
        }
    }
}

impl OwnedReceiver {
    pub(super) fn held(&self) -> Held<'_> {
        Held {
            conditions: &self.attrs.conditions,
            variable: match self.copied {
                Some(_) => local("this").into_token_stream(),
                None => self.receiver.self_token.to_token_stream(),
            },
            is_copied: self.copied.is_some(),
        }
    }

    fn copy(&self, k: &TokenStream) -> Option<TokenStream> {
        self.copied.as_ref()?;
        let conditions = &self.attrs.conditions;
        let copied = local("this");
        let this = &self.receiver.self_token;
        let copy = copy_at(k, this, this);
        Some(quote!(#(#conditions)* let #copied = #copy;))
    }

    /// Writes the type of the owned value.
    pub(super) fn ty(&self, k: &TokenStream) -> TokenStream {
        match &self.copied {
            Some(ty) => owned(k, ty),
            None => self.written_ty(),
        }
    }

    /// Writes the binding of the body, if the body uses another name.
    pub(super) fn bind(&self, k: &TokenStream) -> Option<TokenStream> {
        self.copied.as_ref()?;
        let conditions = &self.attrs.conditions;
        let copied = local("this");
        let mutability = &self.receiver.mutability;
        let this = this::name(self.receiver.self_token.span);
        Some(quote!(#(#conditions)* let #mutability #this = #k::lend(&#copied);))
    }
}

impl OwnedParam {
    pub(super) fn held(&self) -> Held<'_> {
        Held {
            conditions: &self.attrs.conditions,
            variable: self.ident.to_token_stream(),
            is_copied: self.copied.is_some(),
        }
    }

    fn copy(&self, k: &TokenStream) -> Option<TokenStream> {
        let ty = self.copied.as_ref()?;
        let (conditions, ident) = (&self.attrs.conditions, &self.ident);
        let copy = copy_at(k, ty, ident);
        Some(quote!(#(#conditions)* let #ident = #copy;))
    }

    /// Writes the type of the owned value.
    pub(super) fn ty(&self, k: &TokenStream) -> TokenStream {
        match &self.copied {
            Some(ty) => owned(k, ty),
            None => self.ty.to_token_stream(),
        }
    }
}

/// Writes the copy of a borrowed value. An error about a missing `Clone` points at the tokens.
fn copy_at(k: &TokenStream, tokens: &dyn ToTokens, borrowed: &dyn ToTokens) -> TokenStream {
    let tokens = tokens.to_token_stream();
    let here = ends(&tokens);
    // With a single token, rustc reports a missing `Clone` once, for type and value. With several, it would report it
    // for each, if the function were named by the type; the other form makes it propose another `&` before a `self`.
    let to_owned = if tokens.into_iter().count() == 1 {
        let ty = quote_spanned!(here.0=> _);
        quote!(<#ty as #k::ToOwned>::to_owned)
    } else {
        located(quote!(#k::ToOwned::to_owned), here.0)
    };
    let again = call_over(here, quote!(#k::identity), borrowed.to_token_stream());
    let copy = call_over(here, to_owned, again);
    quote!(#k::copied(#borrowed, #copy))
}

/// Writes the type of the copy of a value of this type, at its span.
fn owned(k: &TokenStream, ty: &Type) -> TokenStream {
    let (begin, end) = ends(ty);
    let open = quote_spanned!(begin=> <);
    let owned = quote_spanned!(end=> Owned);
    quote!(#open #ty as #k::ToOwned>::#owned)
}
