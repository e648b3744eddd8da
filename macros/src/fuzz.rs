//! Hostile input: what must hold of every expansion, whatever was written.
//!
//! `macros/fuzz` searches for inputs without end. Those that it found to differ from each other are kept in
//! `fuzz/arguments.txt` and `fuzz/items.txt`, one in a line, and run here; as do some mutations of them.

mod borrowed;
pub(crate) mod grammar;
pub(crate) mod mutation;
pub(crate) mod notation;
pub(crate) mod soundness;

use proc_macro2::TokenStream;

use crate::fuzz::soundness::Expansion;

/// The functions that arguments are tried on; the first one takes any option.
const FUNCTIONS: [&str; 4] = [
    "fn f(x: u8) -> Result<(), E> { x; Ok(()) }",
    "async fn f(self: Arc<Self>, (a, b): (A, B)) -> Result<(), E> { a }",
    "#[instrument(skip(x))] #[inline] pub fn f<T: Send + 'static>(x: T) { x; }",
    "struct S { x: u8 }",
];

/// The arguments that items are tried with; the first ones are taken by every function.
const ARGUMENTS: [&str; 6] = [
    "",
    "name = \"n\", backend = \"pool\", max_in_flight = 1 + N, __last",
    "backend = <T as A<B, C>>::MAIL, on_full = \"reject\", __last",
    "backend = \"durable\", queue = Q, attempts = 1 + N, __last",
    "on_full = \"block\", on_error = Self::g, crate = a::b",
    "backend = pol, on_full = \"drop_oldest\"",
];

/// Tries arguments on functions, and says what became of the first one.
pub(crate) fn check_arguments(args: &TokenStream) -> Expansion {
    let expansions = FUNCTIONS.map(|item| soundness::check(args, &item.parse().expect("tokens")));
    let [first, ..] = expansions;
    first
}

/// Tries an item with arguments, and says what became of it without any.
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
