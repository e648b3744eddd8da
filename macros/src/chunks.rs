//! Cuts the attribute's arguments into `key = value` pieces, so that one broken option does not hide the next.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

use crate::args::example;
use crate::diag::Mistakes;

/// One option as written.
pub(crate) struct Chunk {
    pub(crate) key: Ident,
    /// `None` where there is nothing behind the key, or something else than a value.
    pub(crate) value: Option<TokenStream>,
}

/// Cuts at commas, and where a comma is missing. What has no key is reported and left out.
pub(crate) fn split(tokens: TokenStream, mistakes: &mut Mistakes) -> Vec<Chunk> {
    let tokens = flatten(tokens);
    let mut chunks = Vec::new();
    let mut rest = tokens.as_slice();
    while !rest.is_empty() {
        let end = end_of_option(rest);
        match (&rest[..end], rest.get(end)) {
            ([], Some(comma)) => {
                mistakes.at(
                    comma.span(),
                    "an option is missing before this `,`",
                    "remove the `,`",
                );
            }
            (option, next) => {
                if let Some(next) = next.filter(|it| !is_punct(it, ',')) {
                    let wrong = format!("missing `,` before `{next}`");
                    mistakes.at(next.span(), &wrong, "separate the options with commas");
                }
                chunks.extend(chunk(option, mistakes));
            }
        }
        let comma = usize::from(rest.get(end).is_some_and(|it| is_punct(it, ',')));
        rest = &rest[end + comma..];
    }
    chunks
}

/// Takes the invisible groups off that `macro_rules!` puts around what its fragments matched.
pub(crate) fn strip(tokens: &TokenStream) -> TokenStream {
    let mut iter = tokens.clone().into_iter();
    match (iter.next(), iter.next()) {
        (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::None => {
            strip(&group.stream())
        }
        _ => tokens.clone(),
    }
}

/// A key is never inside an invisible group, unless the whole option was one fragment.
fn flatten(tokens: TokenStream) -> Vec<TokenTree> {
    let mut flat = Vec::new();
    let mut at_start = true;
    for token in tokens {
        match token {
            TokenTree::Group(group) if at_start && group.delimiter() == Delimiter::None => {
                flat.extend(flatten(group.stream()));
                at_start = false;
            }
            token => {
                at_start = is_punct(&token, ',');
                flat.push(token);
            }
        }
    }
    flat
}

/// The index of the comma behind the first option, or of the key that should have had one before it.
fn end_of_option(tokens: &[TokenTree]) -> usize {
    let mut index = 0;
    while index < tokens.len() {
        if is_punct(&tokens[index], ',') {
            return index;
        }
        if index > 1 && is_assignment(&tokens[index..]) && ends_value(&tokens[index - 1]) {
            return index;
        }
        index = if opens_generics(tokens, index) {
            close_of_generics(tokens, index).unwrap_or(index) + 1
        } else {
            index + 1
        };
    }
    index
}

/// A key and one `=`: in no value does a word stand before an assignment.
fn is_assignment(tokens: &[TokenTree]) -> bool {
    let is_equals = |token: Option<&TokenTree>| token.is_some_and(|it| is_punct(it, '='));
    matches!(tokens.first(), Some(TokenTree::Ident(_)))
        && is_equals(tokens.get(1))
        && !is_equals(tokens.get(2))
        && !tokens.get(2).is_some_and(|it| is_punct(it, '>'))
}

/// May a value end with this token? If not, a word behind it belongs to the same value.
fn ends_value(token: &TokenTree) -> bool {
    match token {
        TokenTree::Punct(punct) => punct.as_char() == '>',
        _ => true,
    }
}

/// `<` opens generics behind `::`, and at the start of a value; elsewhere it compares.
fn opens_generics(tokens: &[TokenTree], index: usize) -> bool {
    is_punct(&tokens[index], '<')
        && index > 0
        && (is_punct(&tokens[index - 1], ':') || (index == 2 && is_punct(&tokens[index - 1], '=')))
}

fn close_of_generics(tokens: &[TokenTree], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        let is_arrow = is_punct(&tokens[index - 1], '-');
        if is_punct(token, '<') {
            depth += 1;
        } else if is_punct(token, '>') && !is_arrow {
            depth -= 1;
            if depth == 0 {
                return Some(index);
            }
        }
    }
    None
}

fn chunk(option: &[TokenTree], mistakes: &mut Mistakes) -> Option<Chunk> {
    let (first, rest) = option.split_first()?;
    let TokenTree::Ident(key) = first else {
        let help = match first.to_string().trim_matches('"') {
            name @ ("thread" | "pool" | "tokio") => format!("write `backend = \"{name}\"`"),
            name @ ("drop" | "reject" | "block" | "caller_runs") => {
                format!("write `on_full = \"{name}\"`")
            }
            _ => "write `option = value`".to_owned(),
        };
        mistakes.at(first.span(), "an option starts with its name", &help);
        return None;
    };
    let key = key.clone();
    let Some((equals, value)) = rest.split_first() else {
        return Some(Chunk { key, value: None });
    };
    let is_equals = is_punct(equals, '=') && !value.first().is_some_and(|it| is_punct(it, '='));
    if is_equals && !value.is_empty() {
        let value = value.iter().cloned().collect();
        return Some(complete(
            Chunk {
                key,
                value: Some(value),
            },
            mistakes,
        ));
    }
    if is_equals {
        // `Args` says that the value is missing.
        return Some(Chunk { key, value: None });
    }
    let name = key.to_string();
    let wrong = format!("expected `=` after `{name}`");
    mistakes.at(equals.span(), &wrong, example(&name));
    None
}

/// A literal or a path ends where it ends: what follows it on the way to the comma is reported once, here.
fn complete(chunk: Chunk, mistakes: &mut Mistakes) -> Chunk {
    let takes_expression = chunk.key == "max_in_flight";
    let mut value = chunk.value.unwrap_or_default().into_iter();
    let first = value.next();
    let rest: TokenStream = value.collect();
    match (&first, rest.clone().into_iter().next()) {
        (Some(TokenTree::Literal(_)), Some(junk)) if !takes_expression => {
            let wrong = format!("unexpected `{junk}` after the value");
            mistakes.at(junk.span(), &wrong, "separate the options with commas");
            Chunk {
                key: chunk.key,
                value: Some(first.into_iter().collect()),
            }
        }
        _ => Chunk {
            key: chunk.key,
            value: Some(first.into_iter().chain(rest).collect()),
        },
    }
}

pub(crate) fn is_punct(token: &TokenTree, expected: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == expected)
}
