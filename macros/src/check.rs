//! Every refusal: what was written goes in, and what can be generated comes out.

mod arguments;

use proc_macro2::{Ident, Span, TokenStream};

use crate::args::{Args, Backend, BuiltIn, Given, OnFull};
use crate::attrs;
use crate::borrow::Borrowed;
use crate::diag::Mistakes;
use crate::generics::Generics;
use crate::item::{Body, Function};
use crate::launcher::{Launcher, Returns, Route};
use crate::returns::{Failure, Verdict, judge};

/// Turns what was written into what will be generated, or reports why not.
pub(crate) fn check(args: Args, function: Function, mistakes: &mut Mistakes) -> Option<Launcher> {
    if is_async_trait(&function) {
        mistakes.at(
            function.ident.span(),
            "`#[async_trait]` has already made this method a `fn` that returns a boxed future",
            "take the method out of `#[async_trait]`: a launcher is a plain `fn`; or call an annotated function from it",
        );
        return None;
    }
    let body = match &function.body {
        Body::Block(body) => body.clone(),
        // Nothing else is said: what is wrong with the rest may be right without this attribute.
        Body::Missing(semicolon) => {
            mistakes.at(
                *semicolon,
                "a function without a body cannot be launched",
                "annotate the function where its body is, for a trait in each `impl`",
            );
            return None;
        }
    };
    let rejects = matches!(&args.on_full, Some(it) if it.value == OnFull::Reject);
    check_qualifiers(&function, mistakes);
    let borrowed = Borrowed::new(&function.generics);
    let receiver = function
        .receiver
        .and_then(|it| arguments::receiver(it, &borrowed, mistakes));
    let params = function.params.into_iter().enumerate();
    let params = params
        .map(|(index, param)| arguments::param(param, index, rejects, &borrowed, mistakes))
        .collect();
    let returns = check_returns(function.output, &function.generics, mistakes);
    if let Some(on_error) = &args.on_error
        && let Some(Returns::Unit | Returns::Never) = returns
    {
        mistakes.at(
            on_error.key.span(),
            "this function returns no error that `on_error` could take",
            "return a `Result<(), E>`, or remove the option",
        );
    }
    let route = route(
        args.backend,
        args.on_full,
        function.qualifiers.asyncness,
        mistakes,
    );
    if let Some(Given { written, .. }) = &args.trace
        && !cfg!(feature = "tracing")
    {
        mistakes.over(
            written,
            "`trace` needs the feature `tracing` of `fire-and-forget`",
            "turn the feature on, or remove the option",
        );
    }
    let is_rust_abi = function
        .qualifiers
        .abi
        .as_ref()
        .is_none_or(|abi| abi.is_rust);
    Some(Launcher {
        tracks_caller: is_rust_abi && !attrs::has_track_caller(&function.attrs),
        attrs: attrs::of_launcher(function.attrs, rejects),
        vis: function.vis,
        default: function.qualifiers.default,
        abi: function.qualifiers.abi,
        fn_token: function.fn_token,
        ident: function.ident,
        generics: function.generics,
        parentheses: function.parentheses,
        receiver,
        params,
        returns: returns?,
        body,
        route: route?,
        name: args.name.map(|it| it.value),
        limit: args.max_in_flight,
        on_error: args.on_error.map(|it| it.value),
        trace: args.trace.map(|it| it.value),
        krate: args.krate.map(|it| it.value),
    })
}

/// Refuses what other attributes make of the function.
pub(crate) fn check_attributes(function: &Function, mistakes: &mut Mistakes) {
    if let Some(attr) = attrs::test(&function.attrs) {
        mistakes.over(
            &attr.meta().path,
            "a test cannot be launched: it would pass before its body has run",
            "call the launcher from the test, and wait for it with `flush`",
        );
    }
    if let Some(attr) = attrs::again(&function.attrs) {
        mistakes.over(
            &attr.meta().path,
            "`#[fire_and_forget]` is there twice: the launch would be launched",
            "keep one, with the options of both",
        );
    }
}

fn is_async_trait(function: &Function) -> bool {
    let mut lifetimes = function.generics.lifetimes.iter();
    lifetimes.any(|it| it.name == "async_trait")
}

