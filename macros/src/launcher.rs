//! The model of a launcher: whatever it can say, can be written down.

use proc_macro2::{Span, TokenTree};
use syn::ext::IdentExt;
use syn::{
    Abi, Attribute, Expr, ExprPath, Generics, Ident, Pat, Path, Receiver, Token, Type, Visibility,
    token,
};

use crate::args::{Backend, Given, Limit, OnFull, Restart, Trace};
use crate::attrs::ParamAttrs;
use crate::returns::Failure;

/// A function that can be launched, and how.
pub(crate) struct Launcher {
    pub(crate) attrs: Vec<Attribute>,
    /// Add `#[track_caller]`?
    pub(crate) tracks_caller: bool,
    pub(crate) vis: Visibility,
    pub(crate) default: Option<Token![default]>,
    pub(crate) abi: Option<Abi>,
    pub(crate) fn_token: Token![fn],
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) paren_token: token::Paren,
    pub(crate) receiver: Option<OwnedReceiver>,
    pub(crate) params: Vec<OwnedParam>,
    pub(crate) returns: Returns,
    /// In which a receiver that is copied has the name of [`this`](crate::this).
    pub(crate) body: TokenTree,
    pub(crate) route: Route,
    /// Does it go on until the process stops?
    pub(crate) is_daemon: bool,
    pub(crate) restart: Option<Restart>,
    /// Of a durable function, whose body does not run where the route leads.
    pub(crate) job: Option<Job>,
    pub(crate) name: Option<Expr>,
    pub(crate) limit: Option<Given<Limit>>,
    /// What is captured, the outermost first.
    pub(crate) contexts: Vec<Path>,
    pub(crate) on_error: Option<ExprPath>,
    pub(crate) trace: Option<Trace>,
    pub(crate) krate: Option<Path>,
}

/// What workers run, and how.
pub(crate) struct Job {
    pub(crate) asyncness: Option<Token![async]>,
    pub(crate) queue: Option<Expr>,
    pub(crate) attempts: Option<Expr>,
    pub(crate) timeout: Option<Expr>,
}

/// A receiver that does not borrow, or is copied.
pub(crate) struct OwnedReceiver {
    pub(crate) attrs: ParamAttrs,
    /// Without its attributes. Its `self` is the user's own token: only that one names the receiver inside
    /// `macro_rules!`.
    pub(crate) receiver: Receiver,
    /// What it refers to, if the launch copies that.
    pub(crate) copied: Option<Type>,
}

/// A parameter that does not borrow, as far as can be seen, or is copied.
pub(crate) struct OwnedParam {
    pub(crate) attrs: ParamAttrs,
    /// What only the expansion calls it, so that no lint takes it and the body's variable for one that shadows the other.
    pub(crate) ident: Ident,
    /// What the body sees.
    pub(crate) pattern: Pat,
    /// The name, if that is all there is in the pattern.
    pub(crate) name: Option<Ident>,
    /// Where that is.
    pub(crate) at: Span,
    /// As written.
    pub(crate) ty: Type,
    /// What it refers to, if the launch copies that.
    pub(crate) copied: Option<Type>,
    pub(crate) suspicion: Option<Suspicion>,
}

/// Why only the compiler knows whether a parameter borrows.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Suspicion {
    /// It depends on what a type parameter stands for.
    Generic,
    /// A lifetime of the `impl` may be in `Self`.
    OfSelf,
    /// A lifetime may have been left out.
    LeftOut,
}

pub(crate) enum Returns {
    Unit,
    Never(Token![!]),
    Written(Box<Type>, Failure),
}

/// The way from the launcher to the body.
pub(crate) enum Route {
    /// A `fn`.
    Call { on: Backend, on_full: OnFull },
    /// An `async fn`.
    Make {
        asyncness: Token![async],
        on: Backend,
        rejects: bool,
    },
}

/// What a context is called in a store: the last word of its path.
pub(crate) fn stored_as(context: &Path) -> String {
    let last = context.segments.last();
    last.map(|it| it.ident.unraw().to_string())
        .unwrap_or_default()
}
