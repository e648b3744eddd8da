//! Tests of the arguments: every option in every order, and each mistake.

use proc_macro2::{Delimiter, Group, TokenTree};
use quote::ToTokens;

use super::*;
use crate::fuzz::soundness::flat;
use crate::pipeline::tests::errors;

const OPTIONS: [&str; 13] = [
    "backend = \"thread\"",
    "daemon",
    "restart = \"always\"",
    "on_full = \"reject\"",
    "max_in_flight = A * 2",
    "name = \"n\"",
    "context = a::b<C, 3>, D",
    "on_error = <T as X<A, B>>::f::<C, D>",
    "trace = \"child\"",
    "queue = a::QUEUE",
    "attempts = 1 + N",
    "timeout = Duration::from_secs(f::<A, B>())",
    "crate = crate::a",
];

fn parse(args: &str) -> (Args, Vec<String>) {
    parse_tokens(args.parse().expect("tokens"))
}

fn parse_tokens(args: TokenStream) -> (Args, Vec<String>) {
    let mut mistakes = Mistakes::default();
    let args = Args::parse(args, &mut mistakes);
    (args, errors(&mistakes.beside(TokenStream::new())))
}

fn is_set(args: &Args) -> [bool; 13] {
    [
        args.backend.is_some(),
        args.daemon.is_some(),
        args.restart.is_some(),
        args.on_full.is_some(),
        args.max_in_flight.is_some(),
        args.name.is_some(),
        args.context.is_some(),
        args.on_error.is_some(),
        args.trace.is_some(),
        args.queue.is_some(),
        args.attempts.is_some(),
        args.timeout.is_some(),
        args.krate.is_some(),
    ]
}

#[test]
fn options_are_read_in_any_order() {
    assert_eq!(OPTIONS.len(), table::TABLE.len(), "one of each");
    for (first, a) in OPTIONS.iter().enumerate() {
        for (second, b) in OPTIONS.iter().enumerate().filter(|(it, _)| *it != first) {
            for comma in ["", ","] {
                let (args, errors) = parse(&format!("{a}, {b}{comma}"));
                assert_eq!(errors, [""; 0], "{a}, {b}");
                let expected = std::array::from_fn(|it| it == first || it == second);
                assert_eq!(is_set(&args), expected, "{a}, {b}");
            }
        }
    }
}

#[test]
fn an_option_given_twice_is_one_mistake() {
    for a in OPTIONS {
        let key = a.split(' ').next().expect("a key");
        let expected = [format!("`{key}` is given twice")];
        assert_eq!(parse(&format!("{a}, {a}")).1, expected);
        for b in OPTIONS.iter().filter(|it| **it != a) {
            for order in [[a, a, b], [a, b, a], [b, a, a]] {
                assert_eq!(parse(&order.join(", ")).1, expected, "{order:?}");
            }
        }
    }
}

#[test]
fn mistakes_and_their_words() {
    for (args, expected) in MISTAKES {
        assert_eq!(parse(args).1, [*expected], "{args}");
    }
}

#[test]
fn what_was_probably_meant() {
    for (args, expected) in REMEDIES {
        let mut mistakes = Mistakes::default();
        Args::parse(args.parse().expect("tokens"), &mut mistakes);
        let found = mistakes.beside(TokenStream::new()).to_string();
        let found = found.replace("\\\"", "\"");
        assert!(found.contains(expected), "{args}: {found}");
    }
}

#[test]
fn every_mistake_is_reported() {
    let (args, errors) = parse("backend = \"pol\" on_ful = 3, name = 4, on_full = \"drop\"");
    assert_eq!(errors.len(), 4, "{errors:?}");
    assert!(args.on_full.is_some());
}

#[test]
fn values_keep_their_tokens() {
    for limit in [
        "8",
        "A",
        "a < b",
        "f::<A, B>(c, d)",
        "if a { b } else { c }",
        "N * (2, 3).0",
        "a == b",
    ] {
        let (args, errors) = parse(&format!("max_in_flight = {limit}, name = \"n\""));
        assert_eq!(errors, [""; 0], "{limit}");
        let value = args
            .max_in_flight
            .expect("a limit")
            .value
            .0
            .to_token_stream();
        let expected: TokenStream = limit.parse().expect("tokens");
        assert_eq!(flat(&value), flat(&expected));
        assert!(args.name.is_some());
    }
}

#[test]
fn a_backend_may_be_an_expression() {
    for backend in [
        "self.pool",
        "pool_of(&tenant)",
        "&MAIL",
        "*tenant.pool",
        "{ let it = tenant; it.pool }",
        "if a < b { a } else { b }",
        "match x { A => &B, _ => c::d::<E, F>() }",
        "pools[index]",
    ] {
        let (args, errors) = parse(&format!("backend = {backend}, name = \"n\""));
        assert_eq!(errors, [""; 0], "{backend}");
        let Some(Backend::Chosen(value)) = args.backend.map(|it| it.value) else {
            panic!("{backend} is an expression");
        };
        let expected: TokenStream = backend.parse().expect("tokens");
        assert_eq!(flat(&value.to_token_stream()), flat(&expected));
        assert!(args.name.is_some());
    }
}

