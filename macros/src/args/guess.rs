//! Guesses what a user meant by a word that is no option, or no value of an option.

use self::Meant::{Instead, Setting, Word};
use crate::args::table::TABLE;
use crate::diag::{Wrong, one_of};

/// Words from other crates and tools, and what to write instead.
const ELSEWHERE: [(&str, Meant); 23] = [
    ("queue_size capacity buffer", Setting("Pool", "queue(1024)")),
    ("threads workers num_threads", Setting("Pool", "threads(4)")),
    (
        "keep_alive",
        Setting("Pool", "keep_alive(Duration::from_secs(10))"),
    ),
    ("drop_oldest", Setting("Pool", "drop_oldest()")),
    ("max_threads", Setting("Threads", "max_threads(64)")),
    ("stack_size", Setting("Threads", "stack_size(1 << 20)")),
    ("thread_name", Instead(THREAD_NAME)),
    ("local local_set localset spawn_local", Instead(LOCAL)),
    ("retries retry max_retries", Instead(RETRIES)),
    ("deadline", Instead(TIMEOUT)),
    ("priority", Instead(PRIORITY)),
    ("delay schedule cron every interval", Instead(DELAY)),
    ("on_panic panic", Instead(PANIC)),
    (
        "rayon smol async_std async-std async_executor async-executor glommio actix embassy",
        Instead(EXECUTOR),
    ),
    (
        "blocking spawn_blocking threadpool thread_pool thread-pool",
        Word("pool"),
    ),
    ("std os std::thread", Word("thread")),
    ("async task", Word("tokio")),
    (
        "persistent stored store job sqlite postgres database apalis",
        Word("durable"),
    ),
    ("wait backpressure", Word("block")),
    ("error err fail return", Word("reject")),
    ("discard ignore drop_newest", Word("drop")),
    ("parent inherit nested", Word("child")),
    ("false none disabled no", Word("off")),
];

const THREAD_NAME: &str = "write `name = \"mail\"`: on `\"thread\"`, a thread has the name of the function, and the threads of a `Pool` have the name of the pool";
const LOCAL: &str = "write `backend = \"tokio\"`, in a `LocalSet`, too: the launch is a task of the runtime, as `fire_and_forget::guide::questions` shows";
const RETRIES: &str = "retry inside the body, or write `backend = \"durable\", attempts = 5`";
const TIMEOUT: &str = "use `tokio::time::timeout` inside the body, or write `backend = \"durable\", timeout = Duration::from_secs(30)`";
const PRIORITY: &str = "a pool runs its launches in order: give urgent ones a `Pool` of their own";
const DELAY: &str = "a launch starts as soon as possible: wait inside the body, or before the call";
const PANIC: &str =
    "remove the option: a panic is reported to the observer that you set with `set_observer`";
const EXECUTOR: &str = "implement `Backend` for it, as `fire_and_forget::guide::executors` shows, and name your static: `backend = EXECUTOR`";

/// What to write instead of a word.
#[derive(Clone, Copy)]
enum Meant {
    /// Another word.
    Word(&'static str),
    /// A backend with this setting: its type, and the call.
    Setting(&'static str, &'static str),
    /// An advice.
    Instead(&'static str),
}

/// Explains a word in the place of an option.
pub(super) fn option(name: &str, has_value: bool) -> Wrong {
    let unknown = format!("unknown option `{name}`");
    let takes = |word: &str| {
        TABLE
            .iter()
            .find(|it| !has_value && it.words.contains(&word))
    };
    let called = || TABLE.iter().find(|it| it.mistaken.contains(&name));
    let keys: Vec<_> = TABLE.iter().map(|it| it.key).collect();
    let close = || {
        TABLE
            .iter()
            .find(|it| Some(it.key) == did_you_mean(name, &keys))
    };
    match elsewhere(name) {
        Some(Setting(backend, call)) => {
            let wrong = format!("`{name}` is a setting of `{backend}`, not of a function");
            return Wrong::new(wrong, declare(backend, call));
        }
        Some(Instead(help)) => return Wrong::new(unknown, help),
        Some(Word(_)) | None => {}
    }
    let help = if let Some(entry) = takes(name) {
        format!("write `{} = \"{name}\"`", entry.key)
    } else if !has_value && name.chars().all(|it| !it.is_lowercase()) {
        format!("write `backend = {name}`, if this is the static to launch on")
    } else if let Some(entry) = called().or_else(close) {
        format!("did you mean `{}`? {}", entry.key, entry.help)
    } else {
        format!("write one of {}", one_of(&keys))
    };
    Wrong::new(unknown, help)
}

/// Returns the help for a word that is no value of an option, if there is a guess. `help` says how the option is
/// written.
pub(super) fn value(name: &str, words: &[&'static str], help: &str) -> Option<String> {
    let name = name.to_lowercase();
    let word = match elsewhere(&name) {
        Some(Setting(backend, call)) => return Some(declare(backend, call)),
        Some(Instead(help)) => return Some(help.to_owned()),
        Some(Word(word)) if words.contains(&word) => Some(word),
        Some(Word(_)) | None => did_you_mean(&name, words),
    };
    word.map(|word| format!("did you mean `\"{word}\"`? {help}"))
}

fn elsewhere(name: &str) -> Option<Meant> {
    let found = ELSEWHERE
        .iter()
        .find(|(words, _)| words.split(' ').any(|it| it == name));
    found.map(|(_, meant)| *meant)
}

fn declare(backend: &str, call: &str) -> String {
    format!(
        "declare `static MAIL: {backend} = {backend}::new(\"mail\").{call};` and write `backend = MAIL`"
    )
}

/// Returns the closest candidate, if it is close enough to be a typo.
fn did_you_mean<'c>(written: &str, candidates: &[&'c str]) -> Option<&'c str> {
    candidates
        .iter()
        .map(|candidate| (edit_distance(written, candidate), *candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Returns the number of insertions, deletions, substitutions and swaps of neighbors between two strings.
fn edit_distance(from: &str, to: &str) -> usize {
    let from: Vec<char> = from.chars().collect();
    let to: Vec<char> = to.chars().collect();
    // A macro argument may be of any length, and the distance takes quadratic time. A text that long is no typo.
    if from.len() > to.len() + 8 {
        return usize::MAX;
    }
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for row in 1..=from.len() {
        let mut current = vec![row];
        for column in 1..=to.len() {
            let same = from[row - 1] == to[column - 1];
            let mut distance = (last[column] + 1)
                .min(current[column - 1] + 1)
                .min(last[column - 1] + usize::from(!same));
            let swapped = row > 1
                && column > 1
                && from[row - 1] == to[column - 2]
                && from[row - 2] == to[column - 1];
            if swapped {
                distance = distance.min(before_last[column - 2] + 1);
            }
            current.push(distance);
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognized_and_other_words_are_not() {
        let candidates = ["thread", "pool", "tokio"];
        for (written, expected) in [
            ("pol", Some("pool")),
            ("poool", Some("pool")),
            ("tokoi", Some("tokio")),
            ("threads", Some("thread")),
            ("rayon", None),
            ("pot", None),
            ("", None),
            ("a very long text that nobody types by accident", None),
        ] {
            assert_eq!(did_you_mean(written, &candidates), expected, "{written}");
        }
    }

    #[test]
    fn no_word_of_another_system_is_one_of_ours() {
        for word in ELSEWHERE.iter().flat_map(|(words, _)| words.split(' ')) {
            let is_ours =
                |it: &crate::args::table::Entry| it.key == word || it.words.contains(&word);
            assert!(!TABLE.iter().any(is_ours), "{word}");
        }
    }
}
