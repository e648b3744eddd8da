//! The function under the attribute: its signature, and its body as it came.
//!
//! The body is not parsed: half-typed code keeps its tokens, and expanding a long function costs no more than a
//! short one.

mod inputs;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;

use crate::attrs::Attribute;
use crate::diag::Mistake;
use crate::generics::Generics;
use crate::item::inputs::Inputs;
pub(crate) use crate::item::inputs::{Param, Pattern, Receiver, ReceiverKind};
use crate::tokens::{angles, group, is_punct, is_word, list, stream, strip, until};

/// A function as written.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: TokenStream,
    pub(crate) qualifiers: Qualifiers,
    pub(crate) fn_token: Ident,
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) parentheses: Span,
    pub(crate) receiver: Option<Receiver>,
    pub(crate) params: Vec<Param>,
    pub(crate) variadic: Option<TokenStream>,
    pub(crate) output: Option<TokenStream>,
    pub(crate) body: Body,
}

/// The words before `fn`.
#[derive(Default)]
pub(crate) struct Qualifiers {
    /// `default`, of an associated function that may be specialized.
    pub(crate) default: Option<Ident>,
    pub(crate) constness: Option<Ident>,
    pub(crate) asyncness: Option<Ident>,
    /// `unsafe`, or `safe` in a foreign block.
    pub(crate) safety: Option<Ident>,
    pub(crate) abi: Option<Abi>,
}

/// `extern "C"`
pub(crate) struct Abi {
    tokens: TokenStream,
    pub(crate) is_rust: bool,
}

impl ToTokens for Abi {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.tokens.to_tokens(tokens);
    }
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
    pub(crate) fn parse(item: &TokenStream) -> Result<Self, Mistake> {
        // `#[fire_and_forget] $item` hands over one invisible group.
        let mut signature: Vec<TokenTree> = strip(item).into_iter().collect();
        let last = signature.pop();
        let body = match last {
            Some(last) if block(&last).is_some() => Body::Block(last),
            Some(last) if is_punct(&last, ';') => Body::Missing(last.span()),
            last => {
                signature.extend(last);
                return Err(not_a_function(&signature));
            }
        };
        let (inner, body) = match body {
            Body::Block(token) => split_inner_attributes(token),
            missing @ Body::Missing(_) => (Vec::new(), missing),
        };
        Self::signature(&signature, inner, body)
    }

    fn signature(tokens: &[TokenTree], inner: Vec<Attribute>, body: Body) -> Result<Self, Mistake> {
        let (mut attrs, rest) = Attribute::take(tokens);
        attrs.extend(inner);
        let (vis, start) = visibility(rest);
        let (qualifiers, rest) = Qualifiers::take(start);
        let [
            TokenTree::Ident(fn_token),
            TokenTree::Ident(ident),
            rest @ ..,
        ] = rest
        else {
            return Err(misplaced(start));
        };
        if fn_token != "fn" {
            return Err(misplaced(start));
        }
        let (parameters, rest) = angles(rest).unwrap_or((&[], rest));
        let Some((inside, rest)) = rest
            .split_first()
            .and_then(|(first, rest)| group(first, Delimiter::Parenthesis).map(|it| (it, rest)))
        else {
            let at = next_span(rest, ident.span());
            return Err(Mistake::new(at, "expected parentheses".to_owned()));
        };
        let Inputs {
            receiver,
            params,
            variadic,
        } = Inputs::parse(&list(&inside.stream()), inside.span_close())?;
        let is_where = |rest: &[TokenTree]| is_word(&rest[0], "where");
        let (output, where_clause) = match rest {
            [dash, close, rest @ ..] if is_punct(dash, '-') && is_punct(close, '>') => {
                let (output, rest) = until(rest, is_where);
                if output.is_empty() {
                    let at = next_span(rest, close.span());
                    return Err(Mistake::new(at, "expected a type".to_owned()));
                }
                (Some(stream(output)), rest)
            }
            _ => (None, rest),
        };
        if let Some(token) = where_clause.first()
            && !is_word(token, "where")
        {
            let wrong = "unexpected token before the function's body";
            return Err(Mistake::new(token.span(), wrong.to_owned()));
        }
        Ok(Self {
            attrs,
            vis,
            qualifiers,
            fn_token: fn_token.clone(),
            ident: ident.clone(),
            generics: Generics::new(parameters, where_clause),
            parentheses: inside.span(),
            receiver,
            params,
            variadic,
            output,
            body,
        })
    }
}

