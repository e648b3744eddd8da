//! Cuts the attribute's arguments into `key = value` pieces, so that one broken option does not hide the next.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

use crate::args::{BUILT_INS, KEYS, POLICIES, example};
use crate::diag::Mistakes;
use crate::tokens::{Path, is_punct, stream};

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
            ([], Some(separator)) => {
                let wrong = format!("an option is missing before this `{separator}`");
                mistakes.at(
                    separator.span(),
                    &wrong,
                    &format!("remove the `{separator}`"),
                );
            }
            (option, next) => {
                match next {
                    Some(next) if is_punct(next, ';') => {
                        let is_last = end + 1 == rest.len();
                        let help = if is_last {
                            "remove the `;`"
                        } else {
                            "write `,`"
                        };
                        let wrong = "options are separated by `,`, and not by `;`";
                        mistakes.at(next.span(), wrong, help);
                    }
                    Some(next) if !is_punct(next, ',') => {
                        let wrong = format!("missing `,` before `{next}`");
                        mistakes.at(next.span(), &wrong, "separate the options with commas");
                    }
                    _ => {}
                }
                chunks.extend(chunk(option, mistakes));
            }
        }
        let separator = usize::from(rest.get(end).is_some_and(is_separator));
        rest = &rest[end + separator..];
    }
    chunks
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

/// The index of the separator behind the first option, or of the key that should have had one before it.
fn end_of_option(tokens: &[TokenTree]) -> usize {
    let mut index = 0;
    while index < tokens.len() {
        if is_separator(&tokens[index]) {
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

/// A comma; or a semicolon, which is a mistake and separates nevertheless.
fn is_separator(token: &TokenTree) -> bool {
    is_punct(token, ',') || is_punct(token, ';')
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
    let nameless = |help: &str, mistakes: &mut Mistakes| {
        mistakes.over(&stream(option), "an option starts with its name", help);
    };
    let TokenTree::Ident(key) = first else {
        let text = first.to_string();
        let help = match text.trim_matches('"') {
            name if BUILT_INS.contains(&name) => format!("write `backend = {text}`"),
            name if POLICIES.contains(&name) => format!("write `on_full = {text}`"),
            name if name.len() < text.len() => format!("write `option = value`: `name = {text}`"),
            _ => "write `option = value`".to_owned(),
        };
        nameless(&help, mistakes);
        return None;
    };
    let key = key.clone();
    let name = key.to_string();
    let Some((equals, value)) = rest.split_first() else {
        return Some(Chunk { key, value: None });
    };
    if let Some(path) = path(option) {
        nameless(&format!("write `backend = {path}`"), mistakes);
        return None;
    }
    if let Some((words, meant)) = hyphenated(option) {
        let wrong = format!("unknown option `{}`", meant.replace('_', "-"));
        mistakes.over(&words, &wrong, &format!("write `{meant}`"));
        return None;
    }
    let is_more = |token: &TokenTree| is_punct(token, '=') || is_punct(token, '>');
    let is_equals = is_punct(equals, '=') && !value.first().is_some_and(is_more);
    if is_equals && !value.is_empty() {
        return Some(complete(key, value.to_vec(), mistakes));
    }
    // `Args` says that the value is missing, or that there is no such option.
    if is_equals || !KEYS.contains(&name.as_str()) {
        return Some(Chunk { key, value: None });
    }
    let wrong = format!("expected `=` after `{name}`");
    mistakes.at(equals.span(), &wrong, example(&name));
    None
}

/// `pools::MAIL` where an option is expected.
fn path(option: &[TokenTree]) -> Option<String> {
    let tokens = stream(option);
    let is_path = Path::read(&tokens).is_some_and(|it| !it.is_qualified);
    is_path.then(|| tokens.to_string().replace(' ', ""))
}

/// The words of `max-in-flight`, and the option that they are.
fn hyphenated(option: &[TokenTree]) -> Option<(TokenStream, String)> {
    let is_name = |it: &&TokenTree| matches!(it, TokenTree::Ident(_)) || is_punct(it, '-');
    let words: TokenStream = option.iter().take_while(is_name).cloned().collect();
    let name = words.to_string().replace(' ', "").replace('-', "_");
    let is_option = name.contains('_') && KEYS.contains(&name.as_str());
    let has_hyphen = words.clone().into_iter().count() > 1;
    (is_option && has_hyphen).then_some((words, name))
}

/// A literal or a path ends where it ends: what follows it on the way to the comma is reported once, here.
fn complete(key: Ident, mut value: Vec<TokenTree>, mistakes: &mut Mistakes) -> Chunk {
    let name = key.to_string();
    // Of what is no option, the value may be anything.
    let takes_expression = name == "max_in_flight" || !KEYS.contains(&name.as_str());
    if !takes_expression && let Some(end) = end_of_value(&value) {
        let junk = &value[end];
        let wrong = format!("unexpected `{junk}` after the value");
        let help = "remove it, or write a `,` before the next option";
        mistakes.at(junk.span(), &wrong, help);
        value.truncate(end);
    }
    Chunk {
        key,
        value: Some(value.into_iter().collect()),
    }
}

/// Where something follows a literal, or a word follows a path.
fn end_of_value(value: &[TokenTree]) -> Option<usize> {
    if let [TokenTree::Literal(_), _, ..] = value {
        return Some(1);
    }
    let (_, rest) = Path::first(value)?;
    let is_word = |it: &TokenTree| matches!(it, TokenTree::Ident(_) | TokenTree::Literal(_));
    rest.first()
        .is_some_and(is_word)
        .then(|| value.len() - rest.len())
}
