//! What users read when they make a mistake: one mistake per file in `ui/`, and the compiler's words beside it.
//!
//! The words change with the compiler, so this runs on the toolchain that they were recorded with.

#[rustversion::attr(
    not(stable(1.95)),
    ignore = "the messages were recorded with Rust 1.95"
)]
#[test]
fn mistakes_are_explained() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/*.rs");
    if cfg!(feature = "durable") {
        cases.compile_fail("ui/durable/*.rs");
    } else {
        cases.compile_fail("ui/without_durable/*.rs");
    }
    if !cfg!(feature = "tracing") {
        cases.compile_fail("ui/without_tracing/*.rs");
    }
}
