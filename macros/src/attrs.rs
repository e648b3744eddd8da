//! Which of the user's attributes go where.

use proc_macro2::{Delimiter, Group, Punct, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};

use crate::tokens::{group, is_punct, list, stream, strip};

/// `#[…]`
#[derive(Clone)]
pub(crate) struct Attribute {
    pound: Punct,
    brackets: Group,
}

impl Attribute {
    /// The attributes at the start, and what follows them.
    pub(crate) fn take(tokens: &[TokenTree]) -> (Vec<Self>, &[TokenTree]) {
        let mut attrs = Vec::new();
        let mut rest = tokens;
        while let [TokenTree::Punct(pound), brackets, behind @ ..] = rest
            && pound.as_char() == '#'
            && let Some(brackets) = group(brackets, Delimiter::Bracket)
        {
            attrs.push(Self {
                pound: pound.clone(),
                brackets: brackets.clone(),
            });
            rest = behind;
        }
        (attrs, rest)
    }

    pub(crate) fn meta(&self) -> Meta {
        Meta::new(&self.brackets.stream())
    }
}

impl ToTokens for Attribute {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.pound.to_tokens(tokens);
        self.brackets.to_tokens(tokens);
    }
}

/// What stands in the brackets of an attribute.
pub(crate) struct Meta {
    pub(crate) path: TokenStream,
    /// The words of the path; before them, an empty one for `::`.
    names: Vec<String>,
    /// `(…)`, `= …`, or nothing.
    rest: Vec<TokenTree>,
}

impl Meta {
    fn new(tokens: &TokenStream) -> Self {
        let tokens = list(&strip(tokens));
        let is_path = |it: &TokenTree| matches!(it, TokenTree::Ident(_)) || is_punct(it, ':');
        let end = tokens.iter().position(|it| !is_path(it));
        let (path, rest) = tokens.split_at(end.unwrap_or(tokens.len()));
        let words = path.iter().filter_map(|it| match it {
            TokenTree::Ident(word) => Some(word.to_string()),
            _ => None,
        });
        // `::cold` is a macro of a crate called so.
        let is_of_a_crate = path.first().is_some_and(|it| is_punct(it, ':'));
        Self {
            names: is_of_a_crate
                .then(String::new)
                .into_iter()
                .chain(words)
                .collect(),
            path: stream(path),
            rest: rest.to_vec(),
        }
    }

    fn is(&self, name: &str) -> bool {
        matches!(self.names.as_slice(), [only] if only == name)
    }

    fn last_name(&self) -> &str {
        self.names.last().map_or("", String::as_str)
    }
}

/// The first attribute that makes the function a test or a benchmark.
pub(crate) fn test(attrs: &[Attribute]) -> Option<&Attribute> {
    let is_test = |meta: &Meta| TESTS.contains(&meta.last_name());
    attrs.iter().find(|attr| applies(&attr.meta(), &is_test))
}

/// This attribute, a second time; under a condition, it may be the only one.
pub(crate) fn again(attrs: &[Attribute]) -> Option<&Attribute> {
    attrs
        .iter()
        .find(|attr| attr.meta().last_name() == "fire_and_forget")
}

/// Is there an attribute that is a macro?
///
/// It would see the launcher instead of the function, if it came after this one.
pub(crate) fn has_macro(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| applies(&attr.meta(), &is_macro))
}

/// Does the function say by itself how its callers are located, be it under a condition?
pub(crate) fn has_track_caller(attrs: &[Attribute]) -> bool {
    let is_track_caller = |meta: &Meta| meta.is("track_caller");
    attrs
        .iter()
        .any(|attr| applies(&attr.meta(), &is_track_caller))
}

/// The attributes of the launcher: all of the function's, but for a `#[must_use]` about a value that is not there.
pub(crate) fn of_launcher(attrs: Vec<Attribute>, returns_result: bool) -> Vec<Attribute> {
    // `Result` is `#[must_use]` by itself, so that only a reason of the user's adds to it.
    let is_useless = |meta: &Meta| {
        meta.is("must_use")
            && !(returns_result && meta.rest.first().is_some_and(|it| is_punct(it, '=')))
    };
    attrs
        .into_iter()
        .flat_map(split_conditional)
        .filter(|attr| !applies(&attr.meta(), &is_useless))
        .collect()
}

/// The attributes of a parameter.
#[derive(Default)]
pub(crate) struct ParamAttrs {
    /// Decide whether the parameter exists: on it, and on every statement about it.
    pub(crate) conditions: Vec<Attribute>,
    /// On the binding that the body sees, and nowhere else.
    pub(crate) lints: Vec<Attribute>,
    /// On the parameter, where the compiler says what it thinks of them.
    pub(crate) others: Vec<Attribute>,
}

