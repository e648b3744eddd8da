//! Writes the launch: the call into the runtime, with spans at which rustc reports what does not fit.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, ExprPath};

use crate::args::{Backend, BuiltIn, Given, OnFull, Trace};
use crate::expand::daemon::Parts;
use crate::expand::local;
use crate::expand::place::{call_over, ends, method_over};
use crate::launcher::{Launcher, OwnedParam, Route, Suspicion};

impl Launcher {
    /// Writes the launch. It ends with `return` if it has a value, because a clippy lint can demand that.
    pub(super) fn launch(&self) -> TokenStream {
        let k = self.private();
        let (job, site, settle) = match self.job() {
            Some(job) => (Some(job), quote!(|| __JOB.site()), quote!(#k::store)),
            None => (None, self.site(), self.settle_daemon(self.settle())),
        };
        let before = self.works_out();
        let copies = self.copies();
        let asks = [self.ask_of_backend(), self.ask_of_arguments()];
        let asks: TokenStream = asks.into_iter().flatten().collect();
        let rejects = self.route.rejects();
        let or_reject = if rejects { "_or_reject" } else { "" };
        let parts = Parts {
            site,
            backend: self.backend(),
            limit: self.limit(),
            work: self.work_in_context(),
            settle: self.settle_in_context(settle),
        };
        let (locals, parts) = self.as_restarting(parts);
        let before = quote!(#before #locals);
        let Parts {
            site,
            backend,
            limit,
            work,
            settle,
        } = parts;
        let at = self.suspect();
        let arguments = quote!(#site, #backend, #limit, #work, #settle);
        let call = match &self.route {
            Route::Make {
                on: Backend::BuiltIn(BuiltIn::Tokio),
                ..
            } => {
                let function = format_ident!("spawn{or_reject}");
                call_over(at, quote!(#k::#function), arguments)
            }
            // The type of the backend decides whether it spawns the future, or a thread blocks on it.
            Route::Make { .. } => {
                let method = format!("__launch{or_reject}");
                method_over(at, quote!(#k::on(#backend)), &method, arguments)
            }
            Route::Call { .. } if rejects => call_over(at, quote!(#k::launch_or_reject), arguments),
            Route::Call { on_full, .. } => {
                let policy = policy(*on_full);
                let arguments =
                    quote!(#site, #backend, #k::OnFull::#policy, #limit, #work, #settle);
                call_over(at, quote!(#k::launch), arguments)
            }
        };
        if rejects {
            // The assignment keeps clippy from asking for `#[must_use]` on a function that returns a `Result`, which
            // has it already.
            quote!(#job #before #copies #asks let _ = &mut #k::None::<()>; return { #call };)
        } else {
            quote!(#job #before #copies #asks #call;)
        }
    }

    /// Writes the statement that evaluates the expressions of the options, which may name the parameters.
    fn works_out(&self) -> TokenStream {
        let k = self.private();
        // The parameters of the launcher are hidden from the user's code, so those that an expression names get their
        // names for this statement.
        let params = self.params_named();
        let hidden: Vec<_> = params.iter().map(|it| &it.ident).collect();
        let names: Vec<_> = params.iter().filter_map(|it| it.name.as_ref()).collect();
        // The parentheses are the expansion's, so that clippy does not count a use of the user's.
        let back = names.iter().map(|it| quote!((#it)));
        let (mut items, mut statements, mut results) = (Vec::new(), Vec::new(), Vec::new());
        if let Some(chosen) = self.chosen() {
            let [site, backend] = [local("site"), local("backend")];
            let new = self.new_site();
            // With the spans of the expression, as for the limit.
            let value = call_over(ends(chosen), quote!(#k::choose), quote!(&__SITES, #chosen));
            items.push(quote! {
                type __Site = #k::Site;
                static __SITES: #k::Sites = #k::Sites::new(#new);
            });
            statements.push(quote!(let (#site, #backend) = #value;));
            results.extend([site, backend]);
        }
        if let Some(Given { key, value, .. }) = &self.limit {
            let (limit, value) = (local("limit"), &value.0);
            // The span of the key makes rustc say there that a `usize` is expected. An alias is used, as for the site.
            // The user's expression can see it, hence its name.
            let here = key.span();
            let expected = quote_spanned!(here=> __Limit);
            items.push(quote!(type __Limit = #k::Limit;));
            statements.push(quote!(let #limit: #expected = #value;));
            results.push(limit);
        }
        if results.is_empty() {
            return TokenStream::new();
        }
        quote! {
            let (#(#hidden,)* #(#results),*) = {
                #(#items)*
                #(let #names = #hidden;)*
                #(#statements)*
                (#(#back,)* #(#results),*)
            };
        }
    }

    /// Returns the expression that chooses the backend.
    fn chosen(&self) -> Option<&Expr> {
        let (Route::Call { on, .. } | Route::Make { on, .. }) = &self.route;
        match on {
            Backend::Chosen(chosen) => Some(chosen),
            Backend::BuiltIn(_) | Backend::Static(_) => None,
        }
    }

    fn limit(&self) -> TokenStream {
        let k = self.private();
        match &self.limit {
            Some(_) => {
                let limit = local("limit");
                quote!(#k::Some(#limit))
            }
            None => quote!(#k::None),
        }
    }

    /// Returns the parameters that the expressions of the options name.
    fn params_named(&self) -> Vec<&OwnedParam> {
        let limit = self.limit.iter().map(|it| &it.value.0);
        let expressions = limit.chain(self.chosen());
        let words: Vec<_> = expressions
            .flat_map(|it| words(it.to_token_stream()))
            .collect();
        let is_named = |it: &&OwnedParam| {
            let name = it.name.as_ref().map(|it| it.unraw().to_string());
            it.attrs.conditions.is_empty()
                && name.is_some_and(|name| words.iter().any(|it| it.contains(&name)))
        };
        self.params.iter().filter(is_named).collect()
    }

    /// Marks parameters that only an option names as used. The body's own binding of the same parameter counts as
    /// used, too.
    pub(super) fn uses(&self) -> TokenStream {
        let k = self.private();
        let params = self.params_named();
        let names = params.iter().filter_map(|it| it.name.as_ref());
        let names = names.filter(|it| !it.unraw().to_string().starts_with('_'));
        names.map(|it| quote!(#k::uses(&(#it));)).collect()
    }

    /// Returns the span for errors about what the launch asks of the body or of a type parameter: the argument that
    /// may not outlive the caller, or else the function's name.
    fn suspect(&self) -> (Span, Span) {
        let suspect = |why| self.params.iter().find(|it| it.suspicion == Some(why));
        let of_self = || {
            let receiver = self.receiver.as_ref().map(|it| it.receiver.self_token.span);
            receiver.or_else(|| suspect(Suspicion::OfSelf).map(|it| it.at))
        };
        let at = suspect(Suspicion::Generic).map(|it| it.at).or_else(of_self);
        let at = at.unwrap_or_else(|| self.ident.span());
        (at, at)
    }

    fn backend(&self) -> TokenStream {
        let k = self.private();
        let (Route::Call { on, .. } | Route::Make { on, .. }) = &self.route;
        match on {
            Backend::BuiltIn(BuiltIn::Thread) => quote!(#k::thread()),
            Backend::BuiltIn(BuiltIn::Pool) => quote!(#k::pool()),
            Backend::BuiltIn(BuiltIn::Tokio) => quote!(#k::tokio()),
            Backend::BuiltIn(BuiltIn::Durable) => quote!(#k::durable()),
            Backend::Static(path) => self.backend_at(path),
            // At the expression, where rustc has already reported what is wrong with it.
            Backend::Chosen(chosen) => {
                let backend = local("backend");
                call_over(ends(chosen), quote!(#k::identity), quote!(#backend))
            }
        }
    }

    /// Writes `&PATH`, with an error at the path if it is no backend.
    fn backend_at(&self, path: &ExprPath) -> TokenStream {
        let k = self.private();
        let here = path.span();
        let borrow = quote_spanned!(here=> &#path);
        call_over(ends(path), quote!(#k::backend), quote!(#borrow, #borrow))
    }

    fn site(&self) -> TokenStream {
        if self.chosen().is_some() {
            let site = local("site");
            return quote!(move || #site);
        }
        let k = self.private();
        let new = self.new_site();
        // A default name gets the type of a method at run time, from the compiler's path of this item.
        let (item, around) = match &self.name {
            Some(_) => (None, None),
            None => (
                Some(quote!(
                    struct __Here;
                )),
                Some(quote!(.around::<__Here>())),
            ),
        };
        quote! {
            || {
                type __Site = #k::Site;
                #item
                static __SITE: __Site = #new #around;
                &__SITE
            }
        }
    }

    /// Writes a call that makes a site. `__Site` must name its type.
    pub(super) fn new_site(&self) -> TokenStream {
        let k = self.private();
        let name = match &self.name {
            Some(name) => name.to_token_stream(),
            None => {
                let name = format!("::{}", self.ident.unraw());
                quote!(#k::concat!(#k::module_path!(), #name))
            }
        };
        // `Location::caller()` is the place of the whole call, which is to be the function's name. A span of the
        // expansion would lead to the attribute, so all tokens have the span of the name. The type is named by an
        // alias, because lints would fire on a path at that span.
        let here = self.ident.span();
        let new = quote_spanned!(here=> __Site::new);
        let mut arguments = Group::new(Delimiter::Parenthesis, name);
        arguments.set_span(here);
        let in_module = self.in_module();
        let trace = self.trace();
        let daemon = self.daemon_site();
        quote!(#new #arguments #in_module #trace #daemon)
    }

    /// Writes the module of a function with a name of the user's: trace filters select by module, and such a name does
    /// not have it.
    fn in_module(&self) -> Option<TokenStream> {
        let k = self.private();
        let has_name = cfg!(feature = "tracing") && self.name.is_some();
        has_name.then(|| quote!(.in_module(#k::module_path!())))
    }

    fn trace(&self) -> Option<TokenStream> {
        let k = self.private();
        let trace = match self.trace? {
            Trace::Follows => quote!(Follows),
            Trace::Child => quote!(Child),
            Trace::Root => quote!(Root),
            Trace::Off => quote!(Off),
        };
        Some(quote!(.trace(#k::Trace::#trace)))
    }
}

/// Returns the identifiers in an expression, and the text of its strings, which may name one, too.
fn words(tokens: TokenStream) -> Vec<String> {
    let words = tokens.into_iter().map(|token| match token {
        TokenTree::Group(group) => words(group.stream()),
        TokenTree::Punct(_) => Vec::new(),
        token => vec![token.to_string()],
    });
    words.flatten().collect()
}

/// Returns the policy for a refused launch whose arguments are not given back.
fn policy(on_full: OnFull) -> TokenStream {
    match on_full {
        OnFull::Block => quote!(Block),
        OnFull::CallerRuns => quote!(CallerRuns),
        OnFull::Drop | OnFull::Reject => quote!(Drop),
    }
}
