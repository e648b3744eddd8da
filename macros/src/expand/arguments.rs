//! Writes receivers and parameters: in the signature of the launcher, and as bindings of the body.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ReceiverKind;

use crate::expand::place::{call_over, method_over};
use crate::launcher::{OwnedParam, OwnedReceiver, Suspicion};

impl OwnedReceiver {
    /// Writes it for the signature. Its `mut` stays, because the body's closure captures this variable.
    pub(super) fn declare(&self) -> TokenStream {
        let Self {
            attrs, receiver, ..
        } = self;
        let (conditions, lints, others) = (&attrs.conditions, &attrs.lints, &attrs.others);
        let mut receiver = receiver.clone();
        if self.copied.is_some() {
            receiver.mutability = None;
        }
        quote!(#(#conditions)* #(#lints)* #(#others)* #receiver)
    }

    /// Writes statements whose errors say that it is not `Send`, or not owned.
    pub(super) fn ask(&self, k: &TokenStream) -> TokenStream {
        let here = self.receiver.self_token.span;
        let this = self.held().value(k);
        let conditions = &self.attrs.conditions;
        let sendable = sendable(k, &this, here);
        let owned = call_over((here, here), quote!(#k::owned), quote!(&#this));
        quote!(#(#conditions)* { #sendable #owned; })
    }

    pub(super) fn written_ty(&self) -> TokenStream {
        // `Self`, in the hygiene context of the receiver.
        let this = Ident::new("Self", self.receiver.self_token.span);
        match &self.receiver.kind {
            ReceiverKind::Typed(_, ty) => ty.to_token_stream(),
            ReceiverKind::Reference(and, lifetime, mutability) => {
                quote!(#and #lifetime #mutability #this)
            }
            _ => this.into_token_stream(),
        }
    }
}

impl OwnedParam {
    /// Writes it for the signature.
    pub(super) fn declare(&self) -> TokenStream {
        let Self { ident, ty, .. } = self;
        let (conditions, others) = (&self.attrs.conditions, &self.attrs.others);
        quote!(#(#conditions)* #(#others)* #ident: #ty)
    }

    /// Writes statements whose errors say that it is not `Send`, or not owned.
    pub(super) fn ask(&self, k: &TokenStream) -> TokenStream {
        let conditions = &self.attrs.conditions;
        let sendable = sendable(k, &self.held().value(k), self.at);
        let owned = self.ask_owned(k);
        quote!(#(#conditions)* { #sendable #owned })
    }

    /// Writes a statement whose error says that it is not owned.
    pub(super) fn ask_owned(&self, k: &TokenStream) -> Option<TokenStream> {
        let Self { ty, at, .. } = self;
        let ty = self.copied.as_ref().unwrap_or(ty);
        match self.suspicion {
            Some(Suspicion::OfSelf) => {
                let value = self.held().value(k);
                let call = call_over((*at, *at), quote!(#k::owned), quote!(&#value));
                Some(quote!(#call;))
            }
            Some(Suspicion::LeftOut) => {
                let ty = quote!(#k::parameter(|_: fn(#ty)| {}));
                let ty = method_over((*at, *at), ty, "__parameter", TokenStream::new());
                Some(quote!(#k::must_be_owned(#ty);))
            }
            Some(Suspicion::Generic) | None => None,
        }
    }

    /// Writes the binding of the body. The parameters are bound again in their order, so that arguments are dropped in
    /// the order of a plain call.
    pub(super) fn bind(&self, k: &TokenStream) -> TokenStream {
        let Self { ident, pattern, .. } = self;
        let (conditions, lints) = (&self.attrs.conditions, &self.attrs.lints);
        if self.copied.is_some() {
            return quote!(#(#conditions)* #(#lints)* let #pattern = #k::lend(&#ident););
        }
        if let Some(name) = &self.name {
            // Braces around the name keep clippy's lint for needless bindings quiet if the name begins with an
            // underscore.
            let is_unused = name.to_string().starts_with('_');
            let value = if is_unused {
                quote!({ #ident })
            } else {
                quote!(#ident)
            };
            return quote!(#(#conditions)* #(#lints)* let #pattern = #value;);
        }
        // The remainder of a destructured argument is dropped after the parts that the pattern takes out.
        let borrows_mutably = pattern.to_token_stream().to_string().contains("ref mut ");
        let mutability = borrows_mutably.then(|| quote!(mut));
        quote! {
            #(#conditions)*
            let #mutability #ident = #ident;
            #(#conditions)*
            #(#lints)*
            let #pattern = #ident;
        }
    }
}

/// Writes a statement whose tokens all have the span of the argument, so that its error points there and nowhere else.
fn sendable(k: &TokenStream, argument: &dyn ToTokens, at: Span) -> TokenStream {
    let mut argument = Group::new(Delimiter::Parenthesis, argument.to_token_stream());
    argument.set_span(at);
    let argument = quote_spanned!(at=> &#argument);
    quote!(#k::sendable(#argument);)
}
