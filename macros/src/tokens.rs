//! Reads tokens as far as this macro has to know what they say.
//!
//! Whatever stands under an attribute has been parsed by the compiler. So a type, a bound or an attribute is kept as
//! the tokens that were written, and looked into where a question arises.

use proc_macro2::{Delimiter, Group, Ident, Spacing, Span, TokenStream, TokenTree};

pub(crate) fn is_punct(token: &TokenTree, expected: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == expected)
}

pub(crate) fn is_word(token: &TokenTree, expected: &str) -> bool {
    matches!(token, TokenTree::Ident(word) if word == expected)
}

/// The content of a group with these delimiters.
pub(crate) fn group(token: &TokenTree, delimiter: Delimiter) -> Option<&Group> {
    match token {
        TokenTree::Group(group) if group.delimiter() == delimiter => Some(group),
        _ => None,
    }
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

pub(crate) fn list(tokens: &TokenStream) -> Vec<TokenTree> {
    tokens.clone().into_iter().collect()
}

pub(crate) fn stream(tokens: &[TokenTree]) -> TokenStream {
    tokens.iter().cloned().collect()
}

/// The places of the first and the last token.
pub(crate) fn ends(tokens: &TokenStream) -> (Span, Span) {
    let mut spans = tokens.clone().into_iter().map(|it| it.span());
    let begin = spans.next().unwrap_or_else(Span::call_site);
    (begin, spans.last().unwrap_or(begin))
}

/// The place of all tokens; that of the first one, where the compiler cannot join them.
pub(crate) fn span(tokens: &TokenStream) -> Span {
    let (begin, end) = ends(tokens);
    begin.join(end).unwrap_or(begin)
}

/// The tokens up to the first one outside of `<…>` at which `ends` holds.
pub(crate) fn until(
    tokens: &[TokenTree],
    ends: impl Fn(&[TokenTree]) -> bool,
) -> (&[TokenTree], &[TokenTree]) {
    let mut depth = 0_usize;
    let mut index = 0;
    while let rest @ [first, ..] = &tokens[index..] {
        // `::` is not two `:`, and the `>` of `->` closes nothing.
        if colons(rest).is_some() || is_arrow(rest) {
            index += 2;
            continue;
        }
        if depth == 0 && ends(rest) {
            break;
        }
        if is_punct(first, '<') {
            depth += 1;
        } else if is_punct(first, '>') {
            depth = depth.saturating_sub(1);
        }
        index += 1;
    }
    tokens.split_at(index)
}

fn is_arrow(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [dash, close, ..] if is_punct(dash, '-') && is_punct(close, '>'))
}

/// Up to this punctuation, and behind it.
pub(crate) fn until_punct(tokens: &[TokenTree], punct: char) -> (&[TokenTree], &[TokenTree]) {
    let (before, rest) = until(tokens, |rest| is_punct(&rest[0], punct));
    (before, rest.get(1..).unwrap_or_default())
}

/// What stands between commas.
pub(crate) fn parts(tokens: &[TokenTree]) -> Vec<&[TokenTree]> {
    let mut parts = Vec::new();
    let mut rest = tokens;
    while !rest.is_empty() {
        let (part, behind) = until_punct(rest, ',');
        parts.push(part);
        rest = behind;
    }
    parts
}

/// `<…>` at the start, with its brackets, and what follows.
pub(crate) fn angles(tokens: &[TokenTree]) -> Option<(&[TokenTree], &[TokenTree])> {
    if !is_punct(tokens.first()?, '<') {
        return None;
    }
    let (inside, rest) = until(&tokens[1..], |rest| is_punct(&rest[0], '>'));
    (!rest.is_empty()).then(|| tokens.split_at(inside.len() + 2))
}

/// `'a`: two tokens, or an invisible group around them.
#[derive(Clone)]
pub(crate) struct Lifetime {
    pub(crate) tokens: TokenStream,
    /// Without the `'`.
    pub(crate) name: String,
}

impl Lifetime {
    /// The lifetime at the start, and what follows.
    pub(crate) fn first(tokens: &[TokenTree]) -> Option<(Self, &[TokenTree])> {
        match tokens {
            [TokenTree::Group(group), rest @ ..] if group.delimiter() == Delimiter::None => {
                match Self::first(&list(&group.stream()))? {
                    (lifetime, []) => Some((lifetime, rest)),
                    _ => None,
                }
            }
            [quote, TokenTree::Ident(name), rest @ ..] if is_punct(quote, '\'') => {
                let lifetime = Self {
                    tokens: stream(&tokens[..2]),
                    name: name.to_string(),
                };
                Some((lifetime, rest))
            }
            _ => None,
        }
    }
}

/// A path, and the arguments of its segments, which are not looked into.
pub(crate) struct Path {
    /// Does it begin with `<T as Trait>`?
    pub(crate) is_qualified: bool,
    pub(crate) segments: Vec<Segment>,
}

pub(crate) struct Segment {
    pub(crate) ident: Ident,
    /// In `<…>`; `None` where there is no `<`.
    pub(crate) arguments: Option<Vec<TokenStream>>,
}

impl Path {
    /// The path that all the tokens are.
    pub(crate) fn read(tokens: &TokenStream) -> Option<Self> {
        match Self::first(&list(tokens))? {
            (path, []) => Some(path),
            _ => None,
        }
    }

    /// The path at the start, and what follows.
    pub(crate) fn first(tokens: &[TokenTree]) -> Option<(Self, &[TokenTree])> {
        let mut rest = tokens;
        let qualified = angles(rest);
        if let Some((_, behind)) = qualified {
            rest = behind;
        }
        rest = match (colons(rest), qualified) {
            (Some(behind), _) => behind,
            (None, Some(_)) => return None,
            (None, None) => rest,
        };
        let mut segments = Vec::new();
        loop {
            let segment;
            (segment, rest) = Segment::first(rest)?;
            segments.push(segment);
            match colons(rest) {
                Some(behind) => rest = behind,
                None => break,
            }
        }
        let path = Self {
            is_qualified: qualified.is_some(),
            segments,
        };
        Some((path, rest))
    }
}

impl Segment {
    fn first(tokens: &[TokenTree]) -> Option<(Self, &[TokenTree])> {
        let (TokenTree::Ident(ident), mut rest) = tokens.split_first()? else {
            return None;
        };
        if KEYWORDS.iter().any(|it| ident == it) {
            return None;
        }
        let mut segment = Self {
            ident: ident.clone(),
            arguments: None,
        };
        let behind = colons(rest).unwrap_or(rest);
        if let Some((arguments, behind)) = angles(behind) {
            let inside = &arguments[1..arguments.len() - 1];
            segment.arguments = Some(parts(inside).into_iter().map(stream).collect());
            rest = behind;
        }
        Some((segment, rest))
    }
}

/// What follows `::`; in `x: ::a`, that is not at the first `:`.
pub(crate) fn colons(tokens: &[TokenTree]) -> Option<&[TokenTree]> {
    match tokens {
        [TokenTree::Punct(first), second, rest @ ..]
            if first.as_char() == ':'
                && first.spacing() == Spacing::Joint
                && is_punct(second, ':') =>
        {
            Some(rest)
        }
        _ => None,
    }
}

/// Words that are no part of a path.
const KEYWORDS: [&str; 35] = [
    "_", "as", "async", "await", "break", "const", "continue", "do", "dyn", "else", "enum",
    "extern", "false", "fn", "for", "if", "impl", "in", "let", "loop", "match", "mod", "move",
    "mut", "pub", "ref", "return", "static", "struct", "trait", "true", "type", "unsafe", "use",
    "where",
];
