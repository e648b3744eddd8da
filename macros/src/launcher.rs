//! The model of a launcher: whatever it can say, can be written down.

use proc_macro2::{Ident, Literal, Span, TokenStream, TokenTree};

use crate::args::{Backend, Given, OnFull, Trace};
use crate::attrs::{Attribute, ParamAttrs};
use crate::generics::Generics;
use crate::item::Abi;
use crate::returns::Failure;

/// A function that can be launched, and how.
pub(crate) struct Launcher {
    pub(crate) attrs: Vec<Attribute>,
    /// Add `#[track_caller]`?
    pub(crate) tracks_caller: bool,
    pub(crate) vis: TokenStream,
    pub(crate) default: Option<Ident>,
    pub(crate) abi: Option<Abi>,
    pub(crate) fn_token: Ident,
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    /// Where the parameters are.
    pub(crate) parentheses: Span,
    pub(crate) receiver: Option<OwnedReceiver>,
    pub(crate) params: Vec<OwnedParam>,
    pub(crate) returns: Returns,
    pub(crate) body: TokenTree,
    pub(crate) route: Route,
    pub(crate) name: Option<Literal>,
    pub(crate) limit: Option<Given<TokenStream>>,
    pub(crate) on_error: Option<TokenStream>,
    pub(crate) trace: Option<Trace>,
    pub(crate) krate: Option<TokenStream>,
}

/// A receiver that does not borrow.
pub(crate) struct OwnedReceiver {
    pub(crate) attrs: ParamAttrs,
    pub(crate) mutability: Option<Ident>,
    pub(crate) self_token: Ident,
    pub(crate) kind: OwnedReceiverKind,
}

pub(crate) enum OwnedReceiverKind {
    /// `self`
    Value,
    /// `&'static self`: the tokens before `self`.
    Static(TokenStream),
    /// `self: Type`
    Typed(TokenStream),
}

/// A parameter that does not borrow, as far as can be seen.
pub(crate) struct OwnedParam {
    pub(crate) attrs: ParamAttrs,
    /// Its name in the launcher's signature.
    pub(crate) ident: Ident,
    /// What the body sees; `None` if that is the name itself.
    pub(crate) pattern: Option<TokenStream>,
    pub(crate) mutability: Option<Ident>,
    pub(crate) ty: TokenStream,
    /// Does only the compiler know whether it borrows?
    pub(crate) may_borrow: bool,
}

pub(crate) enum Returns {
    Unit,
    Never,
    Written(TokenStream, Failure),
}

/// The way from the launcher to the body.
pub(crate) enum Route {
    /// A `fn`.
    Call { on: Backend, on_full: OnFull },
    /// An `async fn`.
    Make {
        asyncness: Ident,
        on: Backend,
        rejects: bool,
    },
}
