//! Refusals, and what goes through: expansions of whole functions.

use super::*;
use crate::fuzz::soundness::refusal;

/// The first paragraphs of the errors in an expansion.
pub(crate) fn errors(output: &TokenStream) -> Vec<String> {
    refusal(output).0
}

#[track_caller]
pub(super) fn expand(args: &str, item: &str) -> TokenStream {
    run(&args.parse().expect("args"), &item.parse().expect("item"))
}

/// One mistake, one error; and the item is still there, all of it but for `#[own]`.
#[track_caller]
pub(super) fn check_refused(args: &str, item: &str, expected: &str) {
    let output = expand(args, item);
    assert_eq!(errors(&output), [expected], "{args} {item}");
    let item = attrs::without_own(item.parse().expect("item"));
    let (output, item) = (output.to_string(), item.to_string());
    assert!(output.ends_with(&item), "{output} does not end with {item}");
}

#[track_caller]
pub(super) fn check_accepted(args: &str, item: &str) {
    let output = expand(args, item);
    assert_eq!(errors(&output), [""; 0], "{args} {item}");
    let function = syn::parse2::<syn::ImplItemFn>(output.clone());
    assert!(function.is_ok(), "{output}");
}

#[test]
fn refusals() {
    for (args, item, expected) in REFUSED {
        check_refused(args, item, expected);
    }
}

/// The item is there without `#[own]`, which is nothing to the compiler.
#[test]
fn refusals_of_own() {
    for (item, expected) in REFUSED_OWN {
        check_refused("", item, expected);
        let rest = refusal(&expand("", item)).1.to_string();
        assert!(!rest.contains("own"), "{rest}");
    }
}

#[test]
fn what_is_copied_is_accepted() {
    for item in [
        "fn f(#[own] x: &str, #[own] mut y: &'_ [u8], #[own] _: &Path) {}",
        "fn f<'a, T: Clone + Send + 'static>(#[own] x: &'a T, #[own] y: &'a str) {}",
        "fn f(#[own] (a, b): &(A, B), #[own] Foo { c, .. }: &Foo, #[own] &d: &u8) {}",
        "fn f(#[own] &self) {}",
        "fn f<'a>(#[own] &'a self) { fn g<'a>(x: &'a str) {} }",
        "fn f<'a>(#[own] &'a self) { 'a: loop { break 'a } }",
        "fn f(#[own] mut self: &Arc<Self>) {}",
        "fn f(#[own] x: &'of_the_impl str) {}",
        "fn f(#[own] x: &impl Clone) {}",
        "fn f(#[own] x: &'a [&'static str]) {}",
        "fn f(#[cfg(unix)] #[own] x: &str, #[own] #[allow(unused)] y: &str) {}",
        "fn f(#[own] &self) { println!(\"{{self}} {selfish} {x}\") }",
        "fn f(#[own] &self) { let text = \"{self}\"; }",
    ] {
        check_accepted("", item);
    }
}

/// `self` is another variable in the body, and in nothing else that is written there.
#[test]
fn a_copied_receiver_is_renamed_in_the_body() {
    for (written, renamed) in [
        ("self", "__self"),
        ("self.a(|| self.b)", "__self.a(|| __self.b)"),
        (
            "m!(self, x = self == self)",
            "m!(__self, x = __self == __self)",
        ),
        (
            "m!(self = ?self, self => 1)",
            "m!(self = ?__self, __self => 1)",
        ),
        (
            "self::f(); use self::g; use a::{self}; self",
            "self::f(); use self::g; use a::{self}; __self",
        ),
        ("pub(self) struct S; self", "pub(self) struct S; __self"),
        (
            "impl S { fn f(&self) { self } } self",
            "impl S { fn f(&self) { self } } __self",
        ),
        (
            "impl S<{ 1 }> for T { fn f(self) {} } self",
            "impl S<{ 1 }> for T { fn f(self) {} } __self",
        ),
        (
            "trait A { fn f(&self) {} } self",
            "trait A { fn f(&self) {} } __self",
        ),
        (
            "macro_rules! m { ($self:ident) => { $self.x + self } }",
            "macro_rules! m { ($self:ident) => { $self.x + __self } }",
        ),
        (
            "fn g(x: impl A) -> impl Sized + use<> {} self",
            "fn g(x: impl A) -> impl Sized + use<> {} __self",
        ),
    ] {
        let output = expand("", &format!("fn f(#[own] &self) {{ {written} }}")).to_string();
        let body: TokenStream = format!("{{ {renamed} }}").parse().expect("tokens");
        assert!(
            output.contains(&body.to_string()),
            "{body} is not in {output}"
        );
    }
    let output = expand("", "fn f(#[own] mut self: &Self) { self = x; }").to_string();
    assert!(output.contains("{ __self = x ; }"), "{output}");
}

