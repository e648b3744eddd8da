//! The options: all that is known of each, but for what it makes of the function.

use syn::{Expr, Ident};

use crate::args::value::Value;
use crate::args::{
    Attempts, Backend, BuiltIn, Contexts, Daemon, Given, Handler, Krate, Limit, Name, OnFull,
    Queue, Restart, Timeout, Trace,
};
use crate::diag::Mistakes;

/// Writes down the table, the options of an attribute in a field each, and what goes through all of them.
macro_rules! options {
    ($($field:ident($key:literal): $value:ident {
        help: $help:literal,
        mistaken: $mistaken:expr,
        refused: $refused:expr,
    })*) => {
        /// What was written in the parentheses of the attribute.
        #[derive(Default)]
        pub(crate) struct Args {
            $(pub(crate) $field: Option<Given<$value>>,)*
            /// Set by this macro, when it has put itself below the item's other attributes.
            pub(crate) is_last: bool,
        }

        pub(crate) const TABLE: &[Entry] = &[$(Entry {
            key: $key,
            words: <$value as Value>::WORDS,
            is_list: <$value as Value>::IS_LIST,
            is_flag: <$value as Value>::IS_FLAG,
            help: $help,
            mistaken: &$mistaken,
            refused: &$refused,
        }),*];

        impl Args {
            /// Keeps the value, if it is one. Of two for one key the first counts; that there is a second is a mistake
            /// anyway.
            pub(super) fn keep(&mut self, entry: &'static Entry, key: Ident, written: Expr, mistakes: &mut Mistakes) {
                match entry.key {
                    $($key => match <$value as Value>::read(entry, &written) {
                        Ok(value) => { self.$field.get_or_insert(Given { key, written, value }); }
                        Err(it) => mistakes.over(written, &it.wrong, &it.help),
                    },)*
                    _ => {}
                }
            }

            /// Reports the options that contradict the function or each other.
            pub(crate) fn check(&self, function: Shape, mistakes: &mut Mistakes) {
                let mut entries = TABLE.iter();
                $(if let (Some(entry), Some(given)) = (entries.next(), &self.$field) {
                    for it in entry.refused.iter().filter(|it| (it.when)(self, function)) {
                        match it.at {
                            At::Key => mistakes.at(given.key.span(), it.wrong, it.help),
                            At::Value => mistakes.over(&given.written, it.wrong, it.help),
                        }
                    }
                })*
            }
        }
    };
}

