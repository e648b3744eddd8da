//! Every refusal, and the model of what is left: a launcher that can be written down.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident};
use syn::{Abi, Attribute, Generics, LitStr, Token, Type, Visibility};

use crate::args::{Args, Backend, BuiltIn, OnFull, Value};
use crate::attrs::{self, ParamAttrs};
use crate::borrow::{Borrow, Borrowed};
use crate::diag::Mistakes;
use crate::item::{Body, Function, Param, Pattern, Receiver, ReceiverKind};
use crate::returns::{Verdict, judge};

/// A function that can be launched, and how.
pub(crate) struct Launcher {
    pub(crate) attrs: Vec<Attribute>,
    /// Add `#[track_caller]`?
    pub(crate) tracks_caller: bool,
    pub(crate) vis: Visibility,
    pub(crate) default: Option<Ident>,
    pub(crate) abi: Option<Abi>,
    pub(crate) fn_token: Token![fn],
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) receiver: Option<OwnedReceiver>,
    pub(crate) params: Vec<OwnedParam>,
    pub(crate) returns: Returns,
    pub(crate) body: TokenTree,
    pub(crate) route: Route,
    pub(crate) name: Option<LitStr>,
    pub(crate) limit: Option<TokenStream>,
    pub(crate) on_error: Option<TokenStream>,
    pub(crate) krate: Option<TokenStream>,
}

/// A receiver that does not borrow.
pub(crate) struct OwnedReceiver {
    pub(crate) attrs: ParamAttrs,
    pub(crate) mutability: Option<Token![mut]>,
    pub(crate) self_token: Token![self],
    pub(crate) kind: OwnedReceiverKind,
}

pub(crate) enum OwnedReceiverKind {
    /// `self`
    Value,
    /// `&'static self`: the tokens before `self`.
    Static(TokenStream),
    /// `self: Type`
    Typed(Type),
}

/// A parameter that does not borrow, as far as can be seen.
pub(crate) struct OwnedParam {
    pub(crate) attrs: ParamAttrs,
    /// Its name in the launcher's signature.
    pub(crate) ident: Ident,
    /// What the body sees; `None` if that is the name itself.
    pub(crate) pattern: Option<TokenStream>,
    pub(crate) mutability: Option<Token![mut]>,
    pub(crate) ty: Type,
}

pub(crate) enum Returns {
    Unit,
    Never,
    Written(Type),
}

/// The way from the launcher to the body.
pub(crate) enum Route {
    /// A `fn`.
    Call { on: Backend, on_full: OnFull },
    /// An `async fn` that a thread blocks on.
    BlockOn { on: Threads, rejects: bool },
    /// An `async fn` that becomes a task.
    Spawn { rejects: bool },
}

/// A backend that runs what it is given on threads.
pub(crate) enum Threads {
    Thread,
    Pool,
    Static(TokenStream),
}

/// Turns what was written into what will be generated, or reports why not.
pub(crate) fn check(args: Args, function: Function, mistakes: &mut Mistakes) -> Option<Launcher> {
    if is_async_trait(&function) {
        mistakes.at(
            function.ident.span(),
            "`#[async_trait]` has already made this method a `fn` that returns a boxed future",
            "native `async fn` in traits needs no macro; or write the method as a call of an annotated function",
        );
        return None;
    }
    let rejects = matches!(&args.on_full, Some(it) if it.value == OnFull::Reject);
    check_qualifiers(&function, mistakes);
    let borrowed = Borrowed::new(&function.generics);
    let receiver = function
        .receiver
        .and_then(|it| check_receiver(it, &borrowed, mistakes));
    let params = function.params.into_iter().enumerate();
    let params = params
        .map(|(index, param)| check_param(param, index, rejects, &borrowed, mistakes))
        .collect();
    let returns = check_returns(function.output, mistakes);
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
    let body = match function.body {
        Body::Block(body) => Some(body),
        Body::Missing(semicolon) => {
            mistakes.at(
                semicolon,
                "a function without a body cannot be launched",
                "annotate the function where its body is, for a trait in each `impl`",
            );
            None
        }
    };
    let is_rust_abi = function
        .qualifiers
        .abi
        .as_ref()
        .is_none_or(|abi| abi.name.as_ref().is_some_and(|it| it.value() == "Rust"));
    Some(Launcher {
        tracks_caller: is_rust_abi && !attrs::has_track_caller(&function.attrs),
        attrs: attrs::of_launcher(function.attrs, rejects),
        vis: function.vis,
        default: function.qualifiers.default,
        abi: function.qualifiers.abi,
        fn_token: function.fn_token,
        ident: function.ident,
        generics: function.generics,
        receiver,
        params,
        returns: returns?,
        body: body?,
        route: route?,
        name: args.name.map(|it| it.value),
        limit: args.max_in_flight.map(|it| it.value),
        on_error: args.on_error.map(|it| it.value),
        krate: args.krate.map(|it| it.value),
    })
}

