//! What `syn` reads in the attribute's arguments, against what this macro made of them.

use proc_macro2::{Delimiter, TokenStream};
use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Expr, Ident, Lit, Token};

use crate::args::{BUILT_INS, LAST, POLICIES, TRACES};
use crate::fuzz::soundness::{Expansion, expand, shown};
use crate::tokens::{group, is_punct, list};

/// Holds what becomes of a function that takes any option against what the arguments say, if they are options.
pub(crate) fn check(args: &TokenStream) {
    let Ok(options) = Punctuated::<Assignment, Token![,]>::parse_terminated.parse2(args.clone())
    else {
        return;
    };
    let is_odd = |it: &Assignment| it.value.as_ref().is_some_and(is_odd);
    if has_half_fragment(args) || options.iter().any(is_odd) {
        return;
    }
    let function = "fn f(x: u8) -> Result<(), E> { g(x) }"
        .parse()
        .expect("tokens");
    let is_right = options.iter().all(Assignment::is_right) && is_each_once(&options);
    match expand(args, &function) {
        Expansion::Launcher(output) => {
            assert!(is_right, "{} is accepted", shown(args, &function));
            let is_function = syn::parse2::<syn::ItemFn>(output).is_ok();
            assert!(is_function, "{} is none any more", shown(args, &function));
        }
        other => assert!(!is_right, "{}: {other:?}", shown(args, &function)),
    }
}

/// `key = value`, or a key alone.
struct Assignment {
    key: Ident,
    value: Option<Expr>,
}

impl Parse for Assignment {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key = Ident::parse_any(input)?;
        let value = match input.parse::<Option<Token![=]>>()? {
            Some(_) => Some(input.parse()?),
            None => None,
        };
        Ok(Self { key, value })
    }
}

impl Assignment {
    fn is_right(&self) -> bool {
        let key = self.key.to_string();
        let Some(value) = self.value.as_ref().map(ungroup) else {
            return key == LAST;
        };
        let text = text(value);
        let is_one_of = |words: &[&str]| words.iter().any(|it| text.as_deref() == Some(*it));
        let path = match value {
            Expr::Path(it) if it.attrs.is_empty() => Some(it),
            _ => None,
        };
        match key.as_str() {
            "backend" => match path {
                Some(path) => !BUILT_INS.iter().any(|it| path.path.is_ident(it)),
                None => {
                    is_one_of(&BUILT_INS) && (cfg!(feature = "tokio") || !is_one_of(&["tokio"]))
                }
            },
            "on_full" => is_one_of(&POLICIES),
            "max_in_flight" => may_be_limit(value),
            "name" => text.is_some_and(|it| !it.trim().is_empty()),
            "on_error" => path.is_some(),
            "trace" => is_one_of(&TRACES) && cfg!(feature = "tracing"),
            "crate" => path.is_some_and(|it| {
                let mut segments = it.path.segments.iter();
                it.qself.is_none() && segments.all(|it| it.arguments.is_none())
            }),
            _ => key == LAST,
        }
    }
}

fn is_each_once(options: &Punctuated<Assignment, Token![,]>) -> bool {
    let mut keys: Vec<_> = options.iter().map(|it| it.key.to_string()).collect();
    keys.retain(|it| it != LAST);
    keys.sort();
    keys.windows(2).all(|pair| pair[0] != pair[1])
}

fn ungroup(value: &Expr) -> &Expr {
    match value {
        Expr::Group(group) => ungroup(&group.expr),
        value => value,
    }
}

fn text(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(it) if it.attrs.is_empty() => match &it.lit {
            Lit::Str(text) if text.suffix().is_empty() => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// Only the compiler knows what an expression is, but for a literal.
fn may_be_limit(value: &Expr) -> bool {
    match value {
        Expr::Lit(it) if it.attrs.is_empty() => match &it.lit {
            Lit::Int(it) => it.base10_digits() != "0" && matches!(it.suffix(), "" | "usize"),
            _ => false,
        },
        Expr::Unary(it) if it.attrs.is_empty() => {
            // `true` is a word.
            let is_number = matches!(&*it.expr, Expr::Lit(it) if !matches!(it.lit, Lit::Bool(_)));
            !(matches!(it.op, syn::UnOp::Neg(_)) && is_number)
        }
        _ => true,
    }
}

/// Is it deliberately not read as it was meant? Escapes stay as they are, and an option ends at a comma in what is no
/// number anyway: a closure, a comparison, an assignment.
fn is_odd(value: &Expr) -> bool {
    let value = ungroup(value);
    let tokens = list(&value.to_token_stream());
    let has = |punct: char| tokens.iter().any(|it| is_punct(it, punct));
    match value {
        Expr::Lit(it) => it.lit.to_token_stream().to_string().contains('\\'),
        Expr::Path(_) | Expr::Call(_) | Expr::MethodCall(_) => has('='),
        _ => has(',') || has('='),
    }
}

/// Is there an invisible group that is neither a value nor an option? `syn` looks through it, the compiler does not.
fn has_half_fragment(args: &TokenStream) -> bool {
    let tokens = list(args);
    let ends = |at: usize, puncts: &[char]| {
        let token = tokens.get(at);
        token.is_none_or(|it| puncts.iter().any(|punct| is_punct(it, *punct)))
    };
    (0..tokens.len()).any(|at| match group(&tokens[at], Delimiter::None) {
        Some(fragment) => {
            let is_whole = ends(at.wrapping_sub(1), &[',', '=']) && ends(at + 1, &[',']);
            !is_whole || has_fragment_among_others(&fragment.stream())
        }
        None => false,
    })
}

/// In a value, a fragment is the whole of it: a `>` alone is none.
fn has_fragment_among_others(value: &TokenStream) -> bool {
    let tokens = list(value);
    tokens
        .iter()
        .filter_map(|it| group(it, Delimiter::None))
        .any(|it| tokens.len() > 1 || has_fragment_among_others(&it.stream()))
}
