//! Receivers and parameters: in the launcher's signature, and as the body sees them.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};

use crate::launcher::{OwnedParam, OwnedReceiver, OwnedReceiverKind};
use crate::tokens::span;

impl OwnedReceiver {
    /// As in the launcher's signature. With its `mut`: the body's closure captures this very variable.
    pub(super) fn declare(&self) -> TokenStream {
        let Self {
            attrs,
            mutability,
            self_token,
            kind,
        } = self;
        let (conditions, lints, others) = (&attrs.conditions, &attrs.lints, &attrs.others);
        let attrs = quote!(#(#conditions)* #(#lints)* #(#others)*);
        match kind {
            OwnedReceiverKind::Value => quote!(#attrs #mutability #self_token),
            OwnedReceiverKind::Static(reference) => quote!(#attrs #reference #self_token),
            OwnedReceiverKind::Typed(ty) => quote!(#attrs #mutability #self_token: #ty),
        }
    }
}

impl OwnedParam {
    /// Where the user wrote what the body sees.
    pub(super) fn span(&self) -> Span {
        match &self.pattern {
            Some(pattern) => span(pattern),
            None => self.ident.span(),
        }
    }

    /// As in the launcher's signature.
    pub(super) fn declare(&self) -> TokenStream {
        let Self { ident, ty, .. } = self;
        let (conditions, others) = (&self.attrs.conditions, &self.attrs.others);
        quote!(#(#conditions)* #(#others)* #ident: #ty)
    }

    /// As the body sees it. Bound once more in the order of the parameters, so that the arguments are dropped in the
    /// order of a plain call.
    pub(super) fn bind(&self) -> TokenStream {
        let Self {
            ident,
            pattern,
            mutability,
            ..
        } = self;
        let (conditions, lints) = (&self.attrs.conditions, &self.attrs.lints);
        match pattern {
            None => quote! {
                #(#conditions)*
                #(#lints)*
                #[allow(clippy::shadow_same, clippy::used_underscore_binding, clippy::no_effect_underscore_binding)]
                let #mutability #ident = #ident;
            },
            Some(pattern) => quote! {
                #(#conditions)*
                let #ident = #ident;
                #(#conditions)*
                #(#lints)*
                #[allow(clippy::shadow_unrelated)]
                let #pattern = #ident;
            },
        }
    }
}

/// `Self`, as the receiver's macro context resolves it.
pub(super) fn self_type(receiver: &OwnedReceiver) -> TokenStream {
    Ident::new("Self", receiver.self_token.span()).into_token_stream()
}