options! {
    backend("backend"): Backend {
        help: "write `backend = \"pool\"`, or the path of a static: `backend = MAIL`",
        mistaken: ["executor", "on", "pool", "runtime", "spawn", "spawner", "thread", "tokio"],
        refused: [Refused {
            at: At::Value,
            when: |args, _| !cfg!(feature = "tokio") && args.is_on(BuiltIn::Tokio),
            wrong: "`backend = \"tokio\"` needs the feature `tokio` of `fire-and-forget`",
            help: "turn the feature on, or choose `\"pool\"`, `\"thread\"` or a static",
        }, Refused {
            at: At::Value,
            when: |args, _| !cfg!(feature = "durable") && args.is_on(BuiltIn::Durable),
            wrong: "`backend = \"durable\"` needs the feature `durable` of `fire-and-forget`",
            help: "turn the feature on, or choose a backend in memory: `\"pool\"`, for example",
        }, Refused {
            at: At::Value,
            when: |args, it| args.is_daemon(it) && args.is_on(BuiltIn::Pool),
            wrong: "a daemon, or a function that returns `!`, would keep a thread of the pool for good, which is there for all",
            help: "write `backend = \"thread\"`: a thread of its own",
        }, Refused {
            at: At::Value,
            when: |args, it| !it.is_async && args.is_daemon(it) && args.is_on(BuiltIn::Tokio),
            wrong: "a `fn` on `\"tokio\"` runs on the built-in pool, and a daemon, or one that returns `!`, would keep a thread of it for good",
            help: "write `backend = \"thread\"`: a thread of its own; or an `async fn`, which is a task",
        }],
    }
    daemon("daemon"): Daemon {
        help: "write `daemon`, without a value",
        mistaken: ["background", "detached", "endless", "forever", "keep_running", "loop", "service"],
        refused: [Refused {
            at: At::Key,
            when: |args, _| args.is_on(BuiltIn::Durable),
            wrong: "a job that goes on until the process stops would never be done",
            help: "remove `daemon`; what goes on for ever needs no store: `backend = \"thread\"`, or `\"tokio\"` for an `async fn`",
        }],
    }
    restart("restart"): Restart {
        help: "write `restart = \"on_failure\"` or `\"always\"`",
        mistaken: ["respawn", "restarts", "restart_policy", "revive", "supervise"],
        refused: [Refused {
            at: At::Key,
            when: |args, it| !args.is_daemon(it),
            wrong: "`restart` is for a daemon: another function has done its work when it ends",
            help: "add `daemon`, or try again inside the body",
        }, Refused {
            at: At::Key,
            when: |args, _| args.context.is_some(),
            wrong: "nobody is there whose `context` a daemon could capture when it is launched again",
            help: "give the daemon what it needs as an argument, or remove one of the two options",
        }],
    }
    on_full("on_full"): OnFull {
        help: "write `on_full = \"drop\"`, `\"reject\"`, `\"block\"` or `\"caller_runs\"`",
        mistaken: ["on_overflow", "overflow", "policy", "when_full"],
        refused: [Refused {
            at: At::Value,
            when: |args, it| it.is_async && (args.has(OnFull::Block) || args.has(OnFull::CallerRuns)),
            wrong: "`\"block\"` and `\"caller_runs\"` are for a `fn`: the caller of an `async fn` may be a task, and would hold up its thread",
            help: "write `\"drop\"` or `\"reject\"`",
        }, Refused {
            at: At::Value,
            when: |args, it| !it.is_async && args.is_on(BuiltIn::Durable) && args.has(OnFull::CallerRuns),
            wrong: "the caller cannot run what is to be stored: it would be lost with the process",
            help: "write `\"drop\"`, `\"reject\"` or `\"block\"`",
        }, Refused {
            at: At::Value,
            when: |args, it| !it.is_async && args.is_daemon(it) && (args.has(OnFull::Block) || args.has(OnFull::CallerRuns)),
            wrong: "a daemon, or a function that returns `!`, may not run in its caller, as it could with `\"block\"` and `\"caller_runs\"`: the caller would never go on",
            help: "write `\"drop\"` or `\"reject\"`",
        }],
    }
    max_in_flight("max_in_flight"): Limit {
        help: "write `max_in_flight = 100`",
        mistaken: ["concurrency", "limit", "max", "max_concurrency", "max_concurrent"],
        refused: [],
    }
    name("name"): Name {
        help: "write `name = \"mail\"`",
        mistaken: ["id", "label", "task_name"],
        refused: [],
    }
    context("context"): Contexts {
        help: "write `context = Tenant`, the path of a type that implements `Context`; of several, `context = Tenant, RequestId`",
        mistaken: ["capture", "contexts", "scope", "task_local"],
        refused: [],
    }
    on_error("on_error"): Handler {
        help: "write `on_error = handler`, the path of a function that takes the error",
        mistaken: ["error_handler", "handler", "on_err", "on_fail", "on_failure"],
        refused: [Refused {
            at: At::Key,
            when: |_, it| !it.may_fail,
            wrong: "this function returns no error that `on_error` could take",
            help: "return a `Result<(), E>`, or remove the option",
        }],
    }
    trace("trace"): Trace {
        help: "write `trace = \"follows\"`, `\"child\"`, `\"root\"` or `\"off\"`",
        mistaken: ["instrument", "span", "spans", "tracing"],
        refused: [Refused {
            at: At::Value,
            when: |_, _| !cfg!(feature = "tracing"),
            wrong: "`trace` needs the feature `tracing` of `fire-and-forget`",
            help: "turn the feature on, or remove the option",
        }],
    }
    queue("queue"): Queue {
        help: "write `queue = \"mail\"`",
        mistaken: ["channel", "queue_name", "topic"],
        refused: [Refused {
            at: At::Key,
            when: |args, _| !args.is_on(BuiltIn::Durable),
            wrong: "`queue` needs `backend = \"durable\"`: it names a queue in the store",
            help: "add `backend = \"durable\"`; in memory, a `Pool` of its own is a queue of its own: `backend = MAIL`",
        }],
    }
    attempts("attempts"): Attempts {
        help: "write `attempts = 5`",
        mistaken: ["max_attempts", "tries"],
        refused: [Refused {
            at: At::Key,
            when: |args, _| !args.is_on(BuiltIn::Durable),
            wrong: "`attempts` needs `backend = \"durable\"`: a queue in memory cannot keep such a promise",
            help: "add `backend = \"durable\"`, or try again inside the body",
        }],
    }
    timeout("timeout"): Timeout {
        help: "write `timeout = Duration::from_secs(30)`",
        mistaken: ["max_duration", "time_limit"],
        refused: [Refused {
            at: At::Key,
            when: |args, _| !args.is_on(BuiltIn::Durable),
            wrong: "`timeout` needs `backend = \"durable\"`: a queue in memory cannot keep such a promise",
            help: "add `backend = \"durable\"`, or watch the time inside the body, with `tokio::time::timeout` for example",
        }, Refused {
            at: At::Key,
            when: |args, it| !it.is_async && args.is_on(BuiltIn::Durable),
            wrong: "`timeout` is for an `async fn`: a thread that runs a `fn` cannot be stopped",
            help: "write an `async fn`, or watch the time inside the body",
        }],
    }
    krate("crate"): Krate {
        help: "write `crate = path::to::fire_and_forget`",
        mistaken: ["crate_path", "krate", "path"],
        refused: [],
    }
}

