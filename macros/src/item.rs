//! The function under the attribute: its signature, and its body as it came.
//!
//! The body is not parsed: half-typed code keeps its tokens, and expanding a long function costs no more than a
//! short one.

mod inputs;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Abi, Attribute, Error, Generics, Result, Token, Type, Visibility, parenthesized};

use crate::chunks::{is_punct, strip};
use crate::item::inputs::{Inputs, written_type};
pub(crate) use crate::item::inputs::{Param, Pattern, Receiver, ReceiverKind};

/// A function as written.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) qualifiers: Qualifiers,
    pub(crate) fn_token: Token![fn],
    pub(crate) ident: Ident,
    /// With the `where` clause.
    pub(crate) generics: Generics,
    pub(crate) parentheses: Span,
    pub(crate) receiver: Option<Receiver>,
    pub(crate) params: Vec<Param>,
    pub(crate) variadic: Option<Token![...]>,
    pub(crate) output: Option<Type>,
    pub(crate) body: Body,
}

/// The words before `fn`.
#[derive(Default)]
pub(crate) struct Qualifiers {
    /// `default`, of an associated function that may be specialized.
    pub(crate) default: Option<Ident>,
    pub(crate) constness: Option<Token![const]>,
    pub(crate) asyncness: Option<Token![async]>,
    /// `unsafe`, or `safe` in a foreign block.
    pub(crate) safety: Option<Ident>,
    pub(crate) abi: Option<Abi>,
}

pub(crate) enum Body {
    /// A block; in an invisible group if a `macro_rules!` fragment matched it.
    Block(TokenTree),
    /// `;`
    Missing(Span),
}

impl Function {
    /// # Errors
    ///
    /// When the item is something else, or its signature is not Rust.
    pub(crate) fn parse(item: &TokenStream) -> Result<Self> {
        // `#[fire_and_forget] $item` hands over one invisible group.
        let mut signature: Vec<TokenTree> = strip(item).into_iter().collect();
        let last = signature.pop();
        let body = match last {
            Some(last) if block(&last).is_some() => Body::Block(last),
            Some(last) if is_punct(&last, ';') => Body::Missing(last.span()),
            last => {
                signature.extend(last);
                return Err(not_a_function(signature));
            }
        };
        let (inner, body) = match body {
            Body::Block(token) => split_inner_attributes(token)?,
            missing @ Body::Missing(_) => (Vec::new(), missing),
        };
        let parser = |input: ParseStream<'_>| Self::signature(input, inner, body);
        parser.parse2(signature.into_iter().collect())
    }

    fn signature(input: ParseStream<'_>, inner: Vec<Attribute>, body: Body) -> Result<Self> {
        let mut attrs = input.call(Attribute::parse_outer)?;
        attrs.extend(inner);
        let vis = input.parse()?;
        let start = input.fork();
        let qualifiers = Qualifiers::parse(input).map_err(|_| misplaced(&start))?;
        if !input.peek(Token![fn]) {
            return Err(misplaced(&start));
        }
        let fn_token = input.parse()?;
        let ident = input.call(Ident::parse_any)?;
        let mut generics: Generics = input.parse()?;
        let inputs;
        let parentheses = parenthesized!(inputs in input).span.join();
        let Inputs {
            receiver,
            params,
            variadic,
        } = Inputs::parse(&inputs)?;
        let output = if input.peek(Token![->]) {
            input.parse::<Token![->]>()?;
            Some(written_type(input, |input| input.peek(Token![where]))?)
        } else {
            None
        };
        generics.where_clause = input.parse()?;
        if !input.is_empty() {
            return Err(input.error("unexpected token before the function's body"));
        }
        Ok(Self {
            attrs,
            vis,
            qualifiers,
            fn_token,
            ident,
            generics,
            parentheses,
            receiver,
            params,
            variadic,
            output,
            body,
        })
    }
}

