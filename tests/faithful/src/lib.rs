//! Annotated functions of every shape, under every lint that a careful crate turns on.
//!
//! That this compiles, in three editions and under clippy, is the test; the unit tests run what can differ at run
//! time. `edition-*/Cargo.toml` are its manifests.

#![deny(
    warnings,
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    unsafe_code
)]
#![deny(clippy::all, clippy::pedantic)]
#![deny(
    clippy::collection_is_never_read,
    clippy::default_numeric_fallback,
    clippy::diverging_sub_expression,
    clippy::let_underscore_must_use,
    clippy::let_underscore_untyped,
    clippy::min_ident_chars,
    clippy::panic_in_result_fn,
    clippy::pattern_type_mismatch,
    clippy::print_stdout,
    clippy::redundant_clone,
    clippy::semicolon_inside_block,
    clippy::shadow_reuse,
    clippy::shadow_same,
    clippy::shadow_unrelated,
    clippy::str_to_string,
    clippy::try_err,
    clippy::unreachable,
    clippy::unwrap_used,
    clippy::used_underscore_binding,
    clippy::useless_let_if_seq
)]
// What the functions here do themselves, to be functions at all.
#![allow(clippy::missing_errors_doc, clippy::missing_panics_doc)]

pub mod attributes;
pub mod bodies;
pub mod conditions;
pub mod copies;
#[cfg(test)]
mod drop_order;
pub mod durable;
pub mod fragments;
pub mod generics;
pub mod options;
pub mod parameters;
pub mod prelude;
pub mod receivers;
pub mod returns;

/// Uses a value up, of whatever type.
pub(crate) fn consume<T>(_: T) {}
