//! The values of the options, one reader for each kind.

use proc_macro2::{Delimiter, Literal, TokenStream, TokenTree};

use crate::args::{BUILT_INS, Backend, BuiltIn, OnFull, POLICIES, TRACES, Trace, example, meant};
use crate::diag::Mistakes;
use crate::tokens::{Path, is_punct, strip};

pub(super) fn backend(written: &TokenStream, mistakes: &mut Mistakes) -> Option<Backend> {
    let tokens = strip(written);
    if let Some(name) = string(&tokens) {
        let built_in = match name.as_str() {
            "thread" => BuiltIn::Thread,
            "pool" => BuiltIn::Pool,
            "tokio" => BuiltIn::Tokio,
            _ => {
                let help = match meant::backend(&name) {
                    Some(meant) => format!("did you mean `\"{meant}\"`? {BACKENDS}"),
                    None if is_path_text(&name) => {
                        format!("write `backend = {name}` if it is a static of yours; {BUILT_IN}")
                    }
                    None => BACKENDS.to_owned(),
                };
                let wrong = match name.as_str() {
                    "" => "the name of the backend is empty".to_owned(),
                    name => format!("no built-in backend is called `{name}`"),
                };
                mistakes.over(written, &wrong, &help);
                return None;
            }
        };
        return Some(Backend::BuiltIn(built_in));
    }
    if !is_path(&tokens) {
        let (wrong, help) = not_a_backend(&tokens);
        mistakes.over(written, &wrong, &help);
        return None;
    }
    if let Some(word) = word(&tokens)
        && BUILT_INS.contains(&word.as_str())
    {
        let wrong = format!("the built-in backend `{word}` is written as a string");
        let help = format!(
            "write `backend = \"{word}\"`; a static of that name is written with its module: `self::{word}`"
        );
        mistakes.over(written, &wrong, &help);
        return None;
    }
    Some(Backend::Static(tokens))
}

/// What is wrong with a value that is neither a string nor a path, and the remedy.
fn not_a_backend(tokens: &TokenStream) -> (String, String) {
    let mut iter = tokens.clone().into_iter();
    let prefix = iter
        .next()
        .filter(|it| is_punct(it, '&') || is_punct(it, '*'));
    let rest: TokenStream = iter.collect();
    if let Some(prefix) = prefix
        && is_path(&rest)
    {
        let path = rest.to_string().replace(' ', "");
        return (
            format!("`backend` takes a path alone, without a `{prefix}`"),
            format!("write `backend = {path}`"),
        );
    }
    if is_call(tokens) {
        return (
            "`backend` takes the path of a static: a call would make a new backend at every launch"
                .to_owned(),
            "declare `static MAIL: Pool = Pool::new(\"mail\");` and write `backend = MAIL`"
                .to_owned(),
        );
    }
    (
        "`backend` takes a string or a path".to_owned(),
        BACKENDS.to_owned(),
    )
}

const BACKENDS: &str = "write `\"thread\"`, `\"pool\"`, `\"tokio\"`, or the path of a static that implements `Backend`";
const BUILT_IN: &str = "built in are `\"thread\"`, `\"pool\"` and `\"tokio\"`";

pub(super) fn on_full(written: &TokenStream, mistakes: &mut Mistakes) -> Option<OnFull> {
    let tokens = strip(written);
    if let Some(name) = string(&tokens) {
        match name.as_str() {
            "drop" => return Some(OnFull::Drop),
            "reject" => return Some(OnFull::Reject),
            "block" => return Some(OnFull::Block),
            "caller_runs" => return Some(OnFull::CallerRuns),
            _ => {}
        }
        let wrong = format!("`on_full` cannot be `\"{name}\"`");
        let help = match meant::policy(&name) {
            // Of the pool, and not of the function.
            _ if name == "drop_oldest" => meant::option(&name, None).help,
            Some(meant) => format!("did you mean `\"{meant}\"`? {CHOICES}"),
            None => CHOICES.to_owned(),
        };
        mistakes.over(written, &wrong, &help);
    } else if let Some(word) = last_word(&tokens).filter(|it| POLICIES.contains(&it.as_str())) {
        let wrong = "`on_full` takes a string";
        mistakes.over(written, wrong, &format!("write `on_full = \"{word}\"`"));
    } else {
        mistakes.over(written, "`on_full` takes a string", CHOICES);
    }
    None
}

