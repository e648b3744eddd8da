//! The annotated function: a parsed signature, and the tokens of its body.
//!
//! The body is not parsed. So half-typed code keeps its tokens, and a long function expands as fast as a short one.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Abi, AttrStyle, Attribute, Error, Ident, Result, Signature, Token, Visibility};

/// A function as written.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    /// The word `default` of an associated function that may be specialized.
    pub(crate) default: Option<Token![default]>,
    /// The word `safe` of a function in an `extern` block.
    pub(crate) safe: Option<Token![safe]>,
    pub(crate) sig: Signature,
    pub(crate) body: Body,
}

pub(crate) enum Body {
    /// A block, in an invisible group if it is a `macro_rules!` fragment.
    Block(TokenTree),
    /// `;`
    Missing(Span),
}

impl Function {
    /// # Errors
    ///
    /// If the item is no function, or its signature is not Rust.
    pub(crate) fn parse(item: &TokenStream) -> Result<Self> {
        let mut head: Vec<TokenTree> = strip(item).into_iter().collect();
        let (inner, body) = match head.pop() {
            Some(last) if block(&last).is_some() => split_inner_attributes(last),
            Some(last) if is_punct(&last, ';') => (Vec::new(), Body::Missing(last.span())),
            last => {
                head.extend(last);
                (Vec::new(), Body::Missing(Span::call_site()))
            }
        };
        let parser = |input: ParseStream<'_>| {
            let mut attrs = input.call(Attribute::parse_outer)?;
            attrs.extend(inner);
            let vis = input.parse()?;
            if !is_function(input) {
                return Err(misplaced(input));
            }
            let default = input.parse()?;
            let safe = input.parse()?;
            let sig = input.parse()?;
            Ok(Self {
                attrs,
                vis,
                default,
                safe,
                sig,
                body,
            })
        };
        parser.parse2(head.into_iter().collect())
    }
}

/// Removes the invisible groups of `macro_rules!` fragments around all of the tokens.
pub(crate) fn strip(tokens: &TokenStream) -> TokenStream {
    let mut iter = tokens.clone().into_iter();
    match (iter.next(), iter.next()) {
        (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::None => {
            strip(&group.stream())
        }
        _ => tokens.clone(),
    }
}

/// Returns the block without invisible groups around it.
pub(crate) fn block(token: &TokenTree) -> Option<Group> {
    let mut inside = strip(&token.clone().into()).into_iter();
    match inside.next() {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => Some(group),
        _ => None,
    }
}

/// Moves `#![…]` from the start of the body to the function: in the block of an expression it would be an error.
fn split_inner_attributes(body: TokenTree) -> (Vec<Attribute>, Body) {
    let Some(block) = block(&body) else {
        return (Vec::new(), Body::Block(body));
    };
    let inside: Vec<TokenTree> = block.stream().into_iter().collect();
    let is_attribute = |tokens: &[TokenTree]| {
        matches!(tokens, [pound, bang, TokenTree::Group(brackets), ..]
            if is_punct(pound, '#') && is_punct(bang, '!') && brackets.delimiter() == Delimiter::Bracket)
    };
    let mut end = 0;
    while is_attribute(&inside[end..]) {
        end += 3;
    }
    let (attributes, rest) = inside.split_at(end);
    let attributes = attributes.iter().cloned().collect();
    let mut attrs = match Attribute::parse_inner.parse2(attributes) {
        Ok(attrs) if !attrs.is_empty() => attrs,
        _ => return (Vec::new(), Body::Block(body)),
    };
    for attr in &mut attrs {
        attr.style = AttrStyle::Outer;
    }
    let rest = with_content(&block, rest.iter().cloned().collect());
    (attrs, Body::Block(rest.into()))
}

/// Replaces the content of the groups for which there is a replacement.
pub(crate) fn in_groups(
    tokens: TokenStream,
    mut content: impl FnMut(Delimiter, TokenStream) -> Option<TokenStream>,
) -> TokenStream {
    let changed = tokens.into_iter().map(|token| match &token {
        TokenTree::Group(group) => match content(group.delimiter(), group.stream()) {
            Some(inside) => with_content(group, inside).into(),
            None => token,
        },
        _ => token,
    });
    changed.collect()
}

/// Returns a group with other content, and the same delimiters and span.
pub(crate) fn with_content(group: &Group, content: TokenStream) -> Group {
    let mut changed = Group::new(group.delimiter(), content);
    changed.set_span(group.span());
    changed
}

pub(crate) fn is_punct(token: &TokenTree, expected: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == expected)
}

fn is_function(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    let qualifiers = || -> Result<()> {
        ahead.parse::<Option<Token![default]>>()?;
        ahead.parse::<Option<Token![const]>>()?;
        ahead.parse::<Option<Token![async]>>()?;
        ahead.parse::<Option<Token![unsafe]>>()?;
        ahead.parse::<Option<Token![safe]>>()?;
        ahead.parse::<Option<Abi>>()?;
        Ok(())
    };
    qualifiers().is_ok() && ahead.peek(Token![fn])
}

/// Makes the error for an item that is no function, at the word that says what it is.
fn misplaced(item: ParseStream<'_>) -> Error {
    let ahead = item.fork();
    let word = || ahead.call(Ident::parse_any).map(|it| it.to_string());
    let first = word().unwrap_or_default();
    let kind = match first.as_str() {
        "unsafe" => word().unwrap_or_default(),
        _ => first,
    };
    let message = match kind.as_str() {
        "impl" | "trait" | "mod" => {
            format!(
                "{MISPLACED}, not on this `{kind}`\n\nhelp: put it on each function inside that you want to launch"
            )
        }
        "struct" | "enum" | "union" | "static" | "const" | "type" | "use" | "macro_rules" => {
            format!("{MISPLACED}, not on this `{kind}`{HERE}")
        }
        _ => format!("{MISPLACED}{HERE}"),
    };
    Error::new(item.span(), message)
}

const MISPLACED: &str = "`#[fire_and_forget]` goes on a function";
const HERE: &str = "\n\nhelp: put it on the `fn` or `async fn` that you want to launch";
