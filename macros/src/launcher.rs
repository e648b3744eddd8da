//! The model of a launcher. Every value of it can be expanded.

use proc_macro2::{Span, TokenTree};
use syn::ext::IdentExt;
use syn::{
    Abi, Attribute, Expr, ExprPath, Generics, Ident, Pat, Path, Receiver, Token, Type, Visibility,
    token,
};

use crate::args::{Backend, Given, Limit, OnFull, Restart, Trace};
use crate::attrs::ParamAttrs;
use crate::returns::Failure;

/// A checked function, and how it is launched.
pub(crate) struct Launcher {
    pub(crate) attrs: Vec<Attribute>,
    /// Whether to add `#[track_caller]`.
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
    /// In it, a copied receiver has the name that [`this`](crate::this) gives it.
    pub(crate) body: TokenTree,
    pub(crate) route: Route,
    /// Whether it runs until the process stops.
    pub(crate) is_daemon: bool,
    pub(crate) restart: Option<Restart>,
    /// The job of a durable function, whose body a worker runs.
    pub(crate) job: Option<Job>,
    pub(crate) name: Option<Expr>,
    pub(crate) limit: Option<Given<Limit>>,
    /// The contexts to capture, outermost first.
    pub(crate) contexts: Vec<Path>,
    pub(crate) on_error: Option<ExprPath>,
    pub(crate) trace: Option<Trace>,
    pub(crate) krate: Option<Path>,
}

/// What a worker runs for a durable function.
pub(crate) struct Job {
    pub(crate) asyncness: Option<Token![async]>,
    pub(crate) queue: Option<Expr>,
    pub(crate) attempts: Option<Expr>,
    pub(crate) timeout: Option<Expr>,
}

/// A receiver that is owned, or is copied.
pub(crate) struct OwnedReceiver {
    pub(crate) attrs: ParamAttrs,
    /// Without its attributes. It keeps the user's `self` token, because inside `macro_rules!` only that token names
    /// the receiver.
    pub(crate) receiver: Receiver,
    /// The type behind the reference, if the launch copies it.
    pub(crate) copied: Option<Type>,
}

/// A parameter that is owned, as far as tokens show it, or is copied.
pub(crate) struct OwnedParam {
    pub(crate) attrs: ParamAttrs,
    /// The name in the signature of the launcher. The body cannot see it, so that no lint takes the body's binding for
    /// one that shadows it.
    pub(crate) ident: Ident,
    /// The pattern that the body binds.
    pub(crate) pattern: Pat,
    /// The name, if it is the whole pattern.
    pub(crate) name: Option<Ident>,
    /// The span of the name, or else of the pattern.
    pub(crate) at: Span,
    /// The type as written.
    pub(crate) ty: Type,
    /// The type behind the reference, if the launch copies it.
    pub(crate) copied: Option<Type>,
    pub(crate) suspicion: Option<Suspicion>,
}

/// Why only the compiler knows whether a parameter borrows.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Suspicion {
    /// A type parameter may stand for a type that borrows.
    Generic,
    /// `Self` may contain a lifetime of the `impl`.
    OfSelf,
    /// The type may have an elided lifetime.
    LeftOut,
}

pub(crate) enum Returns {
    Unit,
    Never(Token![!]),
    Written(Box<Type>, Failure),
}

/// The call into the runtime that launches the body.
pub(crate) enum Route {
    /// For a `fn`.
    Call { on: Backend, on_full: OnFull },
    /// For an `async fn`.
    Make {
        asyncness: Token![async],
        on: Backend,
        rejects: bool,
    },
}

/// Returns the name of a context in a store: the last segment of its path.
pub(crate) fn stored_as(context: &Path) -> String {
    let last = context.segments.last();
    last.map(|it| it.ident.unraw().to_string())
        .unwrap_or_default()
}
