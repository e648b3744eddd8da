//! Finds what a type borrows from the caller, and what it may borrow.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::generics::{Generics, Parameter};
use crate::tokens::{Lifetime, angles, is_punct, is_word, list, stream};

/// A place in a type that ties it to the caller's stack.
pub(crate) enum Borrow {
    /// `&T`, or `&'a T` with a lifetime that does not outlive the call.
    Reference(Reference),
    /// `'_`, or a lifetime parameter of the function.
    Lifetime(Lifetime),
}

pub(crate) struct Reference {
    /// `&'a mut`
    pub(crate) start: TokenStream,
    pub(crate) is_mutable: bool,
    /// All that follows, at least the type that is referred to.
    pub(crate) rest: Vec<TokenTree>,
}

/// What a function takes from its callers and does not bound by `'static`.
pub(crate) struct Borrowed {
    lifetimes: Vec<String>,
    /// A bound may also come from a trait: these are suspects, and the compiler judges.
    types: Vec<String>,
}

impl Borrowed {
    pub(crate) fn new(generics: &Generics) -> Self {
        let unbound = |parameters: &[Parameter]| {
            parameters
                .iter()
                .filter(|it| !it.is_static)
                .map(|it| it.name.clone())
                .collect()
        };
        Self {
            lifetimes: unbound(&generics.lifetimes),
            types: unbound(&generics.types),
        }
    }

    /// May values of the type borrow, as far as can be seen?
    pub(crate) fn may_borrow(&self, ty: &TokenStream) -> bool {
        let words = words(ty.clone());
        let is_opaque =
            words.iter().any(|it| it == "impl") && words.iter().all(|it| it != "static");
        is_opaque || words.iter().any(|it| self.types.contains(it))
    }

    /// Does the lifetime end with the call?
    pub(crate) fn contains(&self, lifetime: &Lifetime) -> bool {
        lifetime.name == "_" || self.lifetimes.contains(&lifetime.name)
    }

    /// The first place where the type borrows.
    pub(crate) fn find(&self, ty: &TokenStream) -> Option<Borrow> {
        self.search(&mut list(ty).as_slice(), &Place::default())
    }

    /// Searches types and bounds, up to the `>` behind them.
    fn search(&self, rest: &mut &[TokenTree], outer: &Place) -> Option<Borrow> {
        let mut place = outer.clone();
        let mut follows_path = false;
        while let Some((token, behind)) = rest.split_first() {
            let followed_path = std::mem::take(&mut follows_path);
            let tokens = *rest;
            *rest = behind;
            match token {
                TokenTree::Punct(punct) => match punct.as_char() {
                    '>' => return None,
                    '<' => {
                        if let Some(found) = self.search(rest, &place) {
                            return Some(found);
                        }
                    }
                    // The length of an array is an expression.
                    ';' => {
                        *rest = &[];
                        return None;
                    }
                    '&' => {
                        if let Some(reference) = self.reference(tokens, &place) {
                            return Some(Borrow::Reference(reference));
                        }
                        *rest = Lifetime::first(behind).map_or(behind, |(_, behind)| behind);
                    }
                    '\'' => {
                        let lifetime;
                        (lifetime, *rest) = Lifetime::first(tokens)?;
                        if self.is_borrow(&lifetime, &place) {
                            return Some(Borrow::Lifetime(lifetime));
                        }
                    }
                    // `->`, `::`
                    '-' | ':'
                        if behind
                            .first()
                            .is_some_and(|it| is_punct(it, '>') || is_punct(it, ':')) =>
                    {
                        *rest = &behind[1..];
                    }
                    // A macro.
                    '!' if matches!(behind, [TokenTree::Group(_), ..]) => *rest = &behind[1..],
                    ',' | '+' | '=' | ':' => place = outer.clone(),
                    _ => {}
                },
                TokenTree::Ident(word) => {
                    if let Some((parameters, behind)) = angles(behind)
                        && (word == "for" || word == "use")
                    {
                        if word == "for" {
                            place.bind(parameters);
                        }
                        *rest = behind;
                    } else if word == "as" {
                        // In `<fn(&T) as Trait<…>>`, the signature ends here.
                        place = outer.clone();
                    } else {
                        follows_path = !BEFORE_A_TYPE.iter().any(|it| word == it);
                    }
                }
                TokenTree::Group(group) if group.delimiter() != Delimiter::Brace => {
                    place.is_signature |=
                        followed_path && group.delimiter() == Delimiter::Parenthesis;
                    let found = self.search(&mut list(&group.stream()).as_slice(), &place);
                    if found.is_some() {
                        return found;
                    }
                }
                TokenTree::Group(_) | TokenTree::Literal(_) => {}
            }
        }
        None
    }

    /// The reference at the start, if it borrows.
    fn reference(&self, tokens: &[TokenTree], place: &Place) -> Option<Reference> {
        let (lifetime, behind) = match Lifetime::first(&tokens[1..]) {
            Some((lifetime, behind)) => (Some(lifetime), behind),
            None => (None, &tokens[1..]),
        };
        let is_borrow = match &lifetime {
            Some(lifetime) => self.is_borrow(lifetime, place),
            None => !place.is_signature,
        };
        if !is_borrow {
            return None;
        }
        let is_mutable = behind.first().is_some_and(|it| is_word(it, "mut"));
        let rest = &behind[usize::from(is_mutable)..];
        Some(Reference {
            start: stream(&tokens[..tokens.len() - rest.len()]),
            is_mutable,
            rest: rest.to_vec(),
        })
    }

    fn is_borrow(&self, lifetime: &Lifetime, place: &Place) -> bool {
        let is_bound = place.bound.contains(&lifetime.name);
        let is_elided = lifetime.name == "_" && place.is_signature;
        !is_bound && !is_elided && self.contains(lifetime)
    }
}

/// Where in a type something stands.
#[derive(Clone, Default)]
struct Place {
    /// The lifetimes of the `for<…>` around it.
    bound: Vec<String>,
    /// Inside `fn(&T)` and `Fn(&T)`, where an elided lifetime belongs to whoever makes the call.
    is_signature: bool,
}

impl Place {
    fn bind(&mut self, parameters: &[TokenTree]) {
        let lifetimes = (0..parameters.len()).filter_map(|it| Lifetime::first(&parameters[it..]));
        self.bound.extend(lifetimes.map(|(it, _)| it.name));
    }
}

/// Words behind which parentheses hold a type, and not parameters.
const BEFORE_A_TYPE: [&str; 4] = ["const", "dyn", "impl", "mut"];

/// The words of the tokens, those of lifetimes among them.
fn words(tokens: TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Ident(word) => found.push(word.to_string()),
            TokenTree::Group(group) => found.extend(words(group.stream())),
            _ => {}
        }
    }
    found
}
