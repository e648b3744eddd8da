//! Writes what is special about the launcher of a daemon.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use crate::args::{Backend, BuiltIn, Restart};
use crate::expand::local;
use crate::expand::own::Held;
use crate::expand::place::{call_over, ends, method_over};
use crate::launcher::{Launcher, Route};

/// The parts of a launch.
pub(super) struct Parts {
    pub(super) site: TokenStream,
    pub(super) backend: TokenStream,
    pub(super) limit: TokenStream,
    pub(super) work: TokenStream,
    pub(super) settle: TokenStream,
}

impl Launcher {
    /// Wraps the body in the code that tells it about a shutdown.
    pub(super) fn as_daemon(&self, work: TokenStream) -> TokenStream {
        let k = self.private();
        match &self.route {
            _ if !self.is_daemon || self.restart.is_some() => work,
            Route::Call { .. } => quote!(#k::daemon(#work)),
            Route::Make { .. } => quote!(#k::async_daemon(#work)),
        }
    }

    /// Writes a launch with `restart`: the statements before it, and the parts that replace the given ones.
    pub(super) fn as_restarting(&self, parts: Parts) -> (TokenStream, Parts) {
        let k = self.private();
        let restart = match self.restart {
            None => return (TokenStream::new(), parts),
            Some(Restart::OnFailure) => quote!(OnFailure),
            Some(Restart::Always) => quote!(Always),
        };
        let [local_site, local_settle, it] = [local("site"), local("settle"), local("it")];
        let Parts {
            site,
            backend,
            limit,
            work,
            settle,
        } = parts;
        let before = quote! {
            let #local_site = #site;
            let #local_settle = #k::settling(#settle);
        };
        let start = match &self.route {
            Route::Call { .. } => quote!(#k::launch_again),
            Route::Make {
                on: Backend::BuiltIn(BuiltIn::Tokio),
                ..
            } => quote!(|#it| #k::spawn_again(#k::AsyncRestarting(#it))),
            Route::Make { .. } => {
                quote!(|#it| #k::on(#it.backend()).__launch_again(#k::AsyncRestarting(#it)))
            }
        };
        let work = quote! {
            #k::restarting(
                #k::Restart::#restart,
                (#local_site, #backend, #limit, #local_settle),
                #work,
                #start,
            )
        };
        let work = match &self.route {
            Route::Call { .. } => work,
            Route::Make { .. } => quote!(#k::AsyncRestarting(#work)),
        };
        let parts = Parts {
            site: quote!(#local_site),
            backend,
            limit,
            work,
            settle: quote!(#local_settle),
        };
        (before, parts)
    }

    /// Writes statements whose errors say that an argument cannot be cloned.
    pub(super) fn ask_of_arguments(&self) -> Option<TokenStream> {
        self.restart?;
        let k = self.private();
        let of_receiver = self.receiver.iter().map(|it| {
            let this = it.receiver.self_token.span;
            cloneable(&k, &it.held(), (this, this))
        });
        let of_params = self
            .params
            .iter()
            .map(|it| cloneable(&k, &it.held(), ends(&it.ty)));
        Some(of_receiver.chain(of_params).collect())
    }

    /// Wraps the function that turns the value into an end: a daemon that ends before a shutdown has failed.
    pub(super) fn settle_daemon(&self, settle: TokenStream) -> TokenStream {
        if !self.is_daemon {
            return settle;
        }
        let k = self.private();
        let [value, guard] = [local("value"), local("guard")];
        let function = match self.restart {
            Some(_) => quote!(settle_restarting),
            None => quote!(settle_daemon),
        };
        quote!(|#value, #guard| #k::#function(#value, #guard, #settle))
    }

    /// Writes the mark of a daemon on the site.
    pub(super) fn daemon_site(&self) -> Option<TokenStream> {
        let is_async = matches!(self.route, Route::Make { .. });
        self.is_daemon.then(|| quote!(.daemon(#is_async)))
    }

    /// Writes a statement whose error says that the backend is a pool.
    pub(super) fn ask_of_backend(&self) -> Option<TokenStream> {
        let (Route::Call { on, .. } | Route::Make { on, .. }) = &self.route;
        match on {
            Backend::Static(path) if self.is_daemon => {
                let here = path.span();
                Some(self.must_suit(ends(path), &quote_spanned!(here=> &#path)))
            }
            Backend::Chosen(chosen) if self.is_daemon => {
                Some(self.must_suit(ends(chosen), &local("backend")))
            }
            Backend::Static(_) | Backend::Chosen(_) | Backend::BuiltIn(_) => None,
        }
    }

    fn must_suit(&self, at: (Span, Span), backend: &dyn ToTokens) -> TokenStream {
        let k = self.private();
        let threads = quote!(#k::threads_of(#backend));
        let threads = method_over(at, threads, "__threads", TokenStream::new());
        let call = call_over(at, quote!(#k::must_suit_a_daemon), threads);
        quote!(#call;)
    }
}

/// Writes a statement whose argument has the span of the user's type.
fn cloneable(k: &TokenStream, held: &Held<'_>, (begin, end): (Span, Span)) -> TokenStream {
    let conditions = held.conditions();
    let mut argument = Group::new(Delimiter::Parenthesis, held.value(k));
    argument.set_span(end);
    let borrow = quote_spanned!(begin=> &);
    quote!(#(#conditions)* { #k::cloneable(#borrow #argument); })
}
