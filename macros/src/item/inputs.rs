//! The parameters of a function.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Lifetime, Result, Token, Type};

pub(crate) struct Receiver {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) mutability: Option<Token![mut]>,
    /// The user's own token: only that one names the receiver inside `macro_rules!`.
    pub(crate) self_token: Token![self],
    pub(crate) kind: ReceiverKind,
}

pub(crate) enum ReceiverKind {
    /// `self`
    Value,
    /// `&self`, `&'a mut self`
    Reference {
        and: Token![&],
        lifetime: Option<Lifetime>,
        mutability: Option<Token![mut]>,
    },
    /// `self: Type`
    Typed(Box<Type>),
}

pub(crate) struct Param {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) pattern: Pattern,
    pub(crate) ty: Type,
}

pub(crate) enum Pattern {
    /// `x` or `mut x`
    Name {
        mutability: Option<Token![mut]>,
        ident: Ident,
    },
    /// Any other pattern.
    Tokens(TokenStream),
}

/// What stands in the parentheses of the signature.
#[derive(Default)]
pub(super) struct Inputs {
    pub(super) receiver: Option<Receiver>,
    pub(super) params: Vec<Param>,
    pub(super) variadic: Option<Token![...]>,
}

impl Inputs {
    pub(super) fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut inputs = Self::default();
        while !input.is_empty() {
            let attrs = input.call(Attribute::parse_outer)?;
            let is_first = inputs.receiver.is_none() && inputs.params.is_empty();
            if input.peek(Token![...]) {
                inputs.variadic = Some(input.parse()?);
            } else if is_first && is_receiver(input) {
                inputs.receiver = Some(Receiver::parse(input, attrs)?);
            } else {
                let pattern = pattern(input)?;
                input.parse::<Token![:]>()?;
                if input.peek(Token![...]) {
                    inputs.variadic = Some(input.parse()?);
                } else {
                    let ty = written_type(input, |input| input.peek(Token![,]))?;
                    inputs.params.push(Param { attrs, pattern, ty });
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(inputs)
    }
}

fn is_receiver(input: ParseStream<'_>) -> bool {
    let input = input.fork();
    let skip_borrow = || -> Result<()> {
        if input.parse::<Option<Token![&]>>()?.is_some() {
            input.parse::<Option<Lifetime>>()?;
        }
        input.parse::<Option<Token![mut]>>()?;
        Ok(())
    };
    skip_borrow().is_ok() && input.peek(Token![self]) && !input.peek2(Token![::])
}

impl Receiver {
    fn parse(input: ParseStream<'_>, attrs: Vec<Attribute>) -> Result<Self> {
        if input.peek(Token![&]) {
            let and = input.parse()?;
            let lifetime = input.parse()?;
            let mutability = input.parse()?;
            let self_token = input.parse()?;
            return Ok(Self {
                attrs,
                mutability: None,
                self_token,
                kind: ReceiverKind::Reference {
                    and,
                    lifetime,
                    mutability,
                },
            });
        }
        let mutability = input.parse()?;
        let self_token = input.parse()?;
        let kind = if input.parse::<Option<Token![:]>>()?.is_some() {
            ReceiverKind::Typed(Box::new(written_type(input, |input| {
                input.peek(Token![,])
            })?))
        } else {
            ReceiverKind::Value
        };
        Ok(Self {
            attrs,
            mutability,
            self_token,
            kind,
        })
    }
}

/// Everything up to the `:` before the type; patterns have paths, hence `::`, but no single `:` outside groups.
fn pattern(input: ParseStream<'_>) -> Result<Pattern> {
    let name = input.fork();
    let mutability: Option<Token![mut]> = name.parse()?;
    if let Ok(ident) = name.call(Ident::parse_any)
        && name.peek(Token![:])
        && !name.peek(Token![::])
        && ident != "_"
    {
        input.parse::<Option<Token![mut]>>()?;
        input.call(Ident::parse_any)?;
        return Ok(Pattern::Name { mutability, ident });
    }
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        if input.peek(Token![::]) {
            tokens.extend([input.parse::<TokenTree>()?, input.parse::<TokenTree>()?]);
        } else if input.peek(Token![:]) {
            break;
        } else {
            tokens.extend([input.parse::<TokenTree>()?]);
        }
    }
    if tokens.is_empty() {
        return Err(input.error("expected a parameter"));
    }
    Ok(Pattern::Tokens(tokens))
}

/// A type; if it is one that syn does not know, its tokens, which are then the compiler's business.
pub(super) fn written_type(
    input: ParseStream<'_>,
    ends: impl Fn(ParseStream<'_>) -> bool,
) -> Result<Type> {
    let ahead = input.fork();
    if ahead.parse::<Type>().is_ok() && (ahead.is_empty() || ends(&ahead)) {
        return input.parse();
    }
    let mut tokens = TokenStream::new();
    let mut depth = 0_usize;
    while !input.is_empty() && (depth > 0 || !ends(input)) {
        if input.peek(Token![->]) {
            // The `-`, so that the `>` behind it closes nothing.
            tokens.extend([input.parse::<TokenTree>()?]);
        } else if input.peek(Token![<]) {
            depth += 1;
        } else if input.peek(Token![>]) {
            depth = depth.saturating_sub(1);
        }
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    if tokens.is_empty() {
        return Err(input.error("expected a type"));
    }
    Ok(Type::Verbatim(tokens))
}