#[test]
fn what_borrows_nothing_is_accepted() {
    for item in [
        "fn f(x: &'static str) {}",
        "fn f(x: fn(&str) -> &str) {}",
        "fn f(x: Box<dyn Fn(&str) -> &str + Send>) {}",
        "fn f(x: Box<dyn Fn(Cow<'_, str>)>) {}",
        "fn f(x: impl for<'a> Fn(&'a str) -> Foo<'a>) {}",
        "fn f(x: for<'a> fn(&'a str) -> Foo<'a>) {}",
        "fn f<'a: 'static>(x: &'a str) {}",
        "fn f<'a>(x: &'a str) where 'a: 'static {}",
        "fn f<'a>(x: impl Fn(Cow<'a, str>) + Send + 'static) {}",
        "fn f<'a>(x: Vec<impl Iterator<Item = &'a u8> + 'static>) {}",
        "fn f<'a>(x: Box<impl Send + use<'a>>) {}",
        "fn f(&'static mut self) {}",
        "fn f(x: &'static [&str]) {}",
        "pub fn main() {}",
        "fn f(x: [u8; if A { 1 } else { 2 }]) {}",
        "fn f(x: Foo<'of_the_impl>) {}",
        "fn f(&'static self) {}",
        "fn f(self: &'static Self) {}",
        "fn f(mut self: Arc<Self>, mut x: u8, (a, mut b): (A, B), _: C) {}",
        "fn f(self: ::std::sync::Arc<Self>, x: ::std::string::String) {}",
        "fn f(self::X: X, Pair::<A, B>(a, b): Pair<A, B>, <T as X<A, B>>::C: C) {}",
        "fn f(Foo { x, y: z }: Foo, m::Bar(w): m::Bar, [a, ..]: [u8; { N + 1 }]) {}",
        "fn f(#[cfg(unix)] x: u8, #[cfg_attr(unix, allow(unused), cfg(unix))] y: u8,) {}",
        "fn f() -> anyhow::Result<()> {}",
        "fn f() -> std::io::Result<()> {}",
        "fn f() -> Result<(), Box<dyn Error>> {}",
        "fn f() -> fmt::Result {}",
        "fn f() -> ! {}",
        "async fn f() -> ! {}",
        "default fn f() {}",
        "pub(crate) extern \"C\" fn f() {}",
        "fn r#type<T: Send + 'static, const N: usize>(x: [T; N]) where T: Clone {}",
        "fn main(self) {}",
    ] {
        check_accepted("", item);
    }
}

/// In an edition before 2024 `gen` is a name; the launcher's parameter is in the edition of this crate.
#[test]
fn a_parameter_may_be_called_as_a_later_edition_may_not() {
    let output = expand("max_in_flight = gen", "fn f(gen: usize) { gen; }").to_string();
    assert!(output.contains("(r#gen : usize)"), "{output}");
    assert!(output.contains("let gen = r#gen ;"), "{output}");
}

