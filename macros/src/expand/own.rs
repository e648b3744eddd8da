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

    /// Statements at the start of the body. What it captures is dropped at its end, in the order in which it names that
    /// first: the copies behind all else, the last one first, as the temporary values of a call are.
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

/// What the launch owns of an argument.
pub(super) struct Held<'a> {
    conditions: &'a [Attribute],
    variable: TokenStream,
    is_copied: bool,
}

impl Held<'_> {
    /// The value, as an expression to borrow from.
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

    /// The value on its way back.
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

    /// The type of what the launch owns.
    pub(super) fn ty(&self, k: &TokenStream) -> TokenStream {
        match &self.copied {
            Some(ty) => owned(k, ty),
            None => self.written_ty(),
        }
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

    /// The type of what the launch owns.
    pub(super) fn ty(&self, k: &TokenStream) -> TokenStream {
        match &self.copied {
            Some(ty) => owned(k, ty),
            None => self.ty.to_token_stream(),
        }
    }
}

/// The copy of what is borrowed. That there is none, the compiler says of the tokens.
fn copy_at(k: &TokenStream, tokens: &dyn ToTokens, borrowed: &dyn ToTokens) -> TokenStream {
    let tokens = tokens.to_token_stream();
    let here = ends(&tokens);
    // At a single token, the compiler says it once, of both the type and the value. At more than one, it would say it of
    // each, where the function is named by the type; but the other way it proposes another `&` before a `self`.
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

/// The type of the copy of what has this type, in its place.
fn owned(k: &TokenStream, ty: &Type) -> TokenStream {
    let (begin, end) = ends(ty);
    let open = quote_spanned!(begin=> <);
    let owned = quote_spanned!(end=> Owned);
    quote!(#open #ty as #k::ToOwned>::#owned)
}
