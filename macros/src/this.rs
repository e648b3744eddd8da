//! Renames the receiver in the body, if the launch copies it: the copy is a variable, and no variable can be called
//! `self`.

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};

use crate::item::{is_punct, with_content};

/// The name of the receiver in the body.
pub(crate) fn name(at: Span) -> Ident {
    Ident::new("__self", at)
}

/// Returns the body with this name in place of `self`. Items inside that have their own `self` keep it.
///
/// # Errors
///
/// If a string in the input of a macro names the receiver, such as `println!("{self}")`.
pub(crate) fn rename(body: &TokenTree, is_mutable: bool) -> Result<TokenTree, Span> {
    let renaming = Renaming {
        is_mutable,
        is_in_macro: false,
    };
    let renamed = renaming.token(&[], body, &[])?;
    Ok(renamed.unwrap_or_else(|| body.clone()))
}

#[derive(Clone, Copy)]
struct Renaming {
    /// Whether the body may assign to `self`.
    is_mutable: bool,
    is_in_macro: bool,
}

impl Renaming {
    /// Returns the renamed tokens, or `None` if none changes.
    fn tokens(self, tokens: &[TokenTree]) -> Result<Option<TokenStream>, Span> {
        let mut renamed = tokens.to_vec();
        let mut is_changed = false;
        let mut at = 0;
        while let Some([token, behind @ ..]) = tokens.get(at..) {
            let end = kept(token, behind);
            if end == 0
                && let Some(other) = self.token(&tokens[..at], token, behind)?
            {
                renamed[at] = other;
                is_changed = true;
            }
            at += end.max(1);
        }
        Ok(is_changed.then(|| renamed.into_iter().collect()))
    }

    /// Returns the renamed token, or `None` if it does not change.
    fn token(
        self,
        before: &[TokenTree],
        token: &TokenTree,
        behind: &[TokenTree],
    ) -> Result<Option<TokenTree>, Span> {
        match token {
            TokenTree::Ident(word) if word == "self" && self.is_receiver(before, behind) => {
                Ok(Some(name(word.span()).into()))
            }
            TokenTree::Literal(it) if self.is_in_macro && names_receiver(&it.to_string()) => {
                Err(it.span())
            }
            TokenTree::Group(group) => {
                let is_of_macro =
                    matches!(before, [.., TokenTree::Ident(_), bang] if is_punct(bang, '!'));
                let inside = Self {
                    is_in_macro: self.is_in_macro || is_of_macro,
                    ..self
                };
                let content: Vec<_> = group.stream().into_iter().collect();
                let renamed = inside.tokens(&content)?;
                Ok(renamed.map(|content| with_content(group, content).into()))
            }
            _ => Ok(None),
        }
    }

    /// Returns whether this `self` is the receiver, and neither the start of a path nor a name in the input of a
    /// macro.
    fn is_receiver(self, before: &[TokenTree], behind: &[TokenTree]) -> bool {
        let is_variable = before.last().is_some_and(|it| is_punct(it, '$'));
        let is_name = match behind {
            [colon, ..] if is_punct(colon, ':') => true,
            [equals, next, ..] if is_punct(equals, '=') => {
                !self.is_mutable && !is_punct(next, '=') && !is_punct(next, '>')
            }
            _ => false,
        };
        !is_variable && !is_name
    }
}

/// Returns how many tokens from here on are an item, or a part of one, in which `self` is not the receiver.
fn kept(first: &TokenTree, behind: &[TokenTree]) -> usize {
    let TokenTree::Ident(word) = first else {
        return 0;
    };
    let end = match word.to_string().as_str() {
        "impl" | "trait" => (0..behind.len()).find(|at| ends_item(&behind[*at..])),
        // An import, and not a bound such as `impl Sized + use<'a>`.
        "use" if !behind.first().is_some_and(|it| is_punct(it, '<')) => {
            behind.iter().position(|it| is_punct(it, ';'))
        }
        // `pub(self)`
        "pub" => Some(0),
        _ => return 0,
    };
    end.map_or(behind.len(), |end| end + 1) + 1
}

/// Returns whether the block of an `impl` or a `trait` begins here. The block of a constant in generic arguments does
/// not count.
fn ends_item(tokens: &[TokenTree]) -> bool {
    match tokens {
        [TokenTree::Group(it), behind @ ..] if it.delimiter() == Delimiter::Brace => !behind
            .first()
            .is_some_and(|it| is_punct(it, '>') || is_punct(it, ',')),
        [token, ..] => is_punct(token, ';'),
        [] => false,
    }
}

/// Returns whether the literal is a string with `{self}` or `{self:…}` in it.
fn names_receiver(literal: &str) -> bool {
    if !literal.ends_with(['"', '#']) {
        return false;
    }
    // A doubled brace is text.
    let text = literal.replace("{{", "");
    let mut names = text.split('{').skip(1);
    names.any(|it| {
        it.strip_prefix("self")
            .is_some_and(|it| it.starts_with(['}', ':']))
    })
}