impl ParamAttrs {
    pub(crate) fn new(attrs: Vec<Attribute>) -> Self {
        let mut sorted = Self::default();
        for attr in attrs.into_iter().flat_map(split_conditional) {
            let is_condition = |meta: &Meta| meta.is("cfg");
            let is_lint = |meta: &Meta| LINT_LEVELS.iter().any(|it| meta.is(it));
            if applies(&attr.meta(), &is_condition) {
                sorted.conditions.push(attr);
            } else if applies(&attr.meta(), &is_lint) {
                sorted.lints.push(attr);
            } else {
                sorted.others.push(attr);
            }
        }
        sorted
    }
}

/// By the last segment of their paths: `#[tokio::test]` is one, too.
const TESTS: [&str; 7] = [
    "test",
    "bench",
    "rstest",
    "test_case",
    "quickcheck",
    "wasm_bindgen_test",
    "proptest",
];

const LINT_LEVELS: [&str; 5] = ["allow", "expect", "warn", "deny", "forbid"];

/// The attributes that the compiler knows by these names. They describe the item and see no tokens of it, so that it
/// does not matter which side of this macro they are on. An attribute with any other name is a macro.
const BUILT_IN: [&str; 42] = [
    "allow",
    "automatically_derived",
    "cfg",
    "cold",
    "const_trait",
    "coverage",
    "custom_mir",
    "deny",
    "deprecated",
    "doc",
    "expect",
    "export_name",
    "ffi_const",
    "ffi_pure",
    "forbid",
    "ignore",
    "inline",
    "instruction_set",
    "lang",
    "link_name",
    "link_ordinal",
    "link_section",
    "linkage",
    "marker",
    "must_use",
    "naked",
    "no_coverage",
    "no_mangle",
    "no_sanitize",
    "non_exhaustive",
    "optimize",
    "panic_handler",
    "proc_macro",
    "sanitize",
    "should_panic",
    "stable",
    "target_feature",
    "track_caller",
    "type_length_limit",
    "unsafe",
    "unstable",
    "warn",
];

/// `#[rustfmt::skip]`: attributes that tools read, and macros of no crate.
const TOOLS: [&str; 6] = [
    "rustfmt",
    "clippy",
    "diagnostic",
    "miri",
    "rust_analyzer",
    "rustdoc",
];

/// Does it hold for the attribute, or for one that it becomes under a condition?
fn applies(meta: &Meta, holds: &dyn Fn(&Meta) -> bool) -> bool {
    match conditional(meta) {
        Some((_, payload)) => payload
            .iter()
            .any(|tokens| applies(&Meta::new(tokens), holds)),
        None => holds(meta),
    }
}

fn is_macro(meta: &Meta) -> bool {
    let is_known = match meta.names.as_slice() {
        [] => true,
        [name] => BUILT_IN.contains(&name.as_str()) || name.starts_with("rustc_"),
        [first, ..] => TOOLS.contains(&first.as_str()),
    };
    !is_known
}

/// `#[cfg_attr(condition, a, b)]` as `#[cfg_attr(condition, a)]` and `#[cfg_attr(condition, b)]`, which may then go
/// to different places.
fn split_conditional(attr: Attribute) -> Vec<Attribute> {
    let Some((condition, payload)) = conditional(&attr.meta()) else {
        return vec![attr];
    };
    if payload.len() < 2 {
        return vec![attr];
    }
    let here = attr.pound.span();
    payload
        .into_iter()
        .map(|one| {
            let content = quote_spanned!(here=> cfg_attr(#condition, #one));
            let mut brackets = Group::new(Delimiter::Bracket, content);
            brackets.set_span(here);
            Attribute {
                pound: attr.pound.clone(),
                brackets,
            }
        })
        .collect()
}

/// The condition of a `cfg_attr`, and the attributes behind it.
fn conditional(meta: &Meta) -> Option<(TokenStream, Vec<TokenStream>)> {
    let [TokenTree::Group(list)] = meta.rest.as_slice() else {
        return None;
    };
    if !meta.is("cfg_attr") {
        return None;
    }
    let tokens: Vec<TokenTree> = list.stream().into_iter().collect();
    let mut parts = tokens
        .split(|token| is_punct(token, ','))
        .filter(|part| !part.is_empty())
        .map(stream);
    Some((parts.next()?, parts.collect()))
}
