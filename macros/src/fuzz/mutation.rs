//! Mutates tokens at random, so that most of a function stays a function.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use crate::fuzz::grammar::{self, Part};
use crate::fuzz::notation;

/// Makes one change, at this level or inside a group. It inserts a generated part, or punctuation.
pub(crate) fn mutate(tokens: TokenStream, parts: &[Part], random: &mut Random) -> TokenStream {
    let mut tokens = units(tokens);
    let groups: Vec<usize> = (0..tokens.len())
        .filter(|it| matches!(tokens[*it].as_slice(), [TokenTree::Group(_)]))
        .collect();
    if !groups.is_empty() && random.below(2) == 0 {
        let at = groups[random.below(groups.len())];
        if let [TokenTree::Group(group)] = tokens[at].as_slice() {
            let group = inside(group, parts, random);
            tokens[at] = vec![TokenTree::Group(group)];
        }
    } else {
        let (start, end) = range(tokens.len(), random);
        let run = &tokens[start..end];
        let replacement = match random.below(8) {
            0 => Vec::new(),
            1 => [run, run].concat(),
            2 => run.iter().rev().cloned().collect(),
            3 => {
                let inside = run.iter().flatten().cloned().collect();
                vec![vec![TokenTree::Group(Group::new(Delimiter::None, inside))]]
            }
            4 => [new(parts, random), run.to_vec()].concat(),
            5 => match run {
                [only] => match only.as_slice() {
                    [TokenTree::Group(group)] => units(group.stream()),
                    _ => punctuation(random),
                },
                _ => punctuation(random),
            },
            6 => [punctuation(random), run.to_vec()].concat(),
            _ => new(parts, random),
        };
        tokens.splice(start..end, replacement);
    }
    tokens.into_iter().flatten().collect()
}

fn inside(group: &Group, parts: &[Part], random: &mut Random) -> Group {
    let inside = match random.below(16) {
        0 => TokenStream::new(),
        // Puts a group into itself, so that nesting grows.
        1 => TokenTree::Group(group.clone()).into(),
        _ => mutate(group.stream(), parts, random),
    };
    let delimiter = match random.below(24) {
        0 => Delimiter::None,
        1 => Delimiter::Parenthesis,
        _ => group.delimiter(),
    };
    Group::new(delimiter, inside)
}

/// Picks a few neighbors, or none.
fn range(length: usize, random: &mut Random) -> (usize, usize) {
    let start = random.below(length + 1);
    let most = match random.below(4) {
        0 => length,
        _ => 2,
    };
    (start, (start + random.below(most + 1)).min(length))
}

fn new(parts: &[Part], random: &mut Random) -> Vec<Vec<TokenTree>> {
    let part = parts[random.below(parts.len())];
    let text = grammar::write(part, random);
    units(notation::read(&text).unwrap_or_default())
}

fn punctuation(random: &mut Random) -> Vec<Vec<TokenTree>> {
    let text = PUNCTUATION[random.below(PUNCTUATION.len())];
    units(notation::read(text).unwrap_or_default())
}

const PUNCTUATION: [&str; 40] = [
    ",", ";", ":", "::", "<", ">", "=", "==", "=>", "->", "...", "..", "..=", "#", "!", "$", "|",
    "&", "&&", "*", "+", "-", "?", "@", "~", "<<", ">>", ">>=", "<-", "'a", "'static", "'_", "_",
    "where", "for", "mut", "self", "()", "{}", "[]",
];

/// Splits tokens into units. A lifetime is one unit, because the compiler never passes half of one.
pub(crate) fn units(tokens: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut units: Vec<Vec<TokenTree>> = Vec::new();
    for token in tokens {
        match units.last_mut() {
            Some(last) if matches!(last.as_slice(), [TokenTree::Punct(it)] if it.as_char() == '\'') =>
            {
                last.push(token);
            }
            _ => units.push(vec![token]),
        }
    }
    units
}

/// Xorshift: the same seed makes the same choices.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u32) -> Self {
        // Neighboring seeds must start far apart, and none at zero, where the sequence would stay.
        Self((u64::from(seed) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit
    }
}