fn check_qualifiers(function: &Function, mistakes: &mut Mistakes) {
    if let Some(constness) = &function.qualifiers.constness {
        mistakes.at(
            constness.span(),
            "a `const fn` cannot be launched: there is nothing to run it on at compile time",
            "remove `const`, or launch a function that calls this one",
        );
    }
    if let Some(safety) = function
        .qualifiers
        .safety
        .as_ref()
        .filter(|it| *it == "unsafe")
    {
        mistakes.at(
            safety.span(),
            "an `unsafe fn` cannot be launched: its caller has gone on before the body runs, and cannot keep its contract",
            "launch a safe function that has an `unsafe` block and keeps the contract by itself",
        );
    }
    if let Some(variadic) = &function.variadic {
        mistakes.over(
            variadic,
            "variable arguments cannot be launched: they are gone when the call has returned",
            "take a `Vec` or a parameter for each",
        );
    }
    let is_main =
        function.ident == "main" && function.receiver.is_none() && function.params.is_empty();
    if is_main {
        mistakes.at(
            function.ident.span(),
            "`main` cannot be launched: the process ends when `main` returns",
            "launch another function from `main`, and wait for it with `shutdown`",
        );
    }
}

fn check_returns(
    output: Option<TokenStream>,
    generics: &Generics,
    mistakes: &mut Mistakes,
) -> Option<Returns> {
    let Some(ty) = output else {
        return Some(Returns::Unit);
    };
    let help = "send the value through a channel or store it from inside the body, and return `()` or `Result<(), E>`";
    match judge(&ty) {
        Verdict::Unit => Some(Returns::Unit),
        Verdict::Never => Some(Returns::Never),
        Verdict::Other => {
            let failure = Failure::new(&ty, generics);
            Some(Returns::Written(ty, failure))
        }
        Verdict::Opaque => {
            let is_future = ty.to_string().contains("Future");
            let help = if is_future {
                "write an `async fn`, which returns `()` or `Result<(), E>`"
            } else {
                help
            };
            let at = arguments::opaque(&ty).map_or_else(Span::call_site, |it| it.span());
            mistakes.at(at, THROWN_AWAY, help);
            None
        }
        Verdict::ThrownAway(value) => {
            mistakes.over(&value, THROWN_AWAY, help);
            None
        }
    }
}

const THROWN_AWAY: &str = "the returned value would be thrown away: nobody waits for it";

fn route(
    backend: Option<Given<Backend>>,
    on_full: Option<Given<OnFull>>,
    asyncness: Option<Ident>,
    mistakes: &mut Mistakes,
) -> Option<Route> {
    let has_tokio = cfg!(feature = "tokio");
    if let Some(Given {
        written,
        value: Backend::BuiltIn(BuiltIn::Tokio),
        ..
    }) = &backend
        && !has_tokio
    {
        mistakes.over(
            written,
            "`backend = \"tokio\"` needs the feature `tokio` of `fire-and-forget`",
            "turn the feature on, or choose `\"pool\"`, `\"thread\"` or a static",
        );
        return None;
    }
    let Some(asyncness) = asyncness else {
        return Some(Route::Call {
            on: backend.map_or(Backend::BuiltIn(BuiltIn::Pool), |it| it.value),
            on_full: on_full.map_or(OnFull::Drop, |it| it.value),
        });
    };
    if backend.is_none() && !has_tokio {
        mistakes.at(
            asyncness.span(),
            "an `async fn` runs on tokio by default, and the feature `tokio` of `fire-and-forget` is off",
            "turn the feature on, or add `backend = \"pool\"`: a worker then blocks on the future",
        );
        return None;
    }
    let rejects = match &on_full {
        Some(Given {
            written,
            value: OnFull::Block | OnFull::CallerRuns,
            ..
        }) => {
            mistakes.over(
                written,
                "`\"block\"` and `\"caller_runs\"` are for a `fn`: the caller of an `async fn` may be a task, and would hold up its thread",
                "write `\"drop\"` or `\"reject\"`",
            );
            return None;
        }
        Some(it) => it.value == OnFull::Reject,
        None => false,
    };
    Some(Route::Make {
        asyncness,
        on: backend.map_or(Backend::BuiltIn(BuiltIn::Tokio), |it| it.value),
        rejects,
    })
}