#[test]
fn a_word_that_is_a_parameter_is_no_static_and_no_built_in_backend() {
    for (args, item) in [
        ("backend = pool", "fn f(pool: &'static Pool) {}"),
        ("backend = pool", "async fn f(mut pool: &'static Pool) {}"),
        ("backend = self", "fn f(&'static self) {}"),
    ] {
        let output = expand(args, item).to_string();
        assert!(output.contains("__private :: Sites"), "{output}");
    }
    for (args, item) in [
        ("backend = MAIL", "fn f(pool: &'static Pool) {}"),
        ("backend = self::pool", "fn f(pool: &'static Pool) {}"),
    ] {
        let output = expand(args, item).to_string();
        assert!(!output.contains("__private :: Sites"), "{output}");
    }
    for word in ["pool", "thread", "tokio", "durable"] {
        check_refused(
            &format!("backend = {word}"),
            "fn f(other: u8) {}",
            &format!("the built-in backend `{word}` is written as a string"),
        );
    }
}

#[test]
fn a_backend_that_borrows_from_an_argument_is_refused_where_that_is_sure() {
    let wrong = |name: &str| {
        format!(
            "`backend` takes a `&'static` reference, but this one borrows from `{name}`, which moves into the launch"
        )
    };
    for (args, item, name) in [
        ("backend = &self.pool", "fn f(self: Arc<Self>) {}", "self"),
        (
            "backend = (&self.a.b)",
            "fn f(self: ::std::boxed::Box<Self>) {}",
            "self",
        ),
        (
            "backend = &tenant.pool",
            "async fn f(tenant: Arc<Tenant>) {}",
            "tenant",
        ),
        ("backend = &pool", "fn f(pool: Box<Pool>) {}", "pool"),
    ] {
        check_refused(args, item, &wrong(name));
    }
    for (args, item) in [
        ("backend = &self.pool", "fn f(&'static self) {}"),
        ("backend = &self.pool", "fn f(self) {}"),
        ("backend = self.pool", "fn f(self: Arc<Self>) {}"),
        ("backend = &tenant.pool", "fn f(tenant: Tenant) {}"),
        ("backend = &tenant.pool", "fn f(tenant: &'static Tenant) {}"),
        (
            "backend = &tenant.pool",
            "fn f(tenant: Arc<&'static Tenant>) {}",
        ),
        ("backend = &MAIL", "fn f(tenant: Arc<Tenant>) {}"),
    ] {
        check_accepted(args, item);
    }
}

#[test]
fn mistakes_are_reported_together() {
    let output = expand(
        "backend = 5, on_ful = \"drop\"",
        "const fn f(x: &str) -> u8 { 1 }",
    );
    assert_eq!(errors(&output).len(), 5);
}

#[test]
fn macros_below_this_one_see_the_function() {
    for attribute in [
        "instrument",
        "tracing::instrument(skip(x))",
        "cfg_attr(all(), instrument)",
    ] {
        let item = format!("/// docs\n#[{attribute}]\n#[inline]\npub fn f(x: u8) {{ x }}");
        for (args, rewritten) in [
            ("", "#[::fire_and_forget::fire_and_forget(__last)]"),
            (
                "name = \"x\"",
                "#[::fire_and_forget::fire_and_forget(name = \"x\", __last)]",
            ),
            (
                "crate = a::b,",
                "#[a::b::fire_and_forget(crate = a::b, __last)]",
            ),
        ] {
            let expected = item.replace("pub fn", &format!("{rewritten} pub fn"));
            let expected: TokenStream = expected.parse().expect("tokens");
            assert_eq!(expand(args, &item).to_string(), expected.to_string());
            check_accepted(
                &format!(
                    "{} __last",
                    if args.is_empty() || args.ends_with(',') {
                        args.to_owned()
                    } else {
                        format!("{args},")
                    }
                ),
                &item,
            );
        }
    }
}

#[test]
fn built_in_attributes_stay_where_they_are() {
    for attribute in [
        "inline(always)",
        "doc = \"x\"",
        "unsafe(no_mangle)",
        "clippy::foo",
        "rustfmt::skip",
        "cfg_attr(unix, cold, inline)",
        "expect(unused, reason = \"x\")",
    ] {
        let output = expand("", &format!("#[{attribute}] fn f() {{}}")).to_string();
        assert!(!output.contains("__last"), "{output}");
        assert!(output.contains("launch"), "{output}");
    }
}