/// What is known of an option.
pub(crate) struct Entry {
    pub(crate) key: &'static str,
    /// The words that it takes, if it takes words.
    pub(crate) words: &'static [&'static str],
    /// Does it take several values, with commas between them?
    pub(crate) is_list: bool,
    /// Is it written without a value?
    pub(crate) is_flag: bool,
    /// How it is written.
    pub(crate) help: &'static str,
    /// What it is called elsewhere.
    pub(crate) mistaken: &'static [&'static str],
    /// With which functions and other options it makes no sense.
    pub(crate) refused: &'static [Refused],
}

/// A contradiction between an option and the rest.
pub(crate) struct Refused {
    at: At,
    when: fn(&Args, Shape) -> bool,
    wrong: &'static str,
    help: &'static str,
}

/// The token that a contradiction is reported at.
enum At {
    Key,
    Value,
}

/// What options ask of a function.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) is_async: bool,
    /// Does it return an error?
    pub(crate) may_fail: bool,
    /// Does it return `!`?
    pub(crate) never_returns: bool,
}

pub(super) fn entry(key: &str) -> Option<&'static Entry> {
    TABLE.iter().find(|it| it.key == key)
}

impl Args {
    pub(crate) fn is_on(&self, built_in: BuiltIn) -> bool {
        matches!(&self.backend, Some(it) if matches!(&it.value, Backend::BuiltIn(it) if *it == built_in))
    }

    /// Does it go on until the process stops?
    pub(crate) fn is_daemon(&self, function: Shape) -> bool {
        self.daemon.is_some() || function.never_returns
    }

    /// Is this what a launch does that does not fit?
    pub(crate) fn has(&self, policy: OnFull) -> bool {
        matches!(&self.on_full, Some(it) if it.value == policy)
    }
}