const CHOICES: &str = "write `\"drop\"`, `\"reject\"`, `\"block\"` or `\"caller_runs\"`";

pub(super) fn limit(written: &TokenStream, mistakes: &mut Mistakes) -> Option<TokenStream> {
    let tokens = strip(written);
    let not_a_number = "`max_in_flight` takes a number of launches, a `usize`";
    match literal(&tokens).map(|it| Value::of(&it)) {
        Some(Value::Int { digits, suffix }) => {
            if digits == "0" {
                let wrong = "`max_in_flight = 0` would refuse every launch";
                mistakes.over(written, wrong, &format!("allow at least one; {UNLIMITED}"));
                return None;
            }
            if !matches!(suffix.as_str(), "" | "usize") {
                let wrong = format!("`max_in_flight` is a `usize`, and not a `{suffix}`");
                let help = format!("write `max_in_flight = {digits}`");
                mistakes.over(written, &wrong, &help);
                return None;
            }
        }
        Some(Value::Text(text)) if text.parse::<usize>().is_ok() => {
            let help = format!("write it without quotes: `max_in_flight = {text}`");
            mistakes.over(written, not_a_number, &help);
            return None;
        }
        Some(_) => {
            mistakes.over(written, not_a_number, example("max_in_flight"));
            return None;
        }
        None if is_negative(&tokens) => {
            let help = format!("{}; {UNLIMITED}", example("max_in_flight"));
            mistakes.over(written, not_a_number, &help);
            return None;
        }
        None if is_bool(&tokens) => {
            mistakes.over(written, not_a_number, example("max_in_flight"));
            return None;
        }
        None => {}
    }
    // With the fragment's invisible group, which keeps an `$e:expr` together.
    Some(written.clone())
}

const UNLIMITED: &str = "without this option, the backend alone sets a limit";

pub(super) fn name(written: &TokenStream, mistakes: &mut Mistakes) -> Option<Literal> {
    let tokens = strip(written);
    match string(&tokens) {
        Some(name) if name.trim().is_empty() => {
            let wrong = "the name is empty";
            let help = "reports and the ledger need a name to show; without this option it is the path of the function";
            mistakes.over(written, wrong, help);
            None
        }
        Some(_) => literal(&tokens),
        None => {
            let help = match word(&tokens) {
                Some(word) => format!("write `name = \"{word}\"`; a constant is not looked up"),
                None => example("name").to_owned(),
            };
            mistakes.over(written, "`name` takes a string literal", &help);
            None
        }
    }
}

pub(super) fn handler(written: &TokenStream, mistakes: &mut Mistakes) -> Option<TokenStream> {
    let tokens = strip(written);
    if is_path(&tokens) {
        return Some(tokens);
    }
    let help = match string(&tokens) {
        Some(text) if is_path_text(&text) => {
            format!("write it without quotes: `on_error = {text}`")
        }
        _ if is_call(&tokens) => {
            "name the function without calling it: `on_error = alert`".to_owned()
        }
        _ => "put the code into a function, `fn alert(error: E)`, and write `on_error = alert`"
            .to_owned(),
    };
    mistakes.over(written, "`on_error` takes the path of a function", &help);
    None
}

pub(super) fn trace(written: &TokenStream, mistakes: &mut Mistakes) -> Option<Trace> {
    let tokens = strip(written);
    let (wrong, name) = if let Some(name) = string(&tokens) {
        match name.as_str() {
            "follows" => return Some(Trace::Follows),
            "child" => return Some(Trace::Child),
            "root" => return Some(Trace::Root),
            "off" => return Some(Trace::Off),
            _ => (format!("`trace` cannot be `\"{name}\"`"), Some(name)),
        }
    } else {
        ("`trace` takes a string".to_owned(), last_word(&tokens))
    };
    let help = match name {
        Some(name) if TRACES.contains(&name.as_str()) => format!("write `trace = \"{name}\"`"),
        Some(name) => match meant::trace(&name) {
            Some(meant) => format!("did you mean `\"{meant}\"`? {}", example("trace")),
            None => example("trace").to_owned(),
        },
        None => example("trace").to_owned(),
    };
    mistakes.over(written, &wrong, &help);
    None
}

