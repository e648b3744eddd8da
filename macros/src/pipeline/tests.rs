//! Tests of whole expansions: which functions are accepted, and what the launcher keeps of them.

pub(super) mod refusals;

use super::*;
use crate::fuzz::soundness::refusal;

/// Returns the first paragraphs of the errors in an expansion.
pub(crate) fn errors(output: &TokenStream) -> Vec<String> {
    refusal(output).0
}

#[track_caller]
pub(super) fn expand(args: &str, item: &str) -> TokenStream {
    run(&args.parse().expect("args"), &item.parse().expect("item"))
}

/// Checks that there is one error, and that the item follows, all of it but `#[own]`.
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

/// Only the receiver is renamed, and no other `self` in the body.
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
        // The braces of the launcher, of the closure or the future, of the `match` around the body, and of the body.
        assert_eq!(braces_at(line, output), 4, "{function}");
    }
}
