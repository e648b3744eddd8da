//! Copies of what is borrowed: made in the launcher, and lent to the body.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::{Attribute, Type};

use crate::expand::local;
use crate::expand::place::{call_over, ends, located};
use crate::launcher::{Launcher, OwnedParam, OwnedReceiver};
use crate::this;

impl Launcher {
    /// Statements of the launcher that make the copies. What they call is the user's, so nothing has begun yet.
    pub(super) fn copies(&self) -> TokenStream {
        let k = self.private();
        let receiver = self.receiver.iter().filter_map(|it| it.copy(&k));
        let params = self.params.iter().filter_map(|it| it.copy(&k));
        receiver.chain(params).collect()
    }

    /// Statements of the body, at whose end what it captures is dropped in the order in which it names that first. The
    /// copies go behind all else, as the temporary values of a call do: the last one first.
    pub(super) fn captures(&self) -> TokenStream {
        let k = self.private();
        let receiver = self.receiver.iter().map(OwnedReceiver::captured);
        let params = self.params.iter().filter(|it| it.copied.is_some());
        let mut captured: Vec<_> = receiver.chain(params.map(OwnedParam::captured)).collect();
        let owned = self
            .receiver
            .iter()
            .filter(|it| it.copied.is_none())
            .count();
        if captured.len() == owned {
            return TokenStream::new();
        }
        captured[owned..].reverse();
        captured
            .into_iter()
            .map(|(conditions, it)| quote!(#(#conditions)* #k::uses(&#it);))
            .collect()
    }
}

impl OwnedReceiver {
    fn captured(&self) -> (&[Attribute], TokenStream) {
        let captured = match &self.copied {
            Some(_) => local("this").into_token_stream(),
            None => self.receiver.self_token.to_token_stream(),
        };
        (&self.attrs.conditions, captured)
    }

    fn copy(&self, k: &TokenStream) -> Option<TokenStream> {
        self.copied.as_ref()?;
        let conditions = &self.attrs.conditions;
        let copied = local("this");
        let this = &self.receiver.self_token;
        let here = this.span;
        // A path that begins with the type, so that the compiler does not propose `&&self`.
        let ty = quote_spanned!(here=> _);
        let to_owned = quote!(<#ty as #k::ToOwned>::to_owned);
        let copy = call_over((here, here), to_owned, quote!(#this));
        Some(quote!(#(#conditions)* let #copied = #k::copied(#this, #copy);))
    }

    /// The type of what the launch owns.
    pub(super) fn ty(&self, k: &TokenStream) -> TokenStream {
        match &self.copied {
            Some(ty) => owned(k, ty),
            None => self.written_ty(),
        }
    }

    /// What the launch owns.
    pub(super) fn value(&self, k: &TokenStream) -> TokenStream {
        if self.copied.is_none() {
            return self.receiver.self_token.to_token_stream();
        }
        let copied = local("this");
        quote!(*#k::copy_of(&#copied))
    }

    /// The same, on its way back.
    pub(super) fn give(&self, k: &TokenStream) -> TokenStream {
        if self.copied.is_none() {
            return self.receiver.self_token.to_token_stream();
        }
        let copied = local("this");
        quote!(#k::into_copy(#copied))
    }

    /// As the body sees it, if it has another name there.
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
    fn captured(&self) -> (&[Attribute], TokenStream) {
        (&self.attrs.conditions, self.ident.to_token_stream())
    }

    fn copy(&self, k: &TokenStream) -> Option<TokenStream> {
        let ty = self.copied.as_ref()?;
        let Self { ident, .. } = self;
        let conditions = &self.attrs.conditions;
        // At the type, the compiler says that there is no copy.
        let here = ends(ty);
        let to_owned = located(quote!(#k::ToOwned::to_owned), here.0);
        let borrowed = call_over(here, quote!(#k::identity), quote!(#ident));
        let copy = call_over(here, to_owned, borrowed);
        Some(quote!(#(#conditions)* let #ident = #k::copied(#ident, #copy);))
    }

    /// What the launch owns.
    pub(super) fn value(&self, k: &TokenStream) -> TokenStream {
        let ident = &self.ident;
        match &self.copied {
            Some(_) => quote!(*#k::copy_of(&#ident)),
            None => ident.to_token_stream(),
        }
    }

    /// The same, on its way back.
    pub(super) fn give(&self, k: &TokenStream) -> TokenStream {
        let ident = &self.ident;
        match &self.copied {
            Some(_) => quote!(#k::into_copy(#ident)),
            None => ident.to_token_stream(),
        }
    }

    /// The type of what the launch owns.
    pub(super) fn ty(&self, k: &TokenStream) -> TokenStream {
        match &self.copied {
            Some(ty) => owned(k, ty),
            None => self.ty.to_token_stream(),
        }
    }
}

/// The type of the copy of what has this type.
fn owned(k: &TokenStream, ty: &Type) -> TokenStream {
    let (begin, end) = ends(ty);
    let open = quote_spanned!(begin=> <);
    let owned = quote_spanned!(end=> Owned);
    quote!(#open #ty as #k::ToOwned>::#owned)
}