pub(super) fn krate(written: &TokenStream, mistakes: &mut Mistakes) -> Option<TokenStream> {
    let tokens = strip(written);
    let is_module =
        |path: Path| !path.is_qualified && path.segments.iter().all(|it| it.arguments.is_none());
    if Path::read(&tokens).is_some_and(is_module) {
        return Some(tokens);
    }
    let help = match string(&tokens) {
        Some(text) if is_path_text(&text) => {
            format!("write it without quotes: `crate = {text}`")
        }
        _ => example("crate").to_owned(),
    };
    mistakes.over(written, "`crate` takes a path", &help);
    None
}

/// What a literal says, as far as an option asks.
enum Value {
    /// What stands between the quotes.
    Text(String),
    Int {
        /// Decimal, where the number is not too large.
        digits: String,
        suffix: String,
    },
    Other,
}

impl Value {
    fn of(literal: &Literal) -> Self {
        let text = literal.to_string();
        let unquoted = text
            .trim_start_matches('r')
            .trim_matches('#')
            .strip_prefix('"')
            .and_then(|it| it.strip_suffix('"'));
        if let Some(unquoted) = unquoted {
            return Self::Text(unquoted.to_owned());
        }
        if !text.starts_with(|it: char| it.is_ascii_digit()) {
            return Self::Other;
        }
        let (radix, rest) = match text.get(..2) {
            Some("0x") => (16, &text[2..]),
            Some("0o") => (8, &text[2..]),
            Some("0b") => (2, &text[2..]),
            _ => (10, text.as_str()),
        };
        let end = rest
            .find(|it: char| it != '_' && !it.is_digit(radix))
            .unwrap_or(rest.len());
        let (digits, suffix) = rest.split_at(end);
        if suffix.starts_with(['.', 'e', 'E']) {
            return Self::Other;
        }
        let digits = digits.replace('_', "");
        Self::Int {
            digits: u128::from_str_radix(&digits, radix).map_or(digits, |it| it.to_string()),
            suffix: suffix.to_owned(),
        }
    }
}

fn literal(tokens: &TokenStream) -> Option<Literal> {
    let mut tokens = tokens.clone().into_iter();
    match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Literal(literal)), None) => Some(literal),
        _ => None,
    }
}

fn string(tokens: &TokenStream) -> Option<String> {
    match Value::of(&literal(tokens)?) {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// The only token, if it is a word.
fn word(tokens: &TokenStream) -> Option<String> {
    let mut tokens = tokens.clone().into_iter();
    match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Ident(word)), None) => Some(word.to_string()),
        _ => None,
    }
}

/// The last token, if it is a word: `Reject` of `OnFull::Reject`, as it would be written here.
fn last_word(tokens: &TokenStream) -> Option<String> {
    match tokens.clone().into_iter().last()? {
        TokenTree::Ident(word) => Some(word.to_string().to_lowercase()),
        _ => None,
    }
}

/// `path::to(…)`
fn is_call(tokens: &TokenStream) -> bool {
    let mut tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let arguments = tokens.pop();
    let is_parenthesized =
        matches!(arguments, Some(TokenTree::Group(it)) if it.delimiter() == Delimiter::Parenthesis);
    let starts = matches!(tokens.first(), Some(TokenTree::Ident(_)));
    is_parenthesized && starts
}

/// `true` and `false` are words to the lexer, and literals to the user.
fn is_bool(tokens: &TokenStream) -> bool {
    word(tokens).is_some_and(|it| it == "true" || it == "false")
}

/// `-1` is two tokens, and one literal to the user.
fn is_negative(tokens: &TokenStream) -> bool {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    matches!(tokens.as_slice(), [sign, TokenTree::Literal(_)] if is_punct(sign, '-'))
}

fn is_path(tokens: &TokenStream) -> bool {
    Path::read(tokens).is_some()
}

fn is_path_text(text: &str) -> bool {
    text.parse().is_ok_and(|tokens| is_path(&tokens))
}
