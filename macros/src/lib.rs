//! The attribute of the `fire-and-forget` crate, which re-exports it and documents it with examples.

mod args;
mod attrs;
mod borrow;
mod check;
mod chunks;
mod diag;
mod expand;
mod item;
mod launcher;
mod pipeline;
mod returns;

use proc_macro::TokenStream;

/// Makes a function a launcher: the call hands its arguments over and returns, and the body runs elsewhere.
///
/// A launcher returns `()`, whatever the function was written to return, or a `Result` under `on_full = "reject"`.
#[proc_macro_attribute]
pub fn fire_and_forget(args: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::run(&args.into(), &item.into()).into()
}
