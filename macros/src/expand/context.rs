//! Writes the contexts of a launch: captured before it, in force around its body and its end.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Path;

use crate::expand::local;
use crate::expand::place::{call_over, ends};
use crate::launcher::{Launcher, stored_as};

impl Launcher {
    /// Wraps the body in its captured contexts.
    pub(super) fn work_in_context(&self) -> TokenStream {
        let k = self.private();
        let work = self.as_daemon(self.work());
        match self.contexts(|path| self.capture(path)) {
            Some(contexts) => quote!(#k::within(#contexts, #work)),
            None => work,
        }
    }

    pub(super) fn settle_in_context(&self, settle: TokenStream) -> TokenStream {
        let k = self.private();
        if self.contexts.is_empty() {
            settle
        } else {
            quote!(#k::settle_within(#settle))
        }
    }

    /// Wraps the code that runs a stored body in the contexts that were stored with it.
    pub(super) fn run_in_context(&self, run: TokenStream, arguments: &dyn ToTokens) -> TokenStream {
        let k = self.private();
        let restored = self.contexts(|path| {
            let name = name(path);
            let take = quote!(<#path as #k::Storable>::take);
            let take = call_over(ends(path), take, quote!(#arguments, #name));
            self.captured(path, &quote!(#take?))
        });
        match restored {
            Some(contexts) => quote!(#k::Run::within(#run, #contexts)),
            None => run,
        }
    }

    /// Nests the contexts; `None` if there are none.
    fn contexts(&self, of: impl Fn(&Path) -> TokenStream) -> Option<TokenStream> {
        let k = self.private();
        let contexts = self.contexts.iter().rev().map(of);
        contexts.reduce(|inner, outer| quote!(#k::both(#outer, #inner)))
    }

    /// Writes a call whose error, at the type, says that it is no context, or cannot be stored.
    fn capture(&self, path: &Path) -> TokenStream {
        let k = self.private();
        let capture = quote!(<#path as #k::Context>::capture);
        let capture = call_over(ends(path), capture, TokenStream::new());
        let captured = self.captured(path, &capture);
        if self.job.is_none() {
            return captured;
        }
        let [context, record] = [local("context"), local("record")];
        let name = name(path);
        let put = quote!(<#path as #k::Storable>::put);
        let put = call_over(ends(path), put, quote!(#context, #record, #name));
        quote!(#k::to_store(#captured, |#context, #record| #put))
    }

    /// Writes a context with its scope function.
    fn captured(&self, path: &Path, value: &TokenStream) -> TokenStream {
        let k = self.private();
        let [context, code] = [local("context"), local("code")];
        let scope = quote!(<#path as #k::Context>::scope);
        let scope = call_over(ends(path), scope, quote!(#context, #code));
        quote!(#k::captured(#value, |#context, #code| #scope))
    }
}

/// Returns a key that no parameter can have.
fn name(path: &Path) -> String {
    format!("context:{}", stored_as(path))
}
