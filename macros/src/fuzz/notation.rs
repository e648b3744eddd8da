//! Writes tokens as a line of text. `⟦…⟧` are the invisible groups of `macro_rules!` fragments.

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};

/// Parses a text, or returns `None` if it is no sequence of tokens.
pub(crate) fn read(text: &str) -> Option<TokenStream> {
    let text = text
        .replace('⟦', &format!("({INVISIBLE} "))
        .replace('⟧', ")");
    Some(hide(text.parse().ok()?))
}

/// Returns a text that parses to the same tokens.
pub(crate) fn write(tokens: &TokenStream) -> String {
    let mut text = String::new();
    write_to(&mut text, tokens);
    text.trim_end().to_owned()
}

fn write_to(text: &mut String, tokens: &TokenStream) {
    for token in tokens.clone() {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ('(', ")"),
                    Delimiter::Bracket => ('[', "]"),
                    Delimiter::Brace => ('{', "}"),
                    Delimiter::None => ('⟦', "⟧"),
                };
                text.push(open);
                write_to(text, &group.stream());
                text.truncate(text.trim_end().len());
                text.push_str(close);
                text.push(' ');
            }
            TokenTree::Punct(punct) => {
                text.push(punct.as_char());
                if punct.spacing() == Spacing::Alone {
                    text.push(' ');
                }
            }
            token => {
                text.push_str(&token.to_string());
                text.push(' ');
            }
        }
    }
}

/// Stands for the missing delimiter while the text is parsed.
const INVISIBLE: &str = "__invisible";

fn hide(tokens: TokenStream) -> TokenStream {
    let hidden = |token| match token {
        TokenTree::Group(group) => {
            let mut inside = group.stream().into_iter().peekable();
            let marker = |it: &TokenTree| matches!(it, TokenTree::Ident(word) if word == INVISIBLE);
            let delimiter = match inside.next_if(marker) {
                Some(_) => Delimiter::None,
                None => group.delimiter(),
            };
            TokenTree::Group(Group::new(delimiter, hide(inside.collect())))
        }
        token => token,
    };
    tokens.into_iter().map(hidden).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::soundness::flat;

    #[test]
    fn what_was_written_is_read_again() {
        for text in [
            "⟦pub⟧ fn f<'a>(x: ⟦&'a [u8; 4]⟧) -> ::a::B ⟦{g()}⟧",
            "⟦⟦⟧⟧",
            "x: ::a::B, r#y = \"⟦\"",
            "a <<= b >> c..=d; '\\'' b'x' c\"x\" r#\"\"#",
        ] {
            let tokens = read(text).expect("tokens");
            let again = read(&write(&tokens)).expect("tokens");
            assert_eq!(flat(&tokens), flat(&again), "{text}");
        }
        assert_eq!(
            write(&read("⟦ a :: b⟧ (c)").expect("tokens")),
            "⟦a :: b⟧ (c)"
        );
        assert!(read("(").is_none());
    }
}
