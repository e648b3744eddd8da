//! Gives generated code the spans of the user's code, so that errors point there.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote};

/// Returns the spans of the first and the last token.
pub(super) fn ends(tokens: &impl ToTokens) -> (Span, Span) {
    let mut spans = tokens.to_token_stream().into_iter().map(|it| it.span());
    let begin = spans.next().unwrap_or_else(Span::call_site);
    (begin, spans.last().unwrap_or(begin))
}

/// Writes a call that begins and ends at spans of the user's code, so that its errors point there, and not at the
/// attribute.
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

/// Writes a method call in the same way.
pub(super) fn method_over(
    (begin, end): (Span, Span),
    receiver: TokenStream,
    method: &str,
    arguments: TokenStream,
) -> TokenStream {
    let mut receiver = Group::new(Delimiter::Parenthesis, receiver);
    receiver.set_span(begin);
    let method = Ident::new(method, begin);
    let mut arguments = Group::new(Delimiter::Parenthesis, arguments);
    arguments.set_span(end);
    quote!(#receiver.#method #arguments)
}

/// Returns the tokens at another place, with their hygiene unchanged.
pub(super) fn located(tokens: TokenStream, at: Span) -> TokenStream {
    let located = tokens.into_iter().map(|mut token| {
        token.set_span(token.span().located_at(at));
        token
    });
    located.collect()
}