#[test]
fn contexts_go_on_until_the_next_option() {
    for (args, expected) in [
        ("context = Tenant", "Tenant"),
        ("context = Tenant,", "Tenant"),
        ("context = Tenant, Request, name = \"n\"", "Tenant Request"),
        ("context = Tenant, name = \"n\"", "Tenant"),
        ("context = tenant, name = \"n\"", "tenant"),
        (
            "context = a::tenant, ::b::request, Ids<u8, C>, name = \"n\",",
            "a::tenant ::b::request Ids<u8,C>",
        ),
        ("context = (Tenant, b::Request)", "Tenant b::Request"),
        (
            "context = [Tenant, Request,], name = \"n\"",
            "Tenant Request",
        ),
        ("context = (a::Ids<u8, C>, Request)", "a::Ids<u8,C> Request"),
        ("context = (Tenant), name = \"n\"", "Tenant"),
        ("context = Tenant, __last", "Tenant"),
    ] {
        let (read, errors) = parse(args);
        assert_eq!(errors, [""; 0], "{args}");
        let paths = read.context.expect("contexts").value.0;
        let paths = paths.iter().map(|it| it.to_token_stream().to_string());
        let paths: Vec<_> = paths.map(|it| it.replace(' ', "")).collect();
        assert_eq!(paths.join(" "), expected, "{args}");
        assert_eq!(read.name.is_some(), args.contains("name"), "{args}");
        assert_eq!(read.is_last, args.contains(LAST), "{args}");
    }
}

#[test]
fn fragments_are_looked_into() {
    let invisible = |tokens: &str| {
        let tokens = tokens.parse().expect("tokens");
        TokenTree::Group(Group::new(Delimiter::None, tokens))
    };
    let option = |key: &str, value: TokenTree| {
        let mut tokens: TokenStream = format!("{key} =").parse().expect("tokens");
        tokens.extend([value]);
        parse_tokens(tokens).1
    };
    assert_eq!(option("backend", invisible("\"pool\"")), [""; 0]);
    assert_eq!(option("backend", invisible("a::B")), [""; 0]);
    assert_eq!(option("backend", invisible("self.pool")), [""; 0]);
    assert_eq!(option("backend", invisible("5")).len(), 1);
    assert_eq!(option("max_in_flight", invisible("0")).len(), 1);
    assert_eq!(option("max_in_flight", invisible("1 + 1")), [""; 0]);
    assert_eq!(option("on_full", invisible("\"reject\"")), [""; 0]);
    assert_eq!(option("name", invisible("\"n\"")), [""; 0]);
    assert_eq!(option("on_error", invisible("<A as B>::c")), [""; 0]);
    assert_eq!(option("context", invisible("a::B")), [""; 0]);
    assert_eq!(option("context", invisible("A<B>")), [""; 0]);
    assert_eq!(option("trace", invisible("\"off\"")), [""; 0]);
    assert_eq!(option("queue", invisible("\"\"")).len(), 1);
    assert_eq!(option("attempts", invisible("0")).len(), 1);
    assert_eq!(option("timeout", invisible("30")).len(), 1);
    assert_eq!(option("crate", invisible("crate::a")), [""; 0]);
    let whole = TokenStream::from(invisible("backend = \"pool\""));
    assert_eq!(parse_tokens(whole).1, [""; 0]);
}

const BACKEND: &str = "`backend` takes a string, a path or a `&'static` reference to a backend";
const ANEW: &str = "this expression leaks a new backend at every launch";
const NAME: &str = "`name` takes a string or a constant string";
const QUEUE: &str = "`queue` takes a string or a constant string";
const ATTEMPTS: &str = "`attempts` takes a number of attempts: a `u32`";
const DURATION: &str = "`timeout` takes a `Duration`";
const CONTEXT: &str = "`context` takes the paths of types";
const NUMBER: &str = "`max_in_flight` takes a number of launches: a `usize`";