/// The block, without invisible groups around it.
pub(crate) fn block(token: &TokenTree) -> Option<Group> {
    let TokenTree::Group(group) = token else {
        return None;
    };
    match group.delimiter() {
        Delimiter::Brace => Some(group.clone()),
        Delimiter::None => {
            let mut inner = group.stream().into_iter();
            match (inner.next(), inner.next()) {
                (Some(token), None) => block(&token),
                _ => None,
            }
        }
        _ => None,
    }
}

/// `#![…]` at the start of a body belongs to the function; in the block of a `let` it would be an error.
fn split_inner_attributes(body: TokenTree) -> Result<(Vec<Attribute>, Body)> {
    let Some(group) = block(&body) else {
        return Ok((Vec::new(), Body::Block(body)));
    };
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    let is_attribute = |tokens: &[TokenTree]| {
        matches!(tokens, [pound, bang, TokenTree::Group(brackets), ..]
            if is_punct(pound, '#') && is_punct(bang, '!') && brackets.delimiter() == Delimiter::Bracket)
    };
    let mut end = 0;
    while is_attribute(&tokens[end..]) {
        end += 3;
    }
    if end == 0 {
        return Ok((Vec::new(), Body::Block(body)));
    }
    let as_outer = tokens[..end]
        .iter()
        .filter(|token| !is_punct(token, '!'))
        .cloned()
        .collect();
    let attrs = Attribute::parse_outer.parse2(as_outer)?;
    let mut rest = Group::new(Delimiter::Brace, tokens[end..].iter().cloned().collect());
    rest.set_span(group.span());
    Ok((attrs, Body::Block(TokenTree::Group(rest))))
}

impl Qualifiers {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut qualifiers = Self::default();
        if is_word(input, "default") {
            qualifiers.default = Some(input.call(Ident::parse_any)?);
        }
        qualifiers.constness = input.parse()?;
        qualifiers.asyncness = input.parse()?;
        if input.peek(Token![unsafe]) || is_word(input, "safe") {
            qualifiers.safety = Some(input.call(Ident::parse_any)?);
        }
        qualifiers.abi = input.parse()?;
        Ok(qualifiers)
    }
}

fn is_word(input: ParseStream<'_>, word: &str) -> bool {
    input
        .fork()
        .call(Ident::parse_any)
        .is_ok_and(|ident| ident == word)
}

fn not_a_function(item: Vec<TokenTree>) -> Error {
    let start = |input: ParseStream<'_>| {
        input.call(Attribute::parse_outer)?;
        input.parse::<Visibility>()?;
        let mistake = misplaced(input);
        input.parse::<TokenStream>()?;
        Ok(mistake)
    };
    let tokens: TokenStream = item.into_iter().collect();
    match start.parse2(tokens.clone()) {
        Ok(mistake) => mistake,
        Err(_) => Error::new(tokens.span(), MISPLACED.to_owned() + HERE),
    }
}

/// At the word that says what the item is.
fn misplaced(item: ParseStream<'_>) -> Error {
    let word = |item: ParseStream<'_>| item.call(Ident::parse_any).map(|it| it.to_string());
    let ahead = item.fork();
    let first = word(&ahead).unwrap_or_default();
    let kind = match first.as_str() {
        "unsafe" => word(&ahead).unwrap_or_default(),
        _ => first,
    };
    let message = match kind.as_str() {
        "impl" | "trait" | "mod" => {
            format!(
                "{MISPLACED}, and not on this `{kind}`\n\nhelp: put it on each `fn` inside that is to be launched"
            )
        }
        "struct" | "enum" | "union" | "static" | "const" | "type" | "use" | "macro_rules" => {
            format!("{MISPLACED}, and not on this `{kind}`{HERE}")
        }
        _ => format!("{MISPLACED}{HERE}"),
    };
    Error::new(item.span(), message)
}

const MISPLACED: &str = "`#[fire_and_forget]` goes on a function";
const HERE: &str = "\n\nhelp: put it on the `fn` or `async fn` whose calls are to be launched";
