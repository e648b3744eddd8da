//! The checked function, written as a launcher.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use crate::args::{Backend, BuiltIn, OnFull};
use crate::check::{
    Launcher, OwnedParam, OwnedReceiver, OwnedReceiverKind, Returns, Route, Threads,
};
use crate::item::block;

impl Launcher {
    /// The launcher, in place of the function.
    pub(crate) fn expand(&self) -> TokenStream {
        let Self {
            attrs,
            vis,
            default,
            abi,
            fn_token,
            ident,
            generics,
            ..
        } = self;
        let where_clause = &generics.where_clause;
        let track_caller = self.tracks_caller.then(|| quote!(#[track_caller]));
        let receiver = self.receiver.iter().map(OwnedReceiver::declare);
        let params = receiver.chain(self.params.iter().map(OwnedParam::declare));
        let output = self.route.rejects().then(|| self.output());
        // The size of what comes back is that of the arguments.
        let allow = output
            .is_some()
            .then(|| quote!(#[allow(clippy::result_large_err)]));
        let launch = self.launch();
        quote! {
            #(#attrs)*
            #allow
            #track_caller
            #vis #default #abi #fn_token #ident #generics (#(#params),*) #output #where_clause {
                #launch
            }
        }
    }

    /// The hidden module that the expansion names.
    fn private(&self) -> TokenStream {
        match &self.krate {
            Some(path) => quote!(#path::__private),
            None => quote!(::fire_and_forget::__private),
        }
    }

    fn launch(&self) -> TokenStream {
        let k = self.private();
        let site = self.site();
        let limit = match &self.limit {
            Some(limit) => quote!(#k::Some(#limit)),
            None => quote!(#k::None),
        };
        let settle = self.settle();
        let work = self.work();
        match &self.route {
            Route::Spawn { rejects: false } => quote!(#k::spawn(#site, #limit, #work, #settle);),
            Route::Spawn { rejects: true } => {
                quote!(#k::spawn_or_reject(#site, #limit, #work, #settle))
            }
            Route::Call { on, on_full } => {
                let backend = match on {
                    Backend::BuiltIn(BuiltIn::Thread) => quote!(#k::thread()),
                    Backend::BuiltIn(BuiltIn::Pool) => quote!(#k::pool()),
                    Backend::BuiltIn(BuiltIn::Tokio) => quote!(#k::tokio_worker()),
                    Backend::Static(path) => borrow(path),
                };
                let on_full = match on_full {
                    OnFull::Drop => quote!(#k::OnFull::Drop),
                    OnFull::Block => quote!(#k::OnFull::Block),
                    OnFull::CallerRuns => quote!(#k::OnFull::CallerRuns),
                    OnFull::Reject => {
                        return quote!(#k::launch_or_reject(#site, #backend, #limit, #work, #settle));
                    }
                };
                quote!(#k::launch(#site, #backend, #on_full, #limit, #work, #settle);)
            }
            Route::BlockOn { on, rejects } => {
                let backend = match on {
                    Threads::Thread => quote!(#k::thread()),
                    Threads::Pool => quote!(#k::pool()),
                    Threads::Static(path) => borrow(path),
                };
                if *rejects {
                    quote!(#k::launch_or_reject(#site, #backend, #limit, #work, #settle))
                } else {
                    quote!(#k::launch(#site, #backend, #k::OnFull::Drop, #limit, #work, #settle);)
                }
            }
        }
    }

    fn site(&self) -> TokenStream {
        let k = self.private();
        let name = match &self.name {
            Some(name) => name.to_token_stream(),
            None => {
                let name = format!("::{}", self.ident.unraw());
                quote!(#k::concat!(#k::module_path!(), #name))
            }
        };
        // `Location::caller()` is where all tokens of the call are: at the function's name. The name's own span,
        // because one from the expansion would lead back to the attribute.
        let here = self.ident.span();
        let path = located(self.private(), here);
        let new = quote_spanned!(here=> #path::Site::new);
        let mut arguments = Group::new(Delimiter::Parenthesis, quote!(#name));
        arguments.set_span(here);
        quote! {
            || {
                static SITE: #k::Site = #new #arguments;
                &SITE
            }
        }
    }

    fn work(&self) -> TokenStream {
        let k = self.private();
        let constructor = match &self.route {
            Route::Call {
                on: Backend::BuiltIn(BuiltIn::Tokio),
                ..
            } => "call_in_runtime",
            Route::Call { .. } => "call",
            Route::BlockOn { .. } => "block_on",
            Route::Spawn { .. } => "task",
        };
        let run = self.run();
        if !self.route.rejects() {
            let constructor = Ident::new(constructor, Span::mixed_site());
            let run = if self.route.is_async() {
                quote!(move || #run)
            } else {
                run
            };
            return quote!(#k::#constructor(#run));
        }
        let constructor = format_ident!("{constructor}_or_return", span = Span::mixed_site());
        let arguments = self.tuple(
            |receiver| receiver.self_token.to_token_stream(),
            |param| param.ident.to_token_stream(),
        );
        let [back, slot] = [local("back"), local("slot")];
        quote! {
            #k::#constructor(move |#back| {
                if let #k::Some(#slot) = #back {
                    *#slot = #k::Some(#arguments);
                    return #k::None;
                }
                #k::Some(#run)
            })
        }
    }

    /// The body with its arguments: a closure for a `fn`, a future for an `async fn`.
    fn run(&self) -> TokenStream {
        let k = self.private();
        let returns = self.returns();
        let ret = local("ret");
        let sendable = self.sendable();
        let bindings = self.params.iter().map(OwnedParam::bind);
        let body = &self.body;
        let is_async = self.route.is_async();
        let pin_output = is_async.then(|| {
            quote! {
                if let #k::Some(#ret) = #k::None::<#returns> {
                    return #ret;
                }
            }
        });
        // The one lint that is allowed around the body: it would take a body that ends in a panic for a mistake.
        let content = quote! {
            #pin_output
            #(#sendable)*
            #(#bindings)*
            #[allow(clippy::diverging_sub_expression)]
            let #ret: #returns = #body;
            #[allow(unreachable_code)]
            #ret
        };
        // Coverage counts a closure only if its braces are in the user's file.
        let mut braces = Group::new(Delimiter::Brace, content);
        braces.set_span(block(body).map_or_else(|| body.span(), |it| it.span()));
        if is_async {
            quote!(async move #braces)
        } else {
            quote!(move || -> #returns #braces)
        }
    }

    /// A statement per argument, under which the compiler says that it cannot be sent.
    fn sendable(&self) -> Vec<TokenStream> {
        let k = self.private();
        let check = |conditions: &[syn::Attribute], value: &dyn ToTokens, at: Span| {
            let at = Span::mixed_site().located_at(at);
            let path = located(k.clone(), at);
            quote_spanned!(at=> #(#conditions)* #[allow(clippy::used_underscore_binding)] #path::sendable(&#value);)
        };
        let receiver = self
            .receiver
            .iter()
            .map(|it| check(&it.attrs.conditions, &it.self_token, it.self_token.span));
        let params = self.params.iter().map(|it| {
            let at = match &it.pattern {
                Some(pattern) => pattern.span(),
                None => it.ident.span(),
            };
            check(&it.attrs.conditions, &it.ident, at)
        });
        receiver.chain(params).collect()
    }

    fn settle(&self) -> TokenStream {
        let k = self.private();
        let [ret, launch] = [local("ret"), local("launch")];
        if let Some(handler) = &self.on_error {
            return quote!(|#ret, #launch| #k::settle_with(#ret, #launch, #handler));
        }
        let returns = self.returns();
        quote!(|#ret, #launch| <#returns as #k::Outcome>::settle(#ret, #launch))
    }

    fn returns(&self) -> TokenStream {
        match &self.returns {
            Returns::Unit => quote!(()),
            Returns::Never => {
                let k = self.private();
                quote!(#k::Infallible)
            }
            Returns::Written(ty) => ty.to_token_stream(),
        }
    }

    fn output(&self) -> TokenStream {
        let k = self.private();
        let arguments = self.tuple(
            |receiver| match &receiver.kind {
                OwnedReceiverKind::Value => self_type(receiver),
                OwnedReceiverKind::Static(reference) => {
                    let ty = self_type(receiver);
                    quote!(#reference #ty)
                }
                OwnedReceiverKind::Typed(ty) => ty.to_token_stream(),
            },
            |param| param.ty.to_token_stream(),
        );
        quote!(-> #k::Result<(), #k::Rejected<#arguments>>)
    }

    /// A tuple with a part for the receiver and one for each parameter.
    fn tuple(
        &self,
        of_receiver: impl Fn(&OwnedReceiver) -> TokenStream,
        of_param: impl Fn(&OwnedParam) -> TokenStream,
    ) -> TokenStream {
        let receiver = self.receiver.iter().map(of_receiver);
        let parts: Vec<_> = receiver.chain(self.params.iter().map(of_param)).collect();
        match parts.as_slice() {
            [one] => quote!((#one,)),
            parts => quote!((#(#parts),*)),
        }
    }
}

impl Route {
    fn rejects(&self) -> bool {
        match self {
            Self::Call { on_full, .. } => *on_full == OnFull::Reject,
            Self::BlockOn { rejects, .. } | Self::Spawn { rejects } => *rejects,
        }
    }

    fn is_async(&self) -> bool {
        !matches!(self, Self::Call { .. })
    }
}

impl OwnedReceiver {
    /// As in the launcher's signature. With its `mut`: the body's closure captures this very variable.
    fn declare(&self) -> TokenStream {
        let Self {
            attrs,
            mutability,
            self_token,
            kind,
        } = self;
        let (conditions, lints, others) = (&attrs.conditions, &attrs.lints, &attrs.others);
        let attrs = quote!(#(#conditions)* #(#lints)* #(#others)*);
        match kind {
            OwnedReceiverKind::Value => quote!(#attrs #mutability #self_token),
            OwnedReceiverKind::Static(reference) => quote!(#attrs #reference #self_token),
            OwnedReceiverKind::Typed(ty) => quote!(#attrs #mutability #self_token: #ty),
        }
    }
}

impl OwnedParam {
    /// As in the launcher's signature.
    fn declare(&self) -> TokenStream {
        let Self { ident, ty, .. } = self;
        let (conditions, others) = (&self.attrs.conditions, &self.attrs.others);
        quote!(#(#conditions)* #(#others)* #ident: #ty)
    }

    /// As the body sees it. Bound once more in the order of the parameters, so that the arguments are dropped in the
    /// order of a plain call.
    fn bind(&self) -> TokenStream {
        let Self {
            ident,
            pattern,
            mutability,
            ..
        } = self;
        let (conditions, lints) = (&self.attrs.conditions, &self.attrs.lints);
        match pattern {
            None => quote! {
                #(#conditions)*
                #(#lints)*
                #[allow(clippy::shadow_same, clippy::used_underscore_binding, clippy::no_effect_underscore_binding)]
                let #mutability #ident = #ident;
            },
            Some(pattern) => quote! {
                #(#conditions)*
                let #ident = #ident;
                #(#conditions)*
                #(#lints)*
                #[allow(clippy::shadow_unrelated)]
                let #pattern = #ident;
            },
        }
    }
}

/// `Self`, as the receiver's macro context resolves it.
fn self_type(receiver: &OwnedReceiver) -> TokenStream {
    Ident::new("Self", receiver.self_token.span).into_token_stream()
}

/// `&PATH`, at the path.
fn borrow(path: &TokenStream) -> TokenStream {
    let span = Span::mixed_site().located_at(path.span());
    quote_spanned!(span=> &#path)
}

/// A variable of the expansion: invisible to the body.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// The tokens at another place, with the names they had.
fn located(tokens: TokenStream, at: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token: TokenTree| {
            token.set_span(token.span().located_at(at));
            token
        })
        .collect()
}
