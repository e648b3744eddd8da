//! What users read when they ask for launches in a way that cannot be answered.
//!
//! The words change with the compiler, so this runs on the toolchain that they were recorded with.

#[rustversion::attr(
    not(stable(1.95)),
    ignore = "the messages were recorded with Rust 1.95"
)]
#[test]
fn mistakes_are_explained() {
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}
