//! Splits the attribute's arguments into keys and values, so that a broken option does not hide the next one.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse as _, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, ExprPath, ExprTuple, Ident, Path, Result, Token, bracketed, parenthesized, token};

use crate::args::table::{TABLE, entry};
use crate::diag::Mistakes;

/// Returns keys with their values. Arguments without a key are reported and left out.
pub(super) fn options(tokens: TokenStream, mistakes: &mut Mistakes) -> Vec<(Ident, Option<Expr>)> {
    let parser = |input: ParseStream<'_>| all(input, mistakes);
    parser.parse2(tokens).unwrap_or_else(|error| {
        mistakes.add(error);
        Vec::new()
    })
}

fn all(input: ParseStream<'_>, mistakes: &mut Mistakes) -> Result<Vec<(Ident, Option<Expr>)>> {
    let mut options = Vec::new();
    while !input.is_empty() {
        if let Some((span, separator)) = separator(input)? {
            let wrong = format!("an option is missing before this `{separator}`");
            mistakes.at(span, &wrong, &format!("remove the `{separator}`"));
            continue;
        }
        options.extend(option(input, mistakes)?);
        end(input, mistakes)?;
    }
    Ok(options)
}

/// Parses the key and the value of the next option.
fn option(
    input: ParseStream<'_>,
    mistakes: &mut Mistakes,
) -> Result<Option<(Ident, Option<Expr>)>> {
    let start = input.fork();
    let Ok(key) = input.call(Ident::parse_any) else {
        nameless(rest(input)?, mistakes);
        return Ok(None);
    };
    let known = entry(&key.to_string());
    if input.peek(Token![=]) && !input.peek(Token![==]) && !input.peek(Token![=>]) {
        let equals = input.parse::<Token![=]>()?;
        if known.is_some_and(|it| it.is_flag) {
            let written = rest(input)?;
            let wrong = format!("`{key}` takes no value");
            let help = format!("write `{key}` alone, or remove it");
            mistakes.over(quote!(#equals #written), &wrong, &help);
            return Ok(Some((key, None)));
        }
        let value = if ends(input) {
            None
        } else {
            Some(match known {
                Some(entry) if entry.is_list => list(input)?,
                _ => value(input)?,
            })
        };
        if known.is_none() {
            // The value of an unknown option may be any tokens, so they are skipped.
            rest(input)?;
        }
        return Ok(Some((key, value)));
    }
    let is_flag = known.is_some_and(|it| it.is_flag);
    if ends(input) || is_flag && begins_an_option(input) {
        return Ok(Some((key, None)));
    }
    let at = input.fork().parse::<TokenTree>()?.span();
    rest(input)?;
    let written = rest(&start)?;
    if let Ok(path) = syn::parse2::<Path>(written.clone()) {
        nameless(path.into_token_stream(), mistakes);
    } else if let Some((words, meant)) = hyphenated(written) {
        let wrong = format!("unknown option `{}`", meant.replace('_', "-"));
        mistakes.over(words, &wrong, &format!("write `{meant}`"));
    } else if is_flag {
        let wrong = format!("expected `,` after `{key}`, which takes no value");
        mistakes.at(at, &wrong, "separate the options with commas");
    } else if let Some(entry) = known {
        mistakes.at(at, &format!("expected `=` after `{key}`"), entry.help);
    } else {
        return Ok(Some((key, None)));
    }
    Ok(None)
}

/// Parses one or several paths of types, up to the next option. A single lower-case word is the next option.
fn list(input: ParseStream<'_>) -> Result<Expr> {
    let ahead = input.fork();
    if delimited(&ahead).is_ok() && ends(&ahead) {
        let at = input.span();
        return Ok(tuple(at, delimited(input)?.into_iter().map(of_path)));
    }
    let at = input.span();
    let mut values = vec![element(input)?];
    while is_element_next(input) {
        input.parse::<Token![,]>()?;
        values.push(element(input)?);
    }
    if values.len() > 1 {
        return Ok(tuple(at, values));
    }
    Ok(values.remove(0))
}

/// Parses paths in parentheses or brackets.
fn delimited(input: ParseStream<'_>) -> Result<Punctuated<Path, Token![,]>> {
    let content;
    if input.peek(token::Bracket) {
        bracketed!(content in input);
    } else {
        parenthesized!(content in input);
    }
    content.parse_terminated(Path::parse, Token![,])
}

/// Parses the path of a type, in which `<` opens generic arguments, or else an expression.
fn element(input: ParseStream<'_>) -> Result<Expr> {
    let ahead = input.fork();
    if ahead.parse::<Path>().is_ok() && ends(&ahead) {
        return input.parse().map(of_path);
    }
    value(input)
}

fn of_path(path: Path) -> Expr {
    Expr::Path(ExprPath {
        attrs: Vec::new(),
        qself: None,
        path,
    })
}

/// Messages about the tuple point at the span.
fn tuple(at: Span, values: impl IntoIterator<Item = Expr>) -> Expr {
    Expr::Tuple(ExprTuple {
        attrs: Vec::new(),
        paren_token: token::Paren(at),
        elems: values.into_iter().collect(),
    })
}

fn is_element_next(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    let is_path = ahead.parse::<Token![,]>().is_ok() && !ends(&ahead);
    let Ok(path) = ahead.parse::<Path>() else {
        return false;
    };
    let is_word = |it: &Ident| !it.to_string().starts_with(char::is_uppercase);
    is_path && ends(&ahead) && !path.get_ident().is_some_and(is_word)
}

/// Parses an expression. Other tokens are kept verbatim, and every kind of value refuses them.
fn value(input: ParseStream<'_>) -> Result<Expr> {
    let ahead = input.fork();
    if ahead.parse::<Expr>().is_ok() {
        return input.parse();
    }
    rest(input).map(Expr::Verbatim)
}

fn ends(input: ParseStream<'_>) -> bool {
    input.is_empty() || input.peek(Token![,]) || input.peek(Token![;])
}

/// Parses a comma, or a semicolon: that is a mistake, but separates options, too.
fn separator(input: ParseStream<'_>) -> Result<Option<(Span, char)>> {
    if let Some(comma) = input.parse::<Option<Token![,]>>()? {
        return Ok(Some((comma.span, ',')));
    }
    let semicolon = input.parse::<Option<Token![;]>>()?;
    Ok(semicolon.map(|it| (it.span, ';')))
}

fn begins_an_option(input: ParseStream<'_>) -> bool {
    input.peek(Ident::peek_any) && input.peek2(Token![=])
}

/// Skips to the next option, and reports what is between.
fn end(input: ParseStream<'_>, mistakes: &mut Mistakes) -> Result<()> {
    if let Some((span, separator)) = separator(input)? {
        if separator == ';' {
            let wrong = "options are separated by `,`, not by `;`";
            let help = if input.is_empty() {
                "remove the `;`"
            } else {
                "write `,`"
            };
            mistakes.at(span, wrong, help);
        }
    } else if begins_an_option(input) {
        let next = input.fork().call(Ident::parse_any)?;
        let wrong = format!("missing `,` before `{next}`");
        mistakes.at(next.span(), &wrong, "separate the options with commas");
    } else if !input.is_empty() {
        let junk: TokenTree = input.fork().parse()?;
        let wrong = format!("unexpected `{junk}` after the value");
        let help = "remove it, or write a `,` before the next option";
        mistakes.at(junk.span(), &wrong, help);
        rest(input)?;
        end(input, mistakes)?;
    }
    Ok(())
}

/// Takes the remaining tokens of an option that cannot be parsed.
fn rest(input: ParseStream<'_>) -> Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !ends(input) {
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}

/// Reports a value without a key, such as `"pool"` or `pools::MAIL`.
fn nameless(option: TokenStream, mistakes: &mut Mistakes) {
    let text = option.to_string().replace(' ', "");
    let first = option.clone().into_iter().next();
    let help = match first {
        Some(TokenTree::Ident(_)) => format!("write `backend = {text}`"),
        Some(TokenTree::Literal(it)) => {
            let text = it.to_string();
            let word = text.trim_matches('"');
            match TABLE.iter().find(|it| it.words.contains(&word)) {
                Some(entry) => format!("write `{} = {text}`", entry.key),
                None if word.len() < text.len() => {
                    format!("write `option = value`: `name = {text}`")
                }
                None => "write `option = value`".to_owned(),
            }
        }
        _ => "write `option = value`".to_owned(),
    };
    mistakes.over(option, "an option starts with its name", &help);
}

/// Returns the tokens of a name with hyphens, such as `max-in-flight`, and the option that it means.
fn hyphenated(option: TokenStream) -> Option<(TokenStream, String)> {
    let is_name = |it: &TokenTree| match it {
        TokenTree::Ident(_) => true,
        TokenTree::Punct(it) => it.as_char() == '-',
        _ => false,
    };
    let words: TokenStream = option.into_iter().take_while(is_name).collect();
    let name = words.to_string().replace(' ', "").replace('-', "_");
    let is_option = entry(&name).is_some() && words.to_string().contains('-');
    is_option.then_some((words, name))
}
