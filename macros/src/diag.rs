//! Collects mistakes, so that all are reported at once, in the same form.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::Error;

use crate::attrs;

/// The mistakes found so far.
#[derive(Default)]
pub(crate) struct Mistakes {
    found: Option<Error>,
}

impl Mistakes {
    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_none()
    }

    /// Reports a mistake at one token, with its help.
    pub(crate) fn at(&mut self, span: Span, wrong: &str, help: &str) {
        self.add(Error::new(span, message(wrong, help)));
    }

    /// Reports a mistake over several tokens, with its help.
    pub(crate) fn over(&mut self, tokens: impl ToTokens, wrong: &str, help: &str) {
        self.add(Error::new_spanned(tokens, message(wrong, help)));
    }

    pub(crate) fn add(&mut self, mistake: Error) {
        match &mut self.found {
            Some(found) => found.combine(mistake),
            None => self.found = Some(mistake),
        }
    }

    /// Returns the errors, and then the item as it was written, so that calls of it still resolve.
    pub(crate) fn beside(self, item: TokenStream) -> TokenStream {
        let mut output = self
            .found
            .map(Error::into_compile_error)
            .unwrap_or_default();
        output.extend(attrs::without_own(item));
        output
    }
}

/// A mistake in the arguments, and its help.
pub(crate) struct Wrong {
    pub(crate) wrong: String,
    pub(crate) help: String,
}

impl Wrong {
    pub(crate) fn new(wrong: impl Into<String>, help: impl Into<String>) -> Self {
        let (wrong, help) = (wrong.into(), help.into());
        Self { wrong, help }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_like_sentences() {
        assert_eq!(one_of(&[]), "");
        assert_eq!(one_of(&["a"]), "`a`");
        assert_eq!(one_of(&["a", "b", "c"]), "`a`, `b` or `c`");
    }
}
