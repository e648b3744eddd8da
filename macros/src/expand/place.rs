//! Puts what is generated in places of the user's.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::quote;
use syn::spanned::Spanned;

/// A call that begins and ends in the user's code, so that the compiler says there what is wrong with it, and does not
/// lead to the attribute.
pub(super) fn call_over(
    (begin, end): (Span, Span),
    function: TokenStream,
    arguments: TokenStream,
) -> TokenStream {
    let mut function = Group::new(Delimiter::Parenthesis, function);
    function.set_span(begin);
    let mut arguments = Group::new(Delimiter::Parenthesis, arguments);
    arguments.set_span(end);
    quote!(#function #arguments)
}

/// The places of the first and the last token.
pub(super) fn ends(tokens: TokenStream) -> (Span, Span) {
    let begin = tokens.span();
    let last = tokens.into_iter().last();
    (begin, last.map_or(begin, |it| it.span()))
}