/// Arguments, and the first paragraph of the one error.
const MISTAKES: &[(&str, &str)] = &[
    ("bakend = \"pool\"", "unknown option `bakend`"),
    ("pool", "unknown option `pool`"),
    ("color = \"red\"", "unknown option `color`"),
    ("\"pool\"", "an option starts with its name"),
    ("backend", "`backend` needs a value"),
    ("backend =", "`backend` needs a value"),
    ("backend = , name = \"n\"", "`backend` needs a value"),
    ("backend(\"pool\")", "expected `=` after `backend`"),
    ("backend == \"pool\"", "expected `=` after `backend`"),
    ("backend: \"pool\"", "expected `=` after `backend`"),
    (
        "backend = \"pool\" name = \"n\"",
        "missing `,` before `name`",
    ),
    (
        "max_in_flight = N name = \"n\"",
        "missing `,` before `name`",
    ),
    (
        "max_in_flight = f() crate = a",
        "missing `,` before `crate`",
    ),
    (
        "backend = \"pool\" \"tokio\"",
        "unexpected `\"tokio\"` after the value",
    ),
    (", name = \"n\"", "an option is missing before this `,`"),
    (
        "name = \"n\",, backend = A",
        "an option is missing before this `,`",
    ),
    ("backend = \"pol\"", "unknown built-in backend `\"pol\"`"),
    ("backend = 5", BACKEND),
    ("backend = true", BACKEND),
    ("backend = b\"pool\"", BACKEND),
    ("backend = |x| x", BACKEND),
    ("backend = Pool::new(\"x\").leak()", ANEW),
    ("backend = Pool::leak(pool())", ANEW),
    ("daemon = true", "`daemon` takes no value"),
    ("daemon =", "`daemon` takes no value"),
    (
        "daemon(true)",
        "expected `,` after `daemon`, which takes no value",
    ),
    ("daemon backend = \"pool\"", "missing `,` before `backend`"),
    ("daemon, daemon", "`daemon` is given twice"),
    (
        "restart = \"never\"",
        "unknown value `\"never\"` for `restart`",
    ),
    ("restart = true", "`restart` takes a string"),
    ("restart", "`restart` needs a value"),
    (
        "on_full = \"wait\"",
        "unknown value `\"wait\"` for `on_full`",
    ),
    ("on_full = reject", "`on_full` takes a string"),
    ("on_full = 1", "`on_full` takes a string"),
    (
        "max_in_flight = 0",
        "`max_in_flight = 0` would refuse every launch",
    ),
    (
        "max_in_flight = 0_usize",
        "`max_in_flight = 0` would refuse every launch",
    ),
    (
        "max_in_flight = 1u8",
        "`max_in_flight` is a `usize`, not a `u8`",
    ),
    ("max_in_flight = 1.5", NUMBER),
    ("max_in_flight = \"1\"", NUMBER),
    ("max_in_flight = -1", NUMBER),
    ("max_in_flight = true", NUMBER),
    ("name = \" \"", "`name` is empty"),
    ("name = mail", NAME),
    ("name = 5", NAME),
    ("name = |x| x", NAME),
    (
        "on_error = |e| drop(e)",
        "`on_error` takes the path of a function",
    ),
    (
        "on_error = \"f\"",
        "`on_error` takes the path of a function",
    ),
    ("context = Tenant, tenant", "unknown option `tenant`"),
    ("context = \"Tenant\"", CONTEXT),
    (
        "context = Tenant, \"Request\"",
        "an option starts with its name",
    ),
    ("context = Tenant::capture()", CONTEXT),
    ("context = |it| it", CONTEXT),
    ("context = <A as B>::C", CONTEXT),
    ("context = (Tenant, 5)", CONTEXT),
    ("context = ()", "`context` names no type"),
    ("context = []", "`context` names no type"),
    ("context = Tenant name = \"n\"", "missing `,` before `name`"),
    ("pool(\"mail\")", "unknown option `pool`"),
    ("on-full = \"drop\"", "unknown option `on-full`"),
    ("pools::MAIL", "an option starts with its name"),
    ("backend => \"pool\"", "expected `=` after `backend`"),
    (
        "backend = MAIL;",
        "options are separated by `,`, not by `;`",
    ),
    (
        "backend = MAIL; name = \"n\"",
        "options are separated by `,`, not by `;`",
    ),
    ("backend = MAIL now", "unexpected `now` after the value"),
    (
        "on_error = <T as X<A>>::f \"now\"",
        "unexpected `\"now\"` after the value",
    ),
    ("deadline = 5 * SECOND now", "unknown option `deadline`"),
    ("queue = \" \"", "`queue` is empty"),
    ("queue = mail", QUEUE),
    ("queue = 10", QUEUE),
    ("attempts = 0", "`attempts = 0` would never run the body"),
    ("attempts = 5usize", "`attempts` is a `u32`, not a `usize`"),
    ("attempts = \"5\"", ATTEMPTS),
    ("attempts = -1", ATTEMPTS),
    ("timeout = 30", DURATION),
    ("timeout = \"30s\"", DURATION),
    ("timeout = || SECOND", DURATION),
    ("backend = \"\"", "`backend` is empty"),
    (
        "threads = 4",
        "`threads` is a setting of `Pool`, not of a function",
    ),
    (
        "stack_size",
        "`stack_size` is a setting of `Threads`, not of a function",
    ),
    (
        "trace = \"parent\"",
        "unknown value `\"parent\"` for `trace`",
    ),
    ("trace = off", "`trace` takes a string"),
    ("trace = false", "`trace` takes a string"),
    ("trace = 0", "`trace` takes a string"),
    ("crate = \"a\"", "`crate` takes a path"),
    ("crate = <A as B>::c", "`crate` takes a path"),
    ("crate = a::B::<u8>", "`crate` takes a path"),
];

