//! Functions that cannot be launched, and the one message that each gets.

use super::{check_refused, expand};
use crate::fuzz::soundness::refusal;

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

const OWNED: &str =
    "parameters must be owned, because the body may run after the call has returned";
const SELF: &str = "`self` must be owned, because the body may run after the call has returned";
const VALUE: &str = "the returned value would be thrown away: no caller waits for it";
const MISPLACED: &str = "`#[fire_and_forget]` goes on a function";
const TWICE: &str = "`#[fire_and_forget]` is given twice";
const SHARED: &str = "a daemon or a `-> !` function cannot run on the built-in pool: it would keep a shared thread forever";
const ON_TOKIO: &str = "a daemon or a `-> !` function on `\"tokio\"` must be an `async fn`: a `fn` would keep a shared thread forever";
const IN_ITS_CALLER: &str = "`\"block\"` and `\"caller_runs\"` cannot be combined with a daemon or a `-> !` function: a caller that runs the body would never return";
pub(in crate::pipeline) const WAITS: &str = "`\"block\"` and `\"caller_runs\"` need a `fn`: the caller of an `async fn` may be a task, which must not block its thread";
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
