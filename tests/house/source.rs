//! The code of a file as words and signs: without comments, texts, and what is there for tests alone.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A word, a sign, or a bracket.
pub(crate) type Token = String;

/// The items of one module.
#[derive(Default)]
pub(crate) struct Items {
    pub(crate) modules: Vec<Module>,
    /// What stands between `use` and `;`.
    pub(crate) uses: Vec<Vec<Token>>,
    /// All else.
    pub(crate) code: Vec<Token>,
}

/// A module that is declared here.
pub(crate) struct Module {
    pub(crate) name: String,
    /// The files that its attributes name.
    pub(crate) paths: Vec<String>,
    /// None: in a file of its own.
    pub(crate) items: Option<Items>,
}

impl Items {
    pub(crate) fn read(text: &str) -> Self {
        Self::of(text.parse().expect("it is Rust"))
    }

    fn of(tokens: TokenStream) -> Self {
        let mut items = Self::default();
        let mut attributes = Vec::new();
        let mut item = Vec::new();
        for token in tokens {
            let is_end = match &token {
                TokenTree::Punct(sign) => sign.as_char() == ';',
                TokenTree::Group(group) if item.is_empty() => {
                    // What follows the `#`, or the `#!`, of an attribute.
                    attributes.push(group.stream());
                    continue;
                }
                TokenTree::Group(group) => group.delimiter() == Delimiter::Brace && !is_use(&item),
                _ => false,
            };
            if item.is_empty()
                && matches!(&token, TokenTree::Punct(sign) if "#!".contains(sign.as_char()))
            {
                continue;
            }
            item.push(token);
            if is_end {
                let attributes = std::mem::take(&mut attributes);
                items.add(&attributes, std::mem::take(&mut item));
            }
        }
        items
    }

    fn add(&mut self, attributes: &[TokenStream], item: Vec<TokenTree>) {
        if attributes.iter().any(is_for_tests) {
            return;
        }
        let item = without_visibility(item);
        if is_word(&item, 0, "mod") {
            self.modules.push(Module {
                name: item[1].to_string(),
                paths: attributes.iter().flat_map(paths).collect(),
                items: match item.last() {
                    Some(TokenTree::Group(group)) => Some(Self::of(group.stream())),
                    _ => None,
                },
            });
        } else if is_word(&item, 0, "use") {
            self.uses.push(flat(item.into_iter().skip(1).collect()));
        } else {
            self.code
                .extend(flat(without_tests(item.into_iter().collect())));
        }
    }
}

fn is_word(item: &[TokenTree], place: usize, word: &str) -> bool {
    item.get(place)
        .is_some_and(|it| matches!(it, TokenTree::Ident(it) if it == word))
}

/// A use ends with a semicolon, whatever braces are in it.
fn is_use(item: &[TokenTree]) -> bool {
    let visibility = match item {
        [TokenTree::Ident(word), TokenTree::Group(_), ..] if word == "pub" => 2,
        [TokenTree::Ident(word), ..] if word == "pub" => 1,
        _ => 0,
    };
    is_word(item, visibility, "use")
}

fn without_visibility(mut item: Vec<TokenTree>) -> Vec<TokenTree> {
    if is_word(&item, 0, "pub") {
        item.remove(0);
        if matches!(&item[0], TokenTree::Group(_)) {
            item.remove(0);
        }
    }
    item
}

/// Leaves out what has an attribute for tests, in the braces of an item.
fn without_tests(tokens: TokenStream) -> TokenStream {
    let mut left = Vec::new();
    let mut is_skipping = false;
    for token in tokens {
        let is_end = match &token {
            TokenTree::Punct(sign) => sign.as_char() == ';',
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            _ => false,
        };
        if is_skipping {
            is_skipping = !is_end;
            continue;
        }
        match token {
            TokenTree::Group(group)
                if group.delimiter() == Delimiter::Bracket && is_for_tests(&group.stream()) =>
            {
                is_skipping = true;
            }
            TokenTree::Group(group) => {
                let inner = without_tests(group.stream());
                left.push(proc_macro2::Group::new(group.delimiter(), inner).into());
            }
            token => left.push(token),
        }
    }
    left.into_iter().collect()
}

/// Is this what stands in the brackets of `#[cfg(test)]`, or of the like?
fn is_for_tests(attribute: &TokenStream) -> bool {
    let words = flat(attribute.clone());
    words.first().is_some_and(|it| it == "cfg")
        && words.iter().any(|it| it == "test" || it == "doctest")
}

/// The files that an attribute names.
fn paths(attribute: &TokenStream) -> Vec<String> {
    let text = attribute.to_string();
    let after = text.split("path = \"").skip(1);
    after
        .filter_map(|it| Some(it.split_once('"')?.0.to_owned()))
        .collect()
}

/// Words and signs, a bracket for each end of a group.
fn flat(tokens: TokenStream) -> Vec<Token> {
    let mut flattened = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Ident(word) => flattened.push(word.to_string()),
            TokenTree::Punct(sign) => flattened.push(sign.to_string()),
            TokenTree::Literal(_) => {}
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::None => ("", ""),
                };
                flattened.push(open.to_owned());
                flattened.extend(flat(group.stream()));
                flattened.push(close.to_owned());
            }
        }
    }
    flattened
}
