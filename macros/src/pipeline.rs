//! Expands the attribute: into the launcher, or into errors and the item as it was written.

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};

use crate::args::{Args, LAST};
use crate::attrs;
use crate::check::{check, check_attributes};
use crate::diag::Mistakes;
use crate::item::{Function, is_punct, strip};

/// Returns what replaces the item.
pub(crate) fn run(args: &TokenStream, item: &TokenStream) -> TokenStream {
    let mut mistakes = Mistakes::default();
    let options = Args::parse(args.clone(), &mut mistakes);
    let function = match Function::parse(item) {
        Ok(function) => function,
        Err(mistake) => {
            mistakes.add(mistake);
            return mistakes.beside(item.clone());
        }
    };
    check_attributes(&function, &mut mistakes);
    if mistakes.is_empty() && !options.is_last && attrs::has_macro(&function.attrs) {
        return move_behind_attributes(&options, args, item);
    }
    match check(options, function, &mut mistakes) {
        Some(launcher) if mistakes.is_empty() => launcher.expand(),
        _ => mistakes.beside(item.clone()),
    }
}

/// Moves this attribute below the others, so that their macros see the function and not the launcher.
fn move_behind_attributes(options: &Args, args: &TokenStream, item: &TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = strip(item).into_iter().collect();
    let is_attribute = |tokens: &[TokenTree]| {
        matches!(tokens, [pound, TokenTree::Group(brackets), ..]
            if is_punct(pound, '#') && brackets.delimiter() == Delimiter::Bracket)
    };
    let mut end = 0;
    while is_attribute(&tokens[end..]) {
        end += 2;
    }
    let (attributes, function) = tokens.split_at(end);
    let krate = match &options.krate {
        Some(it) => it.value.0.to_token_stream(),
        None => quote!(::fire_and_forget),
    };
    let needs_comma = args
        .clone()
        .into_iter()
        .last()
        .is_some_and(|it| !is_punct(&it, ','));
    let comma = needs_comma.then(|| quote!(,));
    let last = Ident::new(LAST, Span::call_site());
    quote! {
        #(#attributes)*
        #[#krate::fire_and_forget(#args #comma #last)]
        #(#function)*
    }
}

#[cfg(test)]
pub(crate) mod tests;

#[cfg(all(test, feature = "durable"))]
mod durable_tests;
