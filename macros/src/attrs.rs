//! Sorts the user's attributes: by what they are, and by where they go in the launcher.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Path, Token, parse_quote_spanned};

use crate::item::{in_groups, is_punct};

/// Returns the first attribute that makes the function a test or a benchmark.
pub(crate) fn test(attrs: &[Attribute]) -> Option<&Attribute> {
    let is_test = |meta: &Meta| TESTS.contains(&last_segment(meta).as_str());
    attrs.iter().find(|attr| applies(&attr.meta, &is_test))
}

/// Returns a second `#[fire_and_forget]`. Under a `cfg_attr`, it may be the only one, and is left alone.
pub(crate) fn again(attrs: &[Attribute]) -> Option<&Attribute> {
    attrs
        .iter()
        .find(|attr| last_segment(&attr.meta) == "fire_and_forget")
}

/// Returns whether an attribute is a macro.
///
/// A macro that expands after this one would see the launcher instead of the function.
pub(crate) fn has_macro(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| applies(&attr.meta, &is_macro))
}

/// Returns whether the function has `#[track_caller]`, also under a condition.
pub(crate) fn has_track_caller(attrs: &[Attribute]) -> bool {
    let is_track_caller = |meta: &Meta| meta.path().is_ident("track_caller");
    attrs
        .iter()
        .any(|attr| applies(&attr.meta, &is_track_caller))
}

/// Returns the attributes of the launcher: all but a `#[must_use]` whose value is not returned.
pub(crate) fn of_launcher(attrs: Vec<Attribute>, returns_result: bool) -> Vec<Attribute> {
    // `Result` is `#[must_use]` already, so only a `#[must_use]` with a reason is kept.
    let is_useless = |meta: &Meta| {
        meta.path().is_ident("must_use") && !(returns_result && matches!(meta, Meta::NameValue(_)))
    };
    attrs
        .into_iter()
        .flat_map(split_conditional)
        .filter(|attr| !applies(&attr.meta, &is_useless))
        .collect()
}

/// The attributes of a parameter.
#[derive(Default)]
pub(crate) struct ParamAttrs {
    /// They decide whether the parameter exists, so they go on the parameter and on every statement about it.
    pub(crate) conditions: Vec<Attribute>,
    /// Lint levels go only on the binding that the body sees.
    pub(crate) lints: Vec<Attribute>,
    /// `#[own]`, which is removed.
    pub(crate) owns: Vec<Attribute>,
    /// All others stay on the parameter, where the compiler checks them.
    pub(crate) others: Vec<Attribute>,
}

impl ParamAttrs {
    pub(crate) fn new(attrs: Vec<Attribute>) -> Self {
        let mut sorted = Self::default();
        for attr in attrs.into_iter().flat_map(split_conditional) {
            let is_condition = |meta: &Meta| meta.path().is_ident("cfg");
            let is_lint = |meta: &Meta| LINT_LEVELS.iter().any(|it| meta.path().is_ident(it));
            let is_own = |meta: &Meta| meta.path().is_ident(OWN);
            if applies(&attr.meta, &is_own) {
                sorted.owns.push(attr);
            } else if applies(&attr.meta, &is_condition) {
                sorted.conditions.push(attr);
            } else if applies(&attr.meta, &is_lint) {
                sorted.lints.push(attr);
            } else {
                sorted.others.push(attr);
            }
        }
        sorted
    }
}

/// Returns the item without `#[own]`, which the compiler does not know.
pub(crate) fn without_own(item: TokenStream) -> TokenStream {
    in_groups(item, |delimiter, inside| match delimiter {
        Delimiter::None => Some(without_own(inside)),
        Delimiter::Parenthesis => without_own_here(inside),
        _ => None,
    })
}

/// Returns the parameters without `#[own]`, or `None` if there is none.
fn without_own_here(params: TokenStream) -> Option<TokenStream> {
    let tokens: Vec<TokenTree> = params.into_iter().collect();
    let is_own = |at: usize| match &tokens[at..] {
        [pound, TokenTree::Group(brackets), ..] => {
            let inside = brackets.stream();
            is_punct(pound, '#')
                && brackets.delimiter() == Delimiter::Bracket
                && match inside.clone().into_iter().next() {
                    Some(TokenTree::Ident(word)) if word == "cfg_attr" => has_own(inside),
                    Some(TokenTree::Ident(word)) => word == OWN,
                    _ => false,
                }
        }
        _ => false,
    };
    let is_part = |at: usize| is_own(at) || at.checked_sub(1).is_some_and(is_own);
    let others = (0..tokens.len()).filter(|at| !is_part(*at));
    let others: Vec<_> = others.map(|at| tokens[at].clone()).collect();
    (others.len() < tokens.len()).then(|| others.into_iter().collect())
}

fn has_own(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => has_own(group.stream()),
        token => token.to_string() == OWN,
    })
}

const OWN: &str = "own";

/// Matched by the last segment of the path, so that `#[tokio::test]` is one.
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

/// The built-in attributes. They do not see the tokens of the item, so it does not matter whether this macro is above
/// or below. Any other attribute is taken for a macro.
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

/// Attributes of tools, such as `#[rustfmt::skip]`: the first segment is no crate.
const TOOLS: [&str; 6] = [
    "rustfmt",
    "clippy",
    "diagnostic",
    "miri",
    "rust_analyzer",
    "rustdoc",
];

/// Returns whether `holds` is true for the attribute, or for one inside its `cfg_attr`.
fn applies(meta: &Meta, holds: &dyn Fn(&Meta) -> bool) -> bool {
    match conditional(meta) {
        Some((_, payload)) => payload.iter().any(|meta| applies(meta, holds)),
        None => holds(meta),
    }
}

fn is_macro(meta: &Meta) -> bool {
    let Path {
        leading_colon,
        segments,
    } = meta.path();
    let first = segments[0].ident.to_string();
    let is_known = match segments.len() {
        // `::cold` is a macro of a crate called `cold`.
        _ if leading_colon.is_some() => false,
        1 => BUILT_IN.contains(&first.as_str()) || first.starts_with("rustc_"),
        _ => TOOLS.contains(&first.as_str()),
    };
    !is_known
}

fn last_segment(meta: &Meta) -> String {
    let last = meta.path().segments.last();
    last.map_or_else(String::new, |it| it.ident.to_string())
}

/// Splits `#[cfg_attr(condition, a, b)]` into one `cfg_attr` for each attribute, because they may go to different
/// places.
fn split_conditional(attr: Attribute) -> Vec<Attribute> {
    let here = attr.pound_token.spans[0];
    match conditional(&attr.meta) {
        Some((condition, payload)) if payload.len() > 1 => payload
            .iter()
            .map(|one| parse_quote_spanned!(here=> #[cfg_attr(#condition, #one)]))
            .collect(),
        _ => vec![attr],
    }
}

/// Returns the condition of a `cfg_attr`, and its attributes.
fn conditional(meta: &Meta) -> Option<(Meta, Punctuated<Meta, Token![,]>)> {
    let Meta::List(list) = meta else {
        return None;
    };
    if !list.path.is_ident("cfg_attr") {
        return None;
    }
    let parts = |input: ParseStream<'_>| {
        let condition = input.parse()?;
        input.parse::<Option<Token![,]>>()?;
        Ok((condition, Punctuated::parse_terminated(input)?))
    };
    parts.parse2(list.tokens.clone()).ok()
}