/// A test that launches its body would pass before the body has run.
pub(crate) fn check_test(function: &Function, mistakes: &mut Mistakes) {
    if let Some(attr) = attrs::test(&function.attrs) {
        mistakes.over(
            attr.path(),
            "a test cannot be launched: it would pass before its body has run",
            "call the launcher from the test, and wait for it with `flush`",
        );
    }
}

fn is_async_trait(function: &Function) -> bool {
    let mut lifetimes = function.generics.lifetimes();
    lifetimes.any(|it| it.lifetime.ident == "async_trait")
}

fn check_qualifiers(function: &Function, mistakes: &mut Mistakes) {
    if let Some(constness) = &function.qualifiers.constness {
        mistakes.at(
            constness.span,
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
            "variable arguments cannot be launched: they are gone when this call has returned",
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

fn check_receiver(
    receiver: Receiver,
    borrowed: &Borrowed,
    mistakes: &mut Mistakes,
) -> Option<OwnedReceiver> {
    let kind = match receiver.kind {
        ReceiverKind::Value => OwnedReceiverKind::Value,
        ReceiverKind::Reference {
            and,
            lifetime,
            mutability,
        } => {
            let is_borrow = lifetime.as_ref().is_none_or(|it| borrowed.contains(it));
            if is_borrow {
                let mut tokens = and.to_token_stream();
                lifetime.to_tokens(&mut tokens);
                mutability.to_tokens(&mut tokens);
                receiver.self_token.to_tokens(&mut tokens);
                mistakes.over(
                    tokens,
                    &format!("the receiver must be owned, {OUTLIVES}"),
                    "take `self: Arc<Self>` or `self`; `&'static self` if it is a static",
                );
                return None;
            }
            let mut tokens = and.to_token_stream();
            lifetime.to_tokens(&mut tokens);
            mutability.to_tokens(&mut tokens);
            OwnedReceiverKind::Static(tokens)
        }
        ReceiverKind::Typed(ty) => {
            if let Some(rc) = rc(&ty) {
                mistakes.at(
                    rc.span(),
                    "an `Rc` cannot be sent to another thread",
                    "take `self: Arc<Self>`",
                );
                return None;
            }
            check_borrow(&ty, "the receiver", borrowed, mistakes);
            OwnedReceiverKind::Typed(ty)
        }
    };
    Some(OwnedReceiver {
        attrs: ParamAttrs::new(receiver.attrs),
        mutability: receiver.mutability,
        self_token: receiver.self_token,
        kind,
    })
}

/// The `Rc` of `Rc<Self>` and `Pin<Rc<Self>>`.
fn rc(ty: &Type) -> Option<Ident> {
    let mut found = None;
    for token in ty.to_token_stream() {
        if let TokenTree::Ident(ident) = token
            && ident == "Rc"
        {
            found = Some(ident);
        }
    }
    found
}

fn check_param(
    param: Param,
    index: usize,
    rejects: bool,
    borrowed: &Borrowed,
    mistakes: &mut Mistakes,
) -> OwnedParam {
    check_borrow(&param.ty, "parameters", borrowed, mistakes);
    let attrs = ParamAttrs::new(param.attrs);
    if rejects {
        check_returnable(&param.ty, &attrs, mistakes);
    }
    let (ident, mutability, pattern) = match param.pattern {
        Pattern::Name { mutability, ident } => (ident, mutability, None),
        Pattern::Tokens(pattern) => {
            let ident = format_ident!("__arg{index}", span = Span::mixed_site());
            (ident, None, Some(pattern))
        }
    };
    OwnedParam {
        attrs,
        ident,
        pattern,
        mutability,
        ty: param.ty,
    }
}

/// Under `reject`, the arguments' types are written down in the launcher's return type.
fn check_returnable(ty: &Type, attrs: &ParamAttrs, mistakes: &mut Mistakes) {
    if let Some(opaque) = opaque(ty) {
        mistakes.over(
            opaque,
            "`on_full = \"reject\"` gives the arguments back, and the type of this one has no name",
            "make it a type parameter of the function",
        );
    }
    if let Some(condition) = attrs.conditions.first() {
        mistakes.over(
            condition,
            "`on_full = \"reject\"` gives the arguments back in a tuple, which cannot have conditional parts",
            "write the function once per condition",
        );
    }
}

/// `impl Trait`, anywhere in the type.
fn opaque(ty: &Type) -> Option<Ident> {
    fn search(tokens: TokenStream) -> Option<Ident> {
        tokens.into_iter().find_map(|token| match token {
            TokenTree::Ident(ident) if ident == "impl" => Some(ident),
            TokenTree::Group(group) => search(group.stream()),
            _ => None,
        })
    }
    search(ty.to_token_stream())
}

const OUTLIVES: &str = "because the body outlives this call";

fn check_borrow(ty: &Type, what: &str, borrowed: &Borrowed, mistakes: &mut Mistakes) {
    match borrowed.find(ty) {
        None => {}
        Some(Borrow::Reference(reference)) => {
            let mut start = reference.and_token.to_token_stream();
            reference.lifetime.to_tokens(&mut start);
            reference.mutability.to_tokens(&mut start);
            let wrong = format!("{what} must be owned, {OUTLIVES}");
            mistakes.over(start, &wrong, owned(reference));
        }
        Some(Borrow::Lifetime(lifetime)) => {
            let wrong = format!("{what} must be owned, and `{lifetime}` is borrowed, {OUTLIVES}");
            let help = "use an owned type, or `'static` if the data is never freed";
            mistakes.over(lifetime, &wrong, help);
        }
    }
}

/// The owned counterpart of a reference.
fn owned(reference: &syn::TypeReference) -> &'static str {
    if reference.mutability.is_some() {
        return "take the value itself, or an `Arc<Mutex<_>>` if the caller keeps it";
    }
    match &*reference.elem {
        Type::Path(it) if it.path.is_ident("str") => {
            "take a `String` or an `Arc<str>`; `&'static str` if it is always a literal"
        }
        Type::Path(it) if it.path.is_ident("Path") => "take a `PathBuf` or an `Arc<Path>`",
        Type::Slice(_) => {
            "take a `Vec<_>` or an `Arc<[_]>`; `&'static [_]` if it is always a constant"
        }
        _ => "take the value itself, a clone of it, or an `Arc`",
    }
}

fn check_returns(output: Option<Type>, mistakes: &mut Mistakes) -> Option<Returns> {
    let Some(ty) = output else {
        return Some(Returns::Unit);
    };
    let help = "send the value through a channel or store it from inside the body, and return `()` or `Result<(), E>`";
    match judge(&ty) {
        Verdict::Unit => Some(Returns::Unit),
        Verdict::Never => Some(Returns::Never),
        Verdict::Other => Some(Returns::Written(ty)),
        Verdict::Opaque => {
            let wrong = "the returned value would be thrown away: nobody waits for it";
            mistakes.over(opaque(&ty), wrong, help);
            None
        }
        Verdict::ThrownAway(value) => {
            let wrong = "the returned value would be thrown away: nobody waits for it";
            mistakes.over(value, wrong, help);
            None
        }
    }
}

fn route(
    backend: Option<Value<Backend>>,
    on_full: Option<Value<OnFull>>,
    asyncness: Option<Token![async]>,
    mistakes: &mut Mistakes,
) -> Option<Route> {
    let has_tokio = cfg!(feature = "tokio");
    if let Some(Value {
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
            asyncness.span,
            "an `async fn` runs on tokio by default, and the feature `tokio` of `fire-and-forget` is off",
            "turn the feature on, or add `backend = \"pool\"`: a worker then blocks on the future",
        );
        return None;
    }
    let rejects = match &on_full {
        Some(Value {
            written,
            value: OnFull::Block | OnFull::CallerRuns,
            ..
        }) => {
            mistakes.over(
                written,
                "the caller of an `async fn` cannot wait: it may be a task, and would hold up its thread",
                "write `\"drop\"` or `\"reject\"`",
            );
            return None;
        }
        Some(it) => it.value == OnFull::Reject,
        None => false,
    };
    let on = match backend.map(|it| it.value) {
        None | Some(Backend::BuiltIn(BuiltIn::Tokio)) => return Some(Route::Spawn { rejects }),
        Some(Backend::BuiltIn(BuiltIn::Thread)) => Threads::Thread,
        Some(Backend::BuiltIn(BuiltIn::Pool)) => Threads::Pool,
        Some(Backend::Static(path)) => Threads::Static(path),
    };
    Some(Route::BlockOn { on, rejects })
}