/// The place of the next token, or of the end.
fn next_span(tokens: &[TokenTree], end: Span) -> Span {
    tokens.first().map_or(end, TokenTree::span)
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
fn split_inner_attributes(body: TokenTree) -> (Vec<Attribute>, Body) {
    let Some(group) = block(&body) else {
        return (Vec::new(), Body::Block(body));
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
        return (Vec::new(), Body::Block(body));
    }
    let as_outer: Vec<TokenTree> = tokens[..end]
        .iter()
        .filter(|token| !is_punct(token, '!'))
        .cloned()
        .collect();
    let (attrs, _) = Attribute::take(&as_outer);
    let mut rest = Group::new(Delimiter::Brace, tokens[end..].iter().cloned().collect());
    rest.set_span(group.span());
    (attrs, Body::Block(TokenTree::Group(rest)))
}

/// `pub`, `pub(crate)`, or what a `macro_rules!` fragment matched for them; and what follows.
fn visibility(tokens: &[TokenTree]) -> (TokenStream, &[TokenTree]) {
    let end = match tokens {
        [first, ..] if group(first, Delimiter::None).is_some() => 1,
        [word, place, ..] if is_word(word, "pub") => {
            1 + usize::from(group(place, Delimiter::Parenthesis).is_some())
        }
        _ => 0,
    };
    (stream(&tokens[..end]), &tokens[end..])
}

impl Qualifiers {
    fn take(tokens: &[TokenTree]) -> (Self, &[TokenTree]) {
        let mut rest = tokens;
        let mut word = |expected: &[&str]| match rest {
            [TokenTree::Ident(word), behind @ ..] if expected.iter().any(|it| word == it) => {
                rest = behind;
                Some(word.clone())
            }
            _ => None,
        };
        let default = word(&["default"]);
        let constness = word(&["const"]);
        let asyncness = word(&["async"]);
        let safety = word(&["unsafe", "safe"]);
        let abi = word(&["extern"]).map(|it| {
            let mut tokens = it.into_token_stream();
            let mut is_rust = false;
            if let [name, behind @ ..] = rest
                && !matches!(name, TokenTree::Ident(_))
            {
                is_rust = strip(&name.to_token_stream()).to_string() == "\"Rust\"";
                name.to_tokens(&mut tokens);
                rest = behind;
            }
            Abi { tokens, is_rust }
        });
        let qualifiers = Self {
            default,
            constness,
            asyncness,
            safety,
            abi,
        };
        (qualifiers, rest)
    }
}

fn not_a_function(item: &[TokenTree]) -> Mistake {
    let (_, rest) = Attribute::take(item);
    let (_, rest) = visibility(rest);
    misplaced(rest)
}

/// At the word that says what the item is.
fn misplaced(item: &[TokenTree]) -> Mistake {
    let mut words = item.iter().map_while(|token| match token {
        TokenTree::Ident(word) => Some(word.to_string()),
        _ => None,
    });
    let first = words.next().unwrap_or_default();
    let kind = match first.as_str() {
        "unsafe" => words.next().unwrap_or_default(),
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
    Mistake::new(next_span(item, Span::call_site()), message)
}

const MISPLACED: &str = "`#[fire_and_forget]` goes on a function";
const HERE: &str = "\n\nhelp: put it on the `fn` or `async fn` whose calls are to be launched";
