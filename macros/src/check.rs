//! Checks the function and the options: the result can be expanded without another check.

mod backend;
mod context;
mod durable;
mod own;
mod parameters;

use proc_macro2::Span;
use quote::ToTokens;
use syn::{Abi, FnArg, Generics, ReturnType, Safety, Signature, Token, Visibility};

use crate::args::{Args, Backend, BuiltIn, Given, OnFull, Shape};
use crate::attrs;
use crate::borrow::Borrowed;
use crate::diag::Mistakes;
use crate::item::{Body, Function};
use crate::launcher::{Job, Launcher, Returns, Route};
use crate::returns::{Failure, Verdict, judge};

/// Builds the model of the launcher, or reports why there is none.
pub(crate) fn check(args: Args, function: Function, mistakes: &mut Mistakes) -> Option<Launcher> {
    if is_async_trait(&function) {
        mistakes.at(function.sig.ident.span(), ASYNC_TRAIT[0], ASYNC_TRAIT[1]);
        return None;
    }
    let body = match &function.body {
        Body::Block(body) => body.clone(),
        // Only this is reported: without the attribute, the rest may be right.
        Body::Missing(semicolon) => {
            mistakes.at(
                *semicolon,
                "a function without a body cannot be launched",
                "annotate the function that has the body: for a method of a trait, the one in each `impl`",
            );
            return None;
        }
    };
    let rejects = args.has(OnFull::Reject);
    let is_stored = args.is_on(BuiltIn::Durable);
    let sig = function.sig;
    check_qualifiers(&sig, &function.vis, function.safe.as_ref(), mistakes);
    let borrowed = Borrowed::new(&sig.generics);
    let (mut receiver, mut params) = (None, Vec::new());
    for input in sig.inputs {
        match input {
            FnArg::Receiver(it) if is_stored => durable::refuse_receiver(&it, mistakes),
            FnArg::Receiver(it) => receiver = parameters::receiver(it, &borrowed, mistakes),
            FnArg::Typed(it) if is_stored && durable::refuses(own::stored(&it), mistakes) => {}
            FnArg::Typed(it) => {
                let param = parameters::param(it, &params, rejects, &borrowed, mistakes);
                params.push(param);
            }
        }
    }
    let body = match &receiver {
        Some(it) if it.copied.is_some() => own::rename(body, it, mistakes),
        _ => body,
    };
    let returns = check_returns(sig.output, &sig.generics, mistakes);
    let has_copies = params.iter().any(|it| it.copied.is_some())
        || receiver.as_ref().is_some_and(|it| it.copied.is_some());
    if has_copies {
        own::check(&body, returns.as_ref(), &borrowed, mistakes);
    }
    if is_stored {
        let returns = returns.as_ref();
        durable::check(&sig.generics, &params, returns, &borrowed, mistakes);
    }
    let shape = Shape {
        is_async: sig.asyncness.is_some(),
        may_fail: !matches!(returns, Some(Returns::Unit | Returns::Never(_))),
        never_returns: matches!(returns, Some(Returns::Never(_))),
    };
    let is_daemon = args.is_daemon(shape);
    args.check(shape, mistakes);
    let contexts = args.context.map_or_else(Vec::new, |it| it.value.0);
    context::check(&contexts, is_stored, mistakes);
    let job = is_stored.then(|| Job {
        asyncness: sig.asyncness,
        queue: args.queue.map(|it| it.value.0),
        attempts: args.attempts.map(|it| it.value.0),
        timeout: args.timeout.map(|it| it.value.0),
    });
    // A durable launch is always a `fn`, which stores the arguments.
    let asyncness = sig.asyncness.filter(|_| !is_stored);
    let backend = match args.backend {
        Some(given) => backend::resolve(given, receiver.as_ref(), &params, mistakes).map(Some),
        None => Some(None),
    };
    let route = backend.and_then(|it| route(it, args.on_full, asyncness, is_daemon, mistakes));
    let is_rust = |abi: &Abi| abi.name.as_ref().is_some_and(|it| it.value() == "Rust");
    let is_rust_abi = sig.abi.as_ref().is_none_or(is_rust);
    Some(Launcher {
        tracks_caller: is_rust_abi && !attrs::has_track_caller(&function.attrs),
        attrs: attrs::of_launcher(function.attrs, rejects),
        vis: function.vis,
        default: function.default,
        abi: sig.abi,
        fn_token: sig.fn_token,
        ident: sig.ident,
        generics: sig.generics,
        paren_token: sig.paren_token,
        receiver,
        params,
        returns: returns?,
        body,
        route: route?,
        is_daemon,
        restart: args.restart.map(|it| it.value),
        job,
        name: args.name.map(|it| it.value.0),
        limit: args.max_in_flight,
        contexts,
        on_error: args.on_error.map(|it| it.value.0),
        trace: args.trace.map(|it| it.value),
        krate: args.krate.map(|it| it.value.0),
    })
}

