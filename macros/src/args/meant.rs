//! What was probably meant by a word that is no option, or no value of one.

use proc_macro2::{TokenStream, TokenTree};

use crate::args::{BUILT_INS, KEYS, POLICIES, TRACES, example};
use crate::diag::{did_you_mean, one_of};

/// What a word is, if it is no option.
pub(super) struct Other {
    pub(super) wrong: String,
    pub(super) help: String,
}

/// Explains a word that stands where an option is expected.
pub(super) fn option(name: &str, value: Option<&TokenStream>) -> Other {
    if let Some(backend) = setting_of(name) {
        return setting(name, value, backend);
    }
    let help = if let Some(help) = synonym(name, &ELSEWHERE) {
        help.to_owned()
    } else if value.is_none() && BUILT_INS.contains(&name) {
        format!("write `backend = \"{name}\"`")
    } else if value.is_none() && POLICIES.contains(&name) {
        format!("write `on_full = \"{name}\"`")
    } else if value.is_none() && is_static(name) {
        format!("write `backend = {name}`, if this is the static to launch on")
    } else if let Some(key) = synonym(name, &OPTIONS).or_else(|| did_you_mean(name, &KEYS)) {
        format!("did you mean `{key}`? {}", example(key))
    } else {
        format!("write one of {}", one_of(&KEYS))
    };
    Other {
        wrong: format!("unknown option `{name}`"),
        help,
    }
}

/// The built-in backend that goes by another name elsewhere.
pub(super) fn backend(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    synonym(&name, &BACKENDS).or_else(|| did_you_mean(&name, &BUILT_INS))
}

/// The policy that goes by another name elsewhere.
pub(super) fn policy(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    synonym(&name, &ON_FULL).or_else(|| did_you_mean(&name, &POLICIES))
}

/// What a span is, where it goes by another name elsewhere.
pub(super) fn trace(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    synonym(&name, &SPANS).or_else(|| did_you_mean(&name, &TRACES))
}

/// `MAIL`: no option looks like it.
fn is_static(name: &str) -> bool {
    name.chars().all(|it| !it.is_lowercase())
}

/// Words, and what they are called here; or what to do instead.
type Synonyms = (&'static [&'static str], &'static str);

fn synonym(name: &str, synonyms: &[Synonyms]) -> Option<&'static str> {
    let (_, meant) = synonyms.iter().find(|(words, _)| words.contains(&name))?;
    Some(meant)
}

const OPTIONS: [Synonyms; 7] = [
    (
        &[
            "executor", "on", "pool", "runtime", "spawn", "spawner", "thread", "tokio",
        ],
        "backend",
    ),
    (
        &["on_overflow", "overflow", "policy", "when_full"],
        "on_full",
    ),
    (
        &[
            "concurrency",
            "limit",
            "max",
            "max_concurrency",
            "max_concurrent",
        ],
        "max_in_flight",
    ),
    (&["id", "label", "task_name"], "name"),
    (
        &[
            "error_handler",
            "handler",
            "on_err",
            "on_fail",
            "on_failure",
        ],
        "on_error",
    ),
    (&["instrument", "span", "spans", "tracing"], "trace"),
    (&["crate_path", "krate", "path"], "crate"),
];

const BACKENDS: [Synonyms; 3] = [
    (
        &[
            "blocking",
            "rayon",
            "spawn_blocking",
            "thread-pool",
            "thread_pool",
            "threadpool",
            "workers",
        ],
        "pool",
    ),
    (
        &["new_thread", "os", "os_thread", "std", "std::thread"],
        "thread",
    ),
    (
        &["async", "green", "runtime", "spawn", "task", "tokio::spawn"],
        "tokio",
    ),
];

const ON_FULL: [Synonyms; 4] = [
    (
        &["discard", "drop_newest", "drop_new", "ignore", "skip"],
        "drop",
    ),
    (&["err", "error", "fail", "return"], "reject"),
    (&["backpressure", "wait"], "block"),
    (
        &["caller", "inline", "run", "run_in_caller", "sync"],
        "caller_runs",
    ),
];

const SPANS: [Synonyms; 4] = [
    (
        &[
            "auto",
            "follow",
            "follows_from",
            "link",
            "linked",
            "on",
            "true",
        ],
        "follows",
    ),
    (&["current", "inherit", "nested", "parent"], "child"),
    (&["detached", "new", "separate"], "root"),
    (&["disabled", "false", "never", "no", "none", "skip"], "off"),
];

/// What is asked for in vain, and where it is to be had.
const ELSEWHERE: [Synonyms; 5] = [
    (
        &["attempts", "max_retries", "retries", "retry"],
        "a launch runs once: try again inside the body",
    ),
    (
        &["deadline", "timeout"],
        "a launch is never cut off: watch the time inside the body, with `tokio::time::timeout` for example",
    ),
    (
        &["priority"],
        "launches run in their order: put what must not wait on a `Pool` of its own",
    ),
    (
        &["cron", "delay", "every", "interval", "schedule"],
        "a launch starts as soon as it can: wait inside the body, or before the call",
    ),
    (
        &["on_panic", "panic"],
        "a panic is reported as any other failure: `set_observer` says to whom",
    ),
];

/// The type of the backends that a word is a setting of.
fn setting_of(name: &str) -> Option<&'static str> {
    match name {
        "drop_oldest" | "keep_alive" | "queue" | "threads" => Some("Pool"),
        "max_threads" | "stack_size" => Some("Threads"),
        _ => None,
    }
}

fn setting(name: &str, value: Option<&TokenStream>, backend: &str) -> Other {
    let value: Vec<TokenTree> = value.cloned().into_iter().flatten().collect();
    let argument = match (name, value.as_slice()) {
        ("drop_oldest", _) => String::new(),
        ("keep_alive", _) => "Duration::from_secs(10)".to_owned(),
        (_, [TokenTree::Literal(literal)]) => literal.to_string(),
        _ => "4".to_owned(),
    };
    Other {
        wrong: format!("`{name}` is a setting of `{backend}`, and not of a function"),
        help: format!(
            "declare `static MAIL: {backend} = {backend}::new(\"mail\").{name}({argument});` and write `backend = MAIL`"
        ),
    }
}
