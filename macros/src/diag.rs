//! Mistakes: collected, so that all are reported at once, and worded alike.

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

use crate::tokens::ends;

/// What is wrong, and where it begins and ends.
pub(crate) struct Mistake {
    place: (Span, Span),
    message: String,
}

impl Mistake {
    pub(crate) fn new(at: Span, message: String) -> Self {
        Self {
            place: (at, at),
            message,
        }
    }

    /// `::core::compile_error! { "…" }`, which the compiler reports at the place.
    fn compile_error(&self) -> TokenStream {
        let (begin, end) = self.place;
        let punct = |char: char, spacing: Spacing| {
            let mut punct = Punct::new(char, spacing);
            punct.set_span(begin);
            TokenTree::from(punct)
        };
        let colons = || [punct(':', Spacing::Joint), punct(':', Spacing::Alone)];
        let word = |word: &str| [TokenTree::from(Ident::new(word, begin))];
        let mut message = Literal::string(&self.message);
        message.set_span(end);
        let mut braces = Group::new(Delimiter::Brace, TokenTree::from(message).into());
        braces.set_span(end);
        let mut tokens = TokenStream::new();
        tokens.extend(colons());
        tokens.extend(word("core"));
        tokens.extend(colons());
        tokens.extend(word("compile_error"));
        tokens.extend([punct('!', Spacing::Alone), braces.into()]);
        tokens
    }
}

/// The mistakes found so far.
#[derive(Default)]
pub(crate) struct Mistakes {
    found: Vec<Mistake>,
}

impl Mistakes {
    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Reports what is wrong at one token, and the remedy.
    pub(crate) fn at(&mut self, span: Span, wrong: &str, help: &str) {
        self.add(Mistake::new(span, message(wrong, help)));
    }

    /// Reports what is wrong with a run of tokens, and the remedy.
    pub(crate) fn over(&mut self, tokens: &TokenStream, wrong: &str, help: &str) {
        self.add(Mistake {
            place: ends(tokens),
            message: message(wrong, help),
        });
    }

    pub(crate) fn add(&mut self, mistake: Mistake) {
        self.found.push(mistake);
    }

    /// The mistakes, then the item as it was written, so that its callers still resolve.
    pub(crate) fn beside(self, item: TokenStream) -> TokenStream {
        let mut output = TokenStream::new();
        output.extend(self.found.iter().map(Mistake::compile_error));
        output.extend(item);
        output
    }
}

/// The closest of the candidates, if it is close enough to be a slip of the finger.
pub(crate) fn did_you_mean<'c>(written: &str, candidates: &[&'c str]) -> Option<&'c str> {
    candidates
        .iter()
        .map(|candidate| (edit_distance(written, candidate), *candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Lists strings for a message: "`a`, `b` or `c`".
pub(crate) fn one_of(candidates: &[&str]) -> String {
    let quoted: Vec<_> = candidates.iter().map(|it| format!("`{it}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// rustc indents the second paragraph and prints it below the first.
fn message(wrong: &str, help: &str) -> String {
    format!("{wrong}\n\nhelp: {help}")
}

/// Insertions, deletions, substitutions and swaps of neighbors that turn one string into the other.
fn edit_distance(from: &str, to: &str) -> usize {
    let from: Vec<char> = from.chars().collect();
    let to: Vec<char> = to.chars().collect();
    // A macro argument can be any text: nothing that long is a slip.
    if from.len() > to.len() + 8 {
        return usize::MAX;
    }
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for row in 1..=from.len() {
        let mut current = vec![row];
        for column in 1..=to.len() {
            let same = from[row - 1] == to[column - 1];
            let mut distance = (last[column] + 1)
                .min(current[column - 1] + 1)
                .min(last[column - 1] + usize::from(!same));
            let swapped = row > 1
                && column > 1
                && from[row - 1] == to[column - 2]
                && from[row - 2] == to[column - 1];
            if swapped {
                distance = distance.min(before_last[column - 2] + 1);
            }
            current.push(distance);
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognized_and_other_words_are_not() {
        let candidates = ["thread", "pool", "tokio"];
        for (written, expected) in [
            ("pol", Some("pool")),
            ("poool", Some("pool")),
            ("tokoi", Some("tokio")),
            ("threads", Some("thread")),
            ("rayon", None),
            ("pot", None),
            ("", None),
            ("a very long text that nobody types by accident", None),
        ] {
            assert_eq!(did_you_mean(written, &candidates), expected, "{written}");
        }
    }

    #[test]
    fn lists_read_like_sentences() {
        assert_eq!(one_of(&[]), "");
        assert_eq!(one_of(&["a"]), "`a`");
        assert_eq!(one_of(&["a", "b", "c"]), "`a`, `b` or `c`");
    }
}
