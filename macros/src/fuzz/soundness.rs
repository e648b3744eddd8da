//! What must hold of every expansion, whatever was written.

use std::fmt;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::Parser;
use syn::{Attribute, FnArg, ImplItemFn, Signature};

use crate::args::LAST;
use crate::attrs;
use crate::fuzz::{borrowed, notation};
use crate::item::{block, is_punct, strip};
use crate::pipeline;
use crate::this;

/// An expansion, by its kind.
pub(crate) enum Expansion {
    /// The errors, with the item as it was.
    Refused(Vec<String>),
    /// The item, with this attribute moved below its other attributes.
    Moved,
    Launcher(TokenStream),
}

impl fmt::Debug for Expansion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(mistakes) => write!(f, "refused: {mistakes:?}"),
            Self::Moved => f.write_str("moved"),
            Self::Launcher(_) => f.write_str("a launcher"),
        }
    }
}

impl Expansion {
    /// Returns whether both are of the same kind, with the same errors.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Refused(one), Self::Refused(other)) => one == other,
            (Self::Moved, Self::Moved) | (Self::Launcher(_), Self::Launcher(_)) => true,
            _ => false,
        }
    }
}

/// Checks the expansion against the input.
pub(crate) fn check(args: &TokenStream, item: &TokenStream) -> Expansion {
    let expansion = expand(args, item);
    if let Some((bare, body)) = without_body(item) {
        check_body(args, item, &expansion, &bare, &body);
    } else {
        let is_launcher = matches!(expansion, Expansion::Launcher(_));
        assert!(!is_launcher, "{} has no body", shown(args, item));
    }
    expansion
}

/// Expands, and checks that the result is of one of the three kinds.
pub(crate) fn expand(args: &TokenStream, item: &TokenStream) -> Expansion {
    let output = pipeline::run(args, item);
    let (mistakes, rest) = refusal(&output);
    if !mistakes.is_empty() {
        let item = &attrs::without_own(item.clone());
        assert_eq!(flat(&rest), flat(item), "{} is lost", shown(args, item));
        return Expansion::Refused(mistakes);
    }
    if let Some(rest) = without_last(args, &output) {
        let item = strip(item);
        assert_eq!(flat(&rest), flat(&item), "{} is lost", shown(args, &item));
        return Expansion::Moved;
    }
    Expansion::Launcher(output)
}

/// Returns the first paragraphs of the errors at the start of an expansion, and the rest.
pub(crate) fn refusal(output: &TokenStream) -> (Vec<String>, TokenStream) {
    let tokens = list(output);
    let mut rest = tokens.as_slice();
    let mut found = Vec::new();
    let compile_error = flat(&quote!(::core::compile_error!));
    while let Some((path, [TokenTree::Group(message), behind @ ..])) =
        rest.split_at_checked(compile_error.len())
        && flat(&stream(path)) == compile_error
    {
        assert_eq!(message.delimiter(), Delimiter::Brace);
        let message: syn::LitStr = syn::parse2(message.stream()).expect("a string");
        found.push(first_paragraph(&message.value()));
        rest = behind;
    }
    (found, stream(rest))
}

fn first_paragraph(message: &str) -> String {
    let (wrong, help) = message.split_once("\n\n").unwrap_or((message, "help: "));
    assert!(help.starts_with("help: "), "{message}");
    assert!(!wrong.ends_with('.') && !help.ends_with('.'), "{message}");
    wrong.to_owned()
}

/// Returns the item, if the expansion is the item with this attribute and its mark of being last.
fn without_last(args: &TokenStream, output: &TokenStream) -> Option<TokenStream> {
    let tokens = list(output);
    let mut rest = tokens.as_slice();
    while let [pound, brackets, behind @ ..] = rest
        && is_punct(pound, '#')
    {
        let inside = list(&group(brackets, Delimiter::Bracket)?.stream());
        if let [.., name, TokenTree::Group(options)] = inside.as_slice()
            && is_word(name, "fire_and_forget")
            && says_last(args, options)
        {
            let before = &tokens[..tokens.len() - rest.len()];
            return Some(stream(&[before, behind].concat()));
        }
        rest = behind;
    }
    None
}

fn says_last(args: &TokenStream, options: &Group) -> bool {
    let inside = list(&options.stream());
    let written = list(args);
    let [start @ .., last] = inside.as_slice() else {
        return false;
    };
    let start = flat(&stream(start));
    let is_same = start.get(..flat(&stream(&written)).len()) == Some(&flat(args));
    is_word(last, LAST) && is_same
}

/// Checks that the body does not influence the rest: an expansion with another body differs only there.
fn check_body(
    args: &TokenStream,
    item: &TokenStream,
    expansion: &Expansion,
    bare: &TokenStream,
    body: &TokenTree,
) {
    let expected = expand(args, bare);
    // With `#[own]`, the body is searched for names and lifetimes of arguments, and may be refused.
    let mut expansion = expansion;
    let rest;
    if let Expansion::Refused(mistakes) = expansion
        && mistakes.iter().any(|it| is_of_body(it))
    {
        let others: Vec<_> = mistakes
            .iter()
            .filter(|it| !is_of_body(it))
            .cloned()
            .collect();
        if others.is_empty() {
            return;
        }
        rest = Expansion::Refused(others);
        expansion = &rest;
    }
    let (Expansion::Launcher(output), Expansion::Launcher(expected)) = (expansion, &expected)
    else {
        let is_like = expansion.is_like(&expected);
        assert!(
            is_like,
            "{}: {expansion:?}, without a body {expected:?}",
            shown(args, item)
        );
        return;
    };
    let again = pipeline::run(args, item);
    let (output, expected) = (written(output), written(expected));
    let again = written(&again);
    assert_eq!(output, again, "{} becomes this and that", shown(args, item));
    let body = written(&body.clone().into());
    let empty = flat(&quote!({}));
    let is_there = output.windows(body.len()).enumerate().any(|(at, window)| {
        let [before, behind] = [&output[..at], &output[at + body.len()..]];
        window == body && [before, &empty, behind].concat() == expected
    });
    assert!(is_there, "{} has not the body of it", shown(args, item));
}

