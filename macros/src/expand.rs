//! Writes the checked function as a launcher.

mod arguments;
mod context;
mod daemon;
mod durable;
mod launch;
mod own;
mod place;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Token};

use crate::args::{Backend, BuiltIn, OnFull};
use crate::expand::place::{call_over, ends, located};
use crate::item::block;
use crate::launcher::{Launcher, OwnedParam, OwnedReceiver, Returns, Route};

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
            paren_token,
            ..
        } = self;
        let where_clause = &generics.where_clause;
        let track_caller = self.tracks_caller.then(|| quote!(#[track_caller]));
        let receiver = self.receiver.iter().map(OwnedReceiver::declare);
        let params = receiver.chain(self.params.iter().map(OwnedParam::declare));
        // With the span of the user's parentheses, because rustc proposes a `where` clause behind them.
        let mut inputs = Group::new(Delimiter::Parenthesis, quote!(#(#params),*));
        inputs.set_span(paren_token.span.join());
        let output = self.route.rejects().then(|| self.output());
        let braces = self.braces(self.launch());
        quote! {
            #(#attrs)*
            #track_caller
            #vis #default #abi #fn_token #ident #generics #inputs #output #where_clause #braces
        }
    }

    /// Returns the path of the hidden module that expansions use.
    fn private(&self) -> TokenStream {
        match &self.krate {
            Some(path) => quote!(#path::__private),
            None => quote!(::fire_and_forget::__private),
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
            Route::Make { .. } => "make",
        };
        let run = match &self.job {
            Some(_) => self.record(),
            None => self.run(),
        };
        if !self.gives_back() {
            let constructor = Ident::new(constructor, Span::mixed_site());
            let run = if matches!(self.route, Route::Make { .. }) {
                quote!(move || #run)
            } else {
                run
            };
            return quote!(#k::#constructor(#run));
        }
        let constructor = format_ident!("{constructor}_or_return", span = Span::mixed_site());
        let arguments = if self.route.rejects() || !self.has_conditions() {
            self.tuple(
                |receiver| receiver.held().give(&k),
                |param| param.held().give(&k),
            )
        } else {
            self.one_by_one()
        };
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

    /// Returns whether the launch can give the arguments back: to the caller under `reject`, or to a test.
    fn gives_back(&self) -> bool {
        self.route.rejects() || cfg!(feature = "testing")
    }

    fn has_conditions(&self) -> bool {
        let receiver = self.receiver.iter().map(|it| &it.attrs);
        let params = self.params.iter().map(|it| &it.attrs);
        receiver.chain(params).any(|it| !it.conditions.is_empty())
    }

    /// Returns the arguments in nested pairs, `((((), a), b), c)`: statements can be conditional, and the fields of a
    /// tuple cannot.
    fn one_by_one(&self) -> TokenStream {
        let k = self.private();
        let args = local("args");
        let add = |conditions: &[Attribute], value: &dyn ToTokens| quote!(#(#conditions)* let #args = (#args, #value););
        let receiver = self
            .receiver
            .iter()
            .map(|it| add(&it.attrs.conditions, &it.held().give(&k)));
        let params = self
            .params
            .iter()
            .map(|it| add(&it.attrs.conditions, &it.held().give(&k)));
        let adds = receiver.chain(params);
        quote! {
            {
                let #args = ();
                #(#adds)*
                #args
            }
        }
    }

    /// Returns the body with its arguments: a closure for a `fn`, a future for an `async fn`.
    fn run(&self) -> TokenStream {
        let k = self.private();
        let returns = self.returns();
        let ret = local("ret");
        let of_receiver = self.receiver.iter().map(|it| it.ask(&k));
        let of_params = self.params.iter().map(|it| it.ask(&k));
        // For a job, the code that stores the arguments has these statements.
        let asks = of_receiver.chain(of_params).filter(|_| self.job.is_none());
        let receiver = self.receiver.iter().filter_map(|it| it.bind(&k));
        let bindings = receiver.chain(self.params.iter().map(|it| it.bind(&k)));
        let body = &self.body;
        let asyncness = self.asyncness();
        let pin_output = asyncness.map(|_| {
            // rustc points at this value when it explains from where it inferred the type.
            let value = call_over(self.returns_at(), quote!(#k::identity), quote!(#ret));
            quote! {
                if let #k::Some(#ret) = #k::None::<#returns> {
                    return #value;
                }
            }
        });
        // The body is the arm of a `match` at the very end, so that no code behind a body that never ends is
        // unreachable. An arm drops its temporaries before its bindings, as a function drops them before its
        // parameters.
        let here = Span::mixed_site().located_at(self.body.span());
        let value = quote_spanned!(here=> match () { () => #body });
        let uses = self.uses();
        let captures = self.captures();
        let content = match (&self.returns, asyncness) {
            // The closure has the return type `!`, so that clippy knows that the body is meant to go on.
            (Returns::Never(bang), None) => {
                let braces = self.braces(quote!(#(#bindings)* #uses #value));
                quote!(#captures #(#asks)* (move || -> #bang #braces)())
            }
            _ => quote!(#pin_output #captures #(#asks)* #(#bindings)* #uses #value),
        };
        let braces = self.braces(content);
        match asyncness {
            // rustc points at the user's `async` for errors about the future.
            Some(asyncness) => {
                let here = Span::mixed_site().located_at(asyncness.span);
                quote_spanned!(here=> async move #braces)
            }
            None => {
                let here = Span::mixed_site().located_at(self.fn_token.span);
                quote_spanned!(here=> move || -> #returns #braces)
            }
        }
    }

    /// Puts the content into the braces of the user's body. Coverage, and the lint for unused functions, see only code
    /// whose braces are in the user's file.
    fn braces(&self, content: TokenStream) -> Group {
        let mut braces = Group::new(Delimiter::Brace, content);
        braces.set_span(block(&self.body).map_or_else(|| self.body.span(), |it| it.span()));
        braces
    }

    fn asyncness(&self) -> Option<&Token![async]> {
        match (&self.job, &self.route) {
            (Some(job), _) => job.asyncness.as_ref(),
            (None, Route::Make { asyncness, .. }) => Some(asyncness),
            (None, Route::Call { .. }) => None,
        }
    }

    fn settle(&self) -> TokenStream {
        let k = self.private();
        let [ret, launch] = [local("ret"), local("launch")];
        let returns = self.returns();
        if let Some(handler) = &self.on_error {
            let here = handler.span();
            let handler = quote_spanned!(here=> &#handler);
            return quote!(|#ret, #launch| <#returns as #k::Outcome<_>>::settle_with(#ret, #launch, #handler));
        }
        let report = match &self.returns {
            Returns::Written(_, failure) => {
                let here = failure.at;
                let error = quote_spanned!(here=> _);
                // Our own trait gives the better message, but a type parameter is bounded by `Display`.
                if failure.is_generic {
                    quote!(#k::report::<#error>)
                } else {
                    quote!(<#error as #k::Reported>::report)
                }
            }
            Returns::Unit | Returns::Never(_) => quote!(#k::report),
        };
        quote!(|#ret, #launch| <#returns as #k::Outcome<_>>::settle(#ret, #launch, #report))
    }

    fn returns(&self) -> TokenStream {
        match &self.returns {
            Returns::Unit => {
                let here = Span::mixed_site().located_at(self.ident.span());
                quote_spanned!(here=> ())
            }
            Returns::Never(_) => {
                let k = self.private();
                quote!(#k::Infallible)
            }
            Returns::Written(ty, _) => ty.to_token_stream(),
        }
    }

    /// Returns the span of the return type; that of the function's name, if there is none.
    fn returns_at(&self) -> (Span, Span) {
        match &self.returns {
            Returns::Written(ty, _) => ends(ty),
            Returns::Unit | Returns::Never(_) => (self.ident.span(), self.ident.span()),
        }
    }

    fn output(&self) -> TokenStream {
        let k = self.private();
        let arguments = self.tuple(|receiver| receiver.ty(&k), |param| param.ty(&k));
        let output = quote!(-> #k::Result<(), #k::Rejected<#arguments>>);
        // A type that cannot be copied is reported here, too.
        let receiver = self.receiver.iter().filter_map(|it| it.copied.as_ref());
        let params = self.params.iter().filter_map(|it| it.copied.as_ref());
        match receiver.chain(params).next() {
            Some(ty) => located(output, ends(ty).0),
            None => output,
        }
    }

    /// Returns a tuple with an element for the receiver and for each parameter.
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
            Self::Make { rejects, .. } => *rejects,
        }
    }
}

/// Makes a variable that the body cannot see, with a name that no item in scope has: a binding called `launch` would
/// be a pattern, if a constant or a unit struct had that name.
fn local(name: &str) -> Ident {
    format_ident!("__{name}", span = Span::mixed_site())
}