/// Arguments, and a part of the second paragraph.
const REMEDIES: &[(&str, &str)] = &[
    ("bakend = \"pool\"", "did you mean `backend`?"),
    ("executor = \"tokio\"", "did you mean `backend`?"),
    ("limit = 4", "`max_in_flight = 100`"),
    ("color = \"red\"", "write one of `backend`, "),
    ("pool", "write `backend = \"pool\"`"),
    ("\"pool\"", "write `backend = \"pool\"`"),
    ("\"block\"", "write `on_full = \"block\"`"),
    ("\"mail\"", "`name = \"mail\"`"),
    ("reject", "write `on_full = \"reject\"`"),
    ("MAIL", "write `backend = MAIL`"),
    ("self::pools::MAIL", "write `backend = self::pools::MAIL`"),
    ("max-in-flight = 1", "write `max_in_flight`"),
    ("daemon = false", "write `daemon` alone, or remove it"),
    ("deamon", "did you mean `daemon`? write `daemon`"),
    ("service", "did you mean `daemon`?"),
    (
        "restart = \"on_error\"",
        "write `restart = \"on_failure\"` or `\"always\"`",
    ),
    ("always", "write `restart = \"always\"`"),
    ("loop", "did you mean `daemon`?"),
    ("retries = 3", "retry inside the body"),
    (
        "threads = 4",
        "`static MAIL: Pool = Pool::new(\"mail\").threads(4);`",
    ),
    (
        "drop_oldest",
        "`static MAIL: Pool = Pool::new(\"mail\").drop_oldest();`",
    ),
    (
        "stack_size = 1 << 20",
        "`static MAIL: Threads = Threads::new(\"mail\").stack_size(1 << 20);`",
    ),
    ("backend = \"POOL\"", "did you mean `\"pool\"`?"),
    ("backend = \"rayon\"", "`fire_and_forget::guide::executors`"),
    (
        "backend = \"async_std\"",
        "`fire_and_forget::guide::executors`",
    ),
    ("backend = \"Smol\"", "`fire_and_forget::guide::executors`"),
    ("rayon", "`fire_and_forget::guide::executors`"),
    (
        "queue = 10",
        "`static MAIL: Pool = Pool::new(\"mail\").queue(1024);`",
    ),
    ("priority = 1", "a `Pool` of their own"),
    ("delay = 1", "before the call"),
    ("deadline = 1", "use `tokio::time::timeout` inside the body"),
    ("timeout = 5", "write `timeout = Duration::from_secs(30)`"),
    ("tries = 5", "did you mean `attempts`?"),
    ("attempts = 5usize", "write `attempts = 5`"),
    ("attempts = -1", "the default is 5"),
    ("queue = mail", "write `queue = \"mail\"`, or "),
    ("durable", "write `backend = \"durable\"`"),
    ("backend = \"sqlite\"", "did you mean `\"durable\"`?"),
    ("name = mail", "write `name = \"mail\"`, or "),
    ("backend = \"mail\"", "write `backend = mail` for a static"),
    ("backend = 5", "`backend = self.pool`"),
    ("backend = pool().leak()", "call `leak` once"),
    ("on_full = \"wait\"", "did you mean `\"block\"`?"),
    (
        "on_full = \"drop_oldest\"",
        "`static MAIL: Pool = Pool::new(\"mail\").drop_oldest();`",
    ),
    ("on_full = OnFull::Reject", "write `on_full = \"reject\"`"),
    ("max_in_flight = \"5\"", "`max_in_flight = 5`"),
    ("max_in_flight = 5u32", "`max_in_flight = 5`"),
    ("span = \"root\"", "did you mean `trace`?"),
    ("trace = \"parent\"", "did you mean `\"child\"`?"),
    ("trace = \"folows\"", "did you mean `\"follows\"`?"),
    ("trace = false", "did you mean `\"off\"`?"),
    ("trace = Trace::Root", "write `trace = \"root\"`"),
    ("trace = 0", "write `trace = \"follows\"`, "),
    ("on_error = \"a::b\"", "`on_error = a::b`"),
    ("on_error = f()", "without calling it"),
    ("context = \"a::B\"", "`context = a::B`"),
    ("context = Tenant::capture()", "without calling it"),
    ("context = 5", "`context = Tenant, RequestId`"),
    ("task_local = TENANT", "did you mean `context`?"),
];