fn is_of_body(mistake: &str) -> bool {
    mistake.starts_with("a format string cannot") || mistake.starts_with("the body cannot borrow")
}

/// Returns the tokens with the receiver called `self`, whatever the body calls its copy.
fn written(tokens: &TokenStream) -> Vec<String> {
    let renamed = this::name(Span::call_site()).to_string();
    let mut written = flat(tokens);
    for word in written.iter_mut().filter(|it| **it == renamed) {
        "self".clone_into(word);
    }
    written
}

/// Checks that the launcher has the name, generics and parameters of the function, and that nothing borrows.
pub(crate) fn check_function(args: &TokenStream, item: &TokenStream) {
    // The body may be something else than Rust, so it is replaced.
    let mut item = list(&strip(item));
    if item.last().is_some_and(|it| block(it).is_some()) {
        item.pop();
        item.push(Group::new(Delimiter::Brace, TokenStream::new()).into());
    }
    let item = stream(&item);
    let Expansion::Launcher(output) = expand(args, &item) else {
        return;
    };
    let [function, launcher] = [item.clone(), output].map(|it| {
        let function = syn::parse2::<ImplItemFn>(it.clone());
        function.unwrap_or_else(|error| panic!("{}: {error}:\n{it}", shown(args, &item)))
    });
    let [before, after] = [&function.sig, &launcher.sig].map(in_common);
    assert_eq!(before, after, "{}", shown(args, &item));
    assert!(!borrowed::any(&function.sig), "{}", shown(args, &item));
}

/// Returns the parts of a signature that launcher and function must share.
fn in_common(sig: &Signature) -> Vec<Vec<String>> {
    let inputs = sig.inputs.iter().map(|it| match it {
        FnArg::Receiver(it) => {
            let mut receiver = it.clone();
            if receiver.attrs.iter().any(|it| it.path().is_ident("own")) {
                // `mut` belongs to the body's variable.
                receiver.mutability = None;
            }
            receiver.attrs.clear();
            receiver.into_token_stream()
        }
        FnArg::Typed(it) => it.ty.to_token_stream(),
    });
    let rest = [
        sig.abi.to_token_stream(),
        sig.ident.to_token_stream(),
        sig.generics.to_token_stream(),
        sig.generics.where_clause.to_token_stream(),
    ];
    inputs.chain(rest).map(|it| flat(&it)).collect()
}

/// Returns the item with an empty body, and the body. Inner attributes that belong to the function stay with it.
fn without_body(item: &TokenStream) -> Option<(TokenStream, TokenTree)> {
    let mut tokens = list(&strip(item));
    let body = tokens.pop()?;
    let inside = list(&block(&body)?.stream());
    let mut end = 0;
    while let [pound, bang, TokenTree::Group(brackets), ..] = &inside[end..]
        && is_punct(pound, '#')
        && is_punct(bang, '!')
        && brackets.delimiter() == Delimiter::Bracket
    {
        end += 3;
    }
    // Tokens that begin like an attribute, but are none, are left to the compiler.
    if Attribute::parse_inner
        .parse2(stream(&inside[..end]))
        .is_err()
    {
        end = 0;
    }
    let (attributes, rest) = inside.split_at(end);
    let braces = |inside: &[TokenTree]| Group::new(Delimiter::Brace, stream(inside)).into();
    tokens.push(braces(attributes));
    let body = if end > 0 { braces(rest) } else { body };
    Some((stream(&tokens), body))
}

pub(crate) fn shown(args: &TokenStream, item: &TokenStream) -> String {
    let [args, item] = [args, item].map(notation::write);
    format!("#[fire_and_forget({args})] {item}")
}

/// Returns the tokens as a list that is equal if the compiler sees the same tokens.
pub(crate) fn flat(tokens: &TokenStream) -> Vec<String> {
    let mut flat = Vec::new();
    flatten(tokens, &mut flat);
    flat
}

fn flatten(tokens: &TokenStream, into: &mut Vec<String>) {
    for token in tokens.clone() {
        match token {
            TokenTree::Group(group) => {
                into.push(format!("{:?}", group.delimiter()));
                flatten(&group.stream(), into);
                into.push("end".to_owned());
            }
            token => into.push(token.to_string()),
        }
    }
}

fn is_word(token: &TokenTree, expected: &str) -> bool {
    matches!(token, TokenTree::Ident(word) if word == expected)
}

/// Returns the group with these delimiters.
fn group(token: &TokenTree, delimiter: Delimiter) -> Option<&Group> {
    match token {
        TokenTree::Group(group) if group.delimiter() == delimiter => Some(group),
        _ => None,
    }
}

fn list(tokens: &TokenStream) -> Vec<TokenTree> {
    tokens.clone().into_iter().collect()
}

fn stream(tokens: &[TokenTree]) -> TokenStream {
    tokens.iter().cloned().collect()
}
