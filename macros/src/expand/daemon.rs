//! What makes a launcher one of a daemon.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use crate::args::Backend;
use crate::expand::local;
use crate::expand::place::{call_over, ends, method_over};
use crate::launcher::{Launcher, Route};

impl Launcher {
    /// The body, which is told when the process stops.
    pub(super) fn as_daemon(&self, work: TokenStream) -> TokenStream {
        if !self.is_daemon {
            return work;
        }
        let k = self.private();
        match &self.route {
            Route::Call { .. } => quote!(#k::daemon(#work)),
            Route::Make { .. } => quote!(#k::async_daemon(#work)),
        }
    }

    /// What turns the value into an end, for which it is too early before the process stops.
    pub(super) fn settle_daemon(&self, settle: TokenStream) -> TokenStream {
        if !self.is_daemon {
            return settle;
        }
        let k = self.private();
        let [value, guard] = [local("value"), local("guard")];
        quote!(|#value, #guard| #k::settle_daemon(#value, #guard, #settle))
    }

    /// A part of the site.
    pub(super) fn daemon_site(&self) -> Option<TokenStream> {
        let is_async = matches!(self.route, Route::Make { .. });
        self.is_daemon.then(|| quote!(.daemon(#is_async)))
    }

    /// A statement under which the compiler says that the backend is a pool.
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