#[test]
fn must_use_is_about_the_launcher() {
    let kept = |args: &str, attribute: &str| {
        let output = expand(args, &format!("#[{attribute}] fn f() {{}}")).to_string();
        output.contains("must_use")
    };
    assert!(!kept("", "must_use"));
    assert!(!kept("", "must_use = \"reason\""));
    assert!(!kept("", "cfg_attr(unix, must_use)"));
    assert!(!kept("on_full = \"reject\"", "must_use"));
    assert!(kept("on_full = \"reject\"", "must_use = \"reason\""));
}

#[test]
fn track_caller_is_added_where_it_is_allowed() {
    let count = |item: &str| expand("", item).to_string().matches("track_caller").count();
    assert_eq!(count("fn f() {}"), 1);
    assert_eq!(count("extern \"Rust\" fn f() {}"), 1);
    assert_eq!(count("extern \"C\" fn f() {}"), 0);
    assert_eq!(count("extern fn f() {}"), 0);
    assert_eq!(count("#[track_caller] fn f() {}"), 1);
    assert_eq!(count("#[cfg_attr(unix, track_caller)] fn f() {}"), 1);
}

#[test]
fn an_async_fn_needs_a_backend_where_tokio_is_off() {
    let defaulted = errors(&expand("", "async fn f() {}"));
    let named = errors(&expand("backend = \"tokio\"", "fn f() {}"));
    if cfg!(feature = "tokio") {
        assert_eq!((defaulted.len(), named.len()), (0, 0));
    } else {
        assert_eq!(
            defaulted,
            [
                "an `async fn` runs on `\"tokio\"` by default, which needs the feature `tokio` of `fire-and-forget`"
            ]
        );
        assert_eq!(
            named,
            ["`backend = \"tokio\"` needs the feature `tokio` of `fire-and-forget`"]
        );
    }
    check_accepted("backend = \"pool\"", "async fn f() {}");
}

#[test]
fn a_trace_needs_its_feature() {
    let errors = errors(&expand("trace = \"off\"", "fn f() {}"));
    if cfg!(feature = "tracing") {
        assert_eq!(errors, [""; 0]);
    } else {
        assert_eq!(
            errors,
            ["`trace` needs the feature `tracing` of `fire-and-forget`"]
        );
    }
}

#[test]
fn a_durable_function_needs_the_feature() {
    let errors = errors(&expand("backend = \"durable\"", "fn f() {}"));
    if cfg!(feature = "durable") {
        assert_eq!(errors, [""; 0]);
    } else {
        assert_eq!(
            errors,
            ["`backend = \"durable\"` needs the feature `durable` of `fire-and-forget`"]
        );
    }
}

const OWNED: &str =
    "parameters must be owned, because the body may run after the call has returned";
const SELF: &str = "`self` must be owned, because the body may run after the call has returned";
const VALUE: &str = "the returned value would be thrown away: nobody waits for it";
const MISPLACED: &str = "`#[fire_and_forget]` goes on a function";
const TWICE: &str = "`#[fire_and_forget]` is given twice";
const SHARED: &str = "a daemon or a `-> !` function cannot run on the built-in pool: it would keep a shared thread forever";
const ON_TOKIO: &str = "a daemon or a `-> !` function on `\"tokio\"` must be an `async fn`: a `fn` would keep a shared thread forever";
const IN_ITS_CALLER: &str = "`\"block\"` and `\"caller_runs\"` cannot be combined with a daemon or a `-> !` function: a caller that runs the body would never return";
pub(super) const WAITS: &str = "`\"block\"` and `\"caller_runs\"` need a `fn`: the caller of an `async fn` may be a task, which must not block its thread";
const TEST: &str = "a test cannot be launched: it would pass before its body has run";

const CHANGED: &str = "`#[own]` makes a copy, so the caller would not see what the body changes";
const INSIDE: &str = "`#[own]` goes before a reference, but this one is inside a type";
const STATIC: &str = "`#[own]` is not needed: a `'static` reference outlives the call";
const OBJECT: &str = "`#[own]` cannot copy a trait object: its type is not known";
const ERROR: &str = "the error cannot borrow from a copy that `#[own]` makes: the copy is dropped before the error is reported";

