//! Fuzz checks: what must hold of every expansion, whatever the input is.
//!
//! `macros/fuzz` generates inputs without end. Those that behave differently from each other are kept in
//! `fuzz/arguments.txt` and `fuzz/items.txt`, one on each line. The tests run them, and some mutations of them.

mod borrowed;
pub(crate) mod grammar;
pub(crate) mod mutation;
pub(crate) mod notation;
pub(crate) mod soundness;

use proc_macro2::TokenStream;

use crate::fuzz::soundness::Expansion;

/// The functions that arguments are tried on. The first one accepts any option.
const FUNCTIONS: [&str; 4] = [
    "fn f(x: u8) -> Result<(), E> { x; Ok(()) }",
    "async fn f(self: Arc<Self>, (a, b): (A, B)) -> Result<(), E> { a }",
    "#[instrument(skip(x))] #[inline] pub fn f<T: Send + 'static>(x: T) { x; }",
    "struct S { x: u8 }",
];

/// The arguments that items are tried with. Every function accepts the first ones.
const ARGUMENTS: [&str; 6] = [
    "",
    "name = \"n\", backend = \"pool\", max_in_flight = 1 + N, __last",
    "backend = <T as A<B, C>>::MAIL, on_full = \"reject\", __last",
    "backend = \"durable\", queue = Q, attempts = 1 + N, __last",
    "on_full = \"block\", on_error = Self::g, crate = a::b",
    "backend = pol, on_full = \"drop_oldest\"",
];

/// Tries arguments on each function, and returns the expansion of the first one.
pub(crate) fn check_arguments(args: &TokenStream) -> Expansion {
    let expansions = FUNCTIONS.map(|item| soundness::check(args, &item.parse().expect("tokens")));
    let [first, ..] = expansions;
    first
}

/// Tries an item with each of the arguments, and returns the expansion without any.
pub(crate) fn check_item(item: &TokenStream) -> Expansion {
    let expansions = ARGUMENTS.map(|args| {
        let args = args.parse().expect("tokens");
        soundness::check_function(&args, item);
        soundness::check(&args, item)
    });
    let [first, ..] = expansions;
    first
}

#[cfg(test)]
mod tests;
