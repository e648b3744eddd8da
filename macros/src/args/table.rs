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
            help: "enable the feature, or write `\"pool\"`, `\"thread\"` or the path of a static",
        }, Refused {
            at: At::Value,
            when: |args, _| !cfg!(feature = "durable") && args.is_on(BuiltIn::Durable),
            wrong: "`backend = \"durable\"` needs the feature `durable` of `fire-and-forget`",
            help: "enable the feature, or name a backend in memory, such as `\"pool\"`",
        }, Refused {
            at: At::Value,
            when: |args, it| args.is_daemon(it) && args.is_on(BuiltIn::Pool),
            wrong: "a daemon or a `-> !` function cannot run on the built-in pool: it would keep a shared thread forever",
            help: "write `backend = \"thread\"`: each launch gets a thread of its own",
        }, Refused {
            at: At::Value,
            when: |args, it| !it.is_async && args.is_daemon(it) && args.is_on(BuiltIn::Tokio),
            wrong: "a daemon or a `-> !` function on `\"tokio\"` must be an `async fn`: a `fn` would keep a shared thread forever",
            help: "write `backend = \"thread\"`: each launch gets a thread of its own; or make it an `async fn`",
        }],
    }
    daemon("daemon"): Daemon {
        help: "write `daemon`, without a value",
        mistaken: ["background", "detached", "endless", "forever", "keep_running", "loop", "service"],
        refused: [Refused {
            at: At::Key,
            when: |args, _| args.is_on(BuiltIn::Durable),
            wrong: "a daemon cannot be stored: its job would never be done",
            help: "write `backend = \"thread\"`, or `\"tokio\"` for an `async fn`; or remove `daemon`",
        }],
    }
    restart("restart"): Restart {
        help: "write `restart = \"on_failure\"` or `\"always\"`",
        mistaken: ["respawn", "restarts", "restart_policy", "revive", "supervise"],
        refused: [Refused {
            at: At::Key,
            when: |args, it| !args.is_daemon(it),
            wrong: "`restart` needs a daemon: any other function is done when it ends",
            help: "add `daemon`, or retry inside the body",
        }, Refused {
            at: At::Key,
            when: |args, _| args.context.is_some(),
            wrong: "`restart` cannot be combined with `context`: a restart has no caller to capture a context from",
            help: "pass what the daemon needs as an argument, or remove one of the options",
        }],
    }
    on_full("on_full"): OnFull {
        help: "write `on_full = \"drop\"`, `\"reject\"`, `\"block\"` or `\"caller_runs\"`",
        mistaken: ["on_overflow", "overflow", "policy", "when_full"],
        refused: [Refused {
            at: At::Value,
            when: |args, it| it.is_async && (args.has(OnFull::Block) || args.has(OnFull::CallerRuns)),
            wrong: "`\"block\"` and `\"caller_runs\"` need a `fn`: the caller of an `async fn` may be a task, which must not block its thread",
            help: "write `\"drop\"` or `\"reject\"`",
        }, Refused {
            at: At::Value,
            when: |args, it| !it.is_async && args.is_on(BuiltIn::Durable) && args.has(OnFull::CallerRuns),
            wrong: "`\"caller_runs\"` needs a backend in memory: what the caller runs is not stored",
            help: "write `\"drop\"`, `\"reject\"` or `\"block\"`",
        }, Refused {
            at: At::Value,
            when: |args, it| !it.is_async && args.is_daemon(it) && (args.has(OnFull::Block) || args.has(OnFull::CallerRuns)),
            wrong: "`\"block\"` and `\"caller_runs\"` cannot be combined with a daemon or a `-> !` function: a caller that runs the body would never return",
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
        help: "write the path of a type that implements `Context`, `context = Tenant`; or several, `context = Tenant, RequestId`",
        mistaken: ["capture", "contexts", "scope", "task_local"],
        refused: [],
    }
    on_error("on_error"): Handler {
        help: "write `on_error = handler`, the path of a function that takes the error",
        mistaken: ["error_handler", "handler", "on_err", "on_fail", "on_failure"],
        refused: [Refused {
            at: At::Key,
            when: |_, it| !it.may_fail,
            wrong: "`on_error` needs a function that returns an error",
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
            help: "enable the feature, or remove the option",
        }],
    }
    queue("queue"): Queue {
        help: "write `queue = \"mail\"`",
        mistaken: ["channel", "queue_name", "topic"],
        refused: [Refused {
            at: At::Key,
            when: |args, _| !args.is_on(BuiltIn::Durable),
            wrong: "`queue` needs `backend = \"durable\"`: it names a queue in the store",
            help: "write `backend = \"durable\"`; in memory, give the function a `Pool` of its own: `backend = MAIL`",
        }],
    }
    attempts("attempts"): Attempts {
        help: "write `attempts = 5`",
        mistaken: ["max_attempts", "tries"],
        refused: [Refused {
            at: At::Key,
            when: |args, _| !args.is_on(BuiltIn::Durable),
            wrong: "`attempts` needs `backend = \"durable\"`: a launch in memory runs once",
            help: "write `backend = \"durable\"`, or retry inside the body",
        }],
    }
    timeout("timeout"): Timeout {
        help: "write `timeout = Duration::from_secs(30)`",
        mistaken: ["max_duration", "time_limit"],
        refused: [Refused {
            at: At::Key,
            when: |args, _| !args.is_on(BuiltIn::Durable),
            wrong: "`timeout` needs `backend = \"durable\"`: a launch in memory has no time limit",
            help: "write `backend = \"durable\"`, or use `tokio::time::timeout` inside the body",
        }, Refused {
            at: At::Key,
            when: |args, it| !it.is_async && args.is_on(BuiltIn::Durable),
            wrong: "`timeout` needs an `async fn`: a thread that runs a `fn` cannot be stopped",
            help: "write an `async fn`, or check the time inside the body",
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