/// Items with `#[own]`, and the one error.
const REFUSED_OWN: &[(&str, &str)] = &[
    ("fn f(#[own] x: &mut T) {}", CHANGED),
    ("fn f(#[own] &mut self) {}", CHANGED),
    ("fn f(#[own] self: &mut Self) {}", CHANGED),
    ("fn f(#[own] x: Option<&str>) {}", INSIDE),
    ("fn f(#[own] x: Cow<'_, str>) {}", INSIDE),
    ("fn f(#[own] x: &&str) {}", OWNED),
    ("fn f<'a>(#[own] x: &'a [&'a str]) {}", OWNED),
    (
        "fn f(#[own] x: u8) {}",
        "`#[own]` goes before a reference, but this parameter is owned",
    ),
    (
        "fn f(#[own] mut self) {}",
        "`#[own]` goes before a reference, but this receiver is owned",
    ),
    (
        "fn f(#[own] self: Arc<Self>) {}",
        "`#[own]` goes before a reference, but this receiver is owned",
    ),
    ("fn f(#[own] x: &'static str) {}", STATIC),
    ("fn f<'a: 'static>(#[own] x: &'a str) {}", STATIC),
    ("fn f<'a>(#[own] &'a self) where 'a: 'static {}", STATIC),
    ("fn f(#[own] x: &dyn A) {}", OBJECT),
    ("fn f(#[own] x: &(dyn A + Send)) {}", OBJECT),
    ("fn f(#[own(x)] x: &str) {}", "`#[own]` takes no arguments"),
    ("fn f(#[own = x] &self) {}", "`#[own]` takes no arguments"),
    ("fn f(#[own] #[own] x: &str) {}", "`#[own]` is given twice"),
    (
        "fn f(#[cfg_attr(unix, own)] x: &str) {}",
        "`#[own]` cannot be conditional",
    ),
    ("fn f(#[own] x: &str) -> Result<(), &str> {}", ERROR),
    ("fn f<'a>(#[own] &'a self) -> Result<(), E<'a>> {}", ERROR),
    (
        "fn f(#[own] &self) { println!(\"{self}\") }",
        "a format string cannot name `self` here: the body has a copy of it",
    ),
    (
        "fn f<'a>(#[own] x: &'a str) { let y: Foo<u8, 'a> = x; }",
        "the body cannot borrow for `'a`: it borrows from a copy",
    ),
    ("const fn f(#[own] &self) {}", REFUSED[0].2),
];