/// Refuses functions that another attribute has changed, or will change.
pub(crate) fn check_attributes(function: &Function, mistakes: &mut Mistakes) {
    if let Some(attr) = attrs::test(&function.attrs) {
        mistakes.over(
            attr.path(),
            "a test cannot be launched: it would pass before its body has run",
            "call the launcher from the test, and wait for it with `flush`",
        );
    }
    if let Some(attr) = attrs::again(&function.attrs) {
        mistakes.over(
            attr.path(),
            "`#[fire_and_forget]` is given twice",
            "remove one of them, and move its options to the other",
        );
    }
}

const ASYNC_TRAIT: [&str; 2] = [
    "a method under `#[async_trait]` cannot be launched: it returns a boxed future",
    "declare the method as a plain `fn` without `#[async_trait]`, or call an annotated function from it",
];

fn is_async_trait(function: &Function) -> bool {
    let mut lifetimes = function.sig.generics.lifetimes();
    lifetimes.any(|it| it.lifetime.ident == "async_trait")
}

fn check_qualifiers(
    sig: &Signature,
    vis: &Visibility,
    safe: Option<&Token![safe]>,
    mistakes: &mut Mistakes,
) {
    if let Some(safe) = safe {
        mistakes.over(
            safe,
            "a `safe fn` cannot be launched: it belongs to an `extern` block and has no body",
            "remove `safe`",
        );
    }
    if let Some(constness) = &sig.constness {
        mistakes.over(
            constness,
            "a `const fn` cannot be launched: no thread runs at compile time",
            "remove `const`, or launch a function that calls this one",
        );
    }
    if let Safety::Unsafe(unsafety) = &sig.safety {
        mistakes.over(
            unsafety,
            "an `unsafe fn` cannot be launched: its caller returns before the body runs, and cannot keep the contract",
            "remove the attribute here, and annotate a safe function, which calls this one in an `unsafe` block",
        );
    }
    if let Some(variadic) = &sig.variadic {
        mistakes.over(
            variadic.dots,
            "a variadic function cannot be launched: its arguments do not outlive the call",
            "take a `Vec<_>`, or one parameter for each argument",
        );
    }
    if sig.ident == "main" && sig.inputs.is_empty() && matches!(vis, Visibility::Inherited) {
        mistakes.at(
            sig.ident.span(),
            "`main` cannot be launched: the process ends when `main` returns",
            "launch another function from `main`, and wait for it with `shutdown`",
        );
    }
}

fn check_returns(
    output: ReturnType,
    generics: &Generics,
    mistakes: &mut Mistakes,
) -> Option<Returns> {
    let ReturnType::Type(_, ty) = output else {
        return Some(Returns::Unit);
    };
    let help =
        "return `()` or `Result<(), E>`, and send the value through a channel inside the body";
    match judge(&ty) {
        Verdict::Unit => Some(Returns::Unit),
        Verdict::Never(bang) => Some(Returns::Never(bang)),
        Verdict::Other => {
            let failure = Failure::new(&ty, generics);
            Some(Returns::Written(ty, failure))
        }
        Verdict::Opaque => {
            let is_future = ty.to_token_stream().to_string().contains("Future");
            let help = if is_future {
                "write an `async fn` that returns `()` or `Result<(), E>`"
            } else {
                help
            };
            let at = parameters::opaque(&ty).map_or_else(Span::call_site, |it| it.span());
            mistakes.at(at, THROWN_AWAY, help);
            None
        }
        Verdict::ThrownAway(value) => {
            mistakes.over(value, THROWN_AWAY, help);
            None
        }
    }
}

const THROWN_AWAY: &str = "the returned value would be thrown away: no caller waits for it";

fn route(
    backend: Option<Backend>,
    on_full: Option<Given<OnFull>>,
    asyncness: Option<Token![async]>,
    is_daemon: bool,
    mistakes: &mut Mistakes,
) -> Option<Route> {
    let on_full = on_full.map_or(OnFull::Drop, |it| it.value);
    let Some(asyncness) = asyncness else {
        // A daemon would keep a thread of the shared pool.
        let default = if is_daemon {
            BuiltIn::Thread
        } else {
            BuiltIn::Pool
        };
        return Some(Route::Call {
            on: backend.unwrap_or(Backend::BuiltIn(default)),
            on_full,
        });
    };
    if backend.is_none() && !cfg!(feature = "tokio") {
        mistakes.at(
            asyncness.span,
            "an `async fn` runs on `\"tokio\"` by default, which needs the feature `tokio` of `fire-and-forget`",
            "enable the feature, or write `backend = \"pool\"`: a worker then blocks on the future",
        );
        return None;
    }
    Some(Route::Make {
        asyncness,
        on: backend.unwrap_or(Backend::BuiltIn(BuiltIn::Tokio)),
        rejects: on_full == OnFull::Reject,
    })
}