/// Arguments, item, and the one error.
const REFUSED: &[(&str, &str, &str)] = &[
    (
        "",
        "const fn f() {}",
        "a `const fn` cannot be launched: no thread runs at compile time",
    ),
    (
        "",
        "unsafe fn f() {}",
        "an `unsafe fn` cannot be launched: its caller returns before the body runs, and cannot keep the contract",
    ),
    (
        "",
        "pub safe fn f(x: i32) {}",
        "a `safe fn` cannot be launched: it belongs to an `extern` block and has no body",
    ),
    (
        "",
        "extern \"C\" fn f(x: i32, ...) {}",
        "a variadic function cannot be launched: its arguments do not outlive the call",
    ),
    (
        "",
        "extern \"C\" fn f(x: i32, y: ...) {}",
        "a variadic function cannot be launched: its arguments do not outlive the call",
    ),
    (
        "",
        "fn f(self);",
        "a function without a body cannot be launched",
    ),
    (
        "",
        "fn f(&self);",
        "a function without a body cannot be launched",
    ),
    (
        "",
        "fn main() {}",
        "`main` cannot be launched: the process ends when `main` returns",
    ),
    ("", "#[test] fn f() {}", TEST),
    ("", "#[tokio::test] fn f() {}", TEST),
    ("", "#[cfg_attr(all(), test)] fn f() {}", TEST),
    ("", "#[bench] fn f() {}", TEST),
    ("", "#[rstest] fn f() {}", TEST),
    ("", "#[fire_and_forget] fn f() {}", TWICE),
    (
        "backend = \"pool\"",
        "#[inline] #[a::fire_and_forget(on_full = \"block\")] fn f() {}",
        TWICE,
    ),
    (
        "",
        "fn f<'async_trait>(self) -> Pin<Box<dyn Future + 'async_trait>> {}",
        "a method under `#[async_trait]` cannot be launched: it returns a boxed future",
    ),
    ("", "fn f() -> impl Sized {}", VALUE),
    ("", "fn f() -> u64 {}", VALUE),
    ("", "fn f() -> String {}", VALUE),
    ("", "fn f() -> (u8, u8) {}", VALUE),
    ("", "fn f() -> &'static str {}", VALUE),
    ("", "fn f() -> [u8; 4] {}", VALUE),
    ("", "fn f() -> Option<()> {}", VALUE),
    ("", "fn f() -> std::vec::Vec<u8> {}", VALUE),
    ("", "fn f() -> Box<dyn Error> {}", VALUE),
    ("", "fn f() -> Result<u8, E> {}", VALUE),
    ("", "fn f() -> Result<*const m!(), E> {}", VALUE),
    ("", "fn f() -> A + B {}", VALUE),
    ("", "fn f() -> A<B> + {}", VALUE),
    ("", "fn f() -> std::result::Result<T, E> {}", VALUE),
    ("", "fn f(&self) {}", SELF),
    ("", "fn f(&mut self) {}", SELF),
    ("", "fn f<'a>(&'a self) {}", SELF),
    ("", "fn f(self: &Self) {}", SELF),
    (
        "",
        "fn f(self: Rc<Self>) {}",
        "an `Rc` cannot be sent to another thread",
    ),
    (
        "",
        "fn f(self: Pin<std::rc::Rc<Self>>) {}",
        "an `Rc` cannot be sent to another thread",
    ),
    ("", "fn f(x: &str) {}", OWNED),
    ("", "fn f(x: &'_ T) {}", OWNED),
    ("", "fn f(x: &mut T) {}", OWNED),
    ("", "fn f(x: Option<&str>) {}", OWNED),
    ("", "fn f(x: (u8, [&T; 2])) {}", OWNED),
    ("", "fn f(x: impl Iterator<Item = &u8>) {}", OWNED),
    ("", "fn f<'a>(x: &'a &'a str) {}", OWNED),
    (
        "",
        "fn f(x: Cow<'_, str>) {}",
        "parameters must be owned, not borrowed for `'_`, because the body may run after the call has returned",
    ),
    (
        "",
        "fn f<'a>(x: Foo<'a>) {}",
        "parameters must be owned, not borrowed for `'a`, because the body may run after the call has returned",
    ),
    (
        "",
        "fn f<'a>(x: Box<dyn Fn() + 'a>) {}",
        "parameters must be owned, not borrowed for `'a`, because the body may run after the call has returned",
    ),
    ("", "fn f<'a>(x: fn(&'a str)) {}", OWNED),
    (
        "on_full = \"reject\"",
        "fn f(x: impl Send) {}",
        "`on_full = \"reject\"` returns the arguments, but an `impl Trait` type has no name",
    ),
    (
        "on_full = \"reject\"",
        "fn f(#[cfg(unix)] x: u8) {}",
        "`on_full = \"reject\"` returns the arguments in a tuple, which cannot have conditional fields",
    ),
    (
        "on_error = f",
        "fn f() {}",
        "`on_error` needs a function that returns an error",
    ),
    (
        "on_error = f",
        "fn f() -> () {}",
        "`on_error` needs a function that returns an error",
    ),
    (
        "on_error = f",
        "fn f() -> ! {}",
        "`on_error` needs a function that returns an error",
    ),
    ("daemon, backend = \"pool\"", "fn f() {}", SHARED),
    ("daemon, backend = \"pool\"", "async fn f() {}", SHARED),
    ("backend = \"pool\"", "fn f() -> ! {}", SHARED),
    ("backend = \"pool\"", "async fn f() -> ! {}", SHARED),
    ("daemon, backend = \"tokio\"", "fn f() {}", ON_TOKIO),
    ("backend = \"tokio\"", "fn f() -> ! {}", ON_TOKIO),
    ("daemon, on_full = \"block\"", "fn f() {}", IN_ITS_CALLER),
    ("on_full = \"caller_runs\"", "fn f() -> ! {}", IN_ITS_CALLER),
    ("daemon, on_full = \"block\"", "async fn f() {}", WAITS),
    (
        "context = a::Tenant, Request, a::Tenant",
        "fn f() {}",
        "the context `a::Tenant` is given twice",
    ),
    (
        "context = a::Tenant, b::Tenant, backend = \"durable\"",
        "fn f() {}",
        "two contexts would be stored as `Tenant`",
    ),
    (
        "daemon, restart = \"always\", context = Tenant",
        "fn f() {}",
        "`restart` cannot be combined with `context`: a restart has no caller to capture a context from",
    ),
    (
        "restart = \"always\"",
        "fn f() {}",
        "`restart` needs a daemon: any other function is done when it ends",
    ),
    (
        "queue = \"q\"",
        "fn f() {}",
        "`queue` needs `backend = \"durable\"`: it names a queue in the store",
    ),
    (
        "attempts = 5, backend = MAIL",
        "fn f() {}",
        "`attempts` needs `backend = \"durable\"`: a launch in memory runs once",
    ),
    (
        "timeout = T, backend = \"thread\"",
        "fn f() {}",
        "`timeout` needs `backend = \"durable\"`: a launch in memory has no time limit",
    ),
    (
        "on_full = \"block\", backend = \"pool\"",
        "async fn f() {}",
        WAITS,
    ),
    (
        "on_full = \"caller_runs\", backend = MAIL",
        "async fn f() {}",
        WAITS,
    ),
    (
        "",
        "struct S { x: u8 }",
        "`#[fire_and_forget]` goes on a function, not on this `struct`",
    ),
    (
        "",
        "pub struct S;",
        "`#[fire_and_forget]` goes on a function, not on this `struct`",
    ),
    (
        "",
        "impl S { fn f() {} }",
        "`#[fire_and_forget]` goes on a function, not on this `impl`",
    ),
    (
        "",
        "unsafe impl S {}",
        "`#[fire_and_forget]` goes on a function, not on this `impl`",
    ),
    (
        "",
        "mod m {}",
        "`#[fire_and_forget]` goes on a function, not on this `mod`",
    ),
    (
        "",
        "trait T { fn f(self) {} }",
        "`#[fire_and_forget]` goes on a function, not on this `trait`",
    ),
    (
        "",
        "const X: u8 = { 1 };",
        "`#[fire_and_forget]` goes on a function, not on this `const`",
    ),
    (
        "",
        "static X: u8 = 1;",
        "`#[fire_and_forget]` goes on a function, not on this `static`",
    ),
    (
        "",
        "use a::b;",
        "`#[fire_and_forget]` goes on a function, not on this `use`",
    ),
    ("", "|| {}", MISPLACED),
    ("", "1 + 1", MISPLACED),
    ("", "", MISPLACED),
];

/// Coverage has no regions in a closure whose braces are not in the user's file.
#[test]
fn the_launcher_and_its_closure_have_the_braces_of_the_body() {
    fn braces_at(line: usize, tokens: TokenStream) -> usize {
        tokens
            .into_iter()
            .map(|token| match token {
                TokenTree::Group(group) => {
                    let is_there = group.delimiter() == Delimiter::Brace
                        && group.span_open().start().line == line
                        && group.span_close().start().line == line + 2;
                    usize::from(is_there) + braces_at(line, group.stream())
                }
                _ => 0,
            })
            .sum()
    }
    for function in ["\n\nfn f()\n{\ng();\n}", "\n\nasync fn f()\n{\ng();\n}"] {
        let item: TokenStream = function.parse().unwrap();
        let Some(TokenTree::Group(body)) = item.clone().into_iter().last() else {
            panic!("a function ends with its body");
        };
        let line = body.span_open().start().line;
        let output = run(&"backend = \"pool\"".parse().unwrap(), &item);
        // The launcher's, the closure's or the future's, those of the `match` around the body, and the body's own.
        assert_eq!(braces_at(line, output), 4, "{function}");
    }
}
