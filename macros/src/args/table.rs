//! The table of options: the value, the help and the conflicts of each. Only the effect on the launcher is elsewhere.

use syn::{Expr, Ident};

use crate::args::value::Value;
use crate::args::{
    Attempts, Backend, BuiltIn, Contexts, Daemon, Given, Handler, Krate, Limit, Name, OnFull,
    Queue, Restart, Timeout, Trace,
};
use crate::diag::Mistakes;

/// Defines the table, a struct with a field for each option, and the functions that treat all options alike.
macro_rules! options {
    ($($field:ident($key:literal): $value:ident {
        help: $help:literal,
        mistaken: $mistaken:expr,
        refused: $refused:expr,
    })*) => {
        /// The parsed arguments of the attribute.
        #[derive(Default)]
        pub(crate) struct Args {
            $(pub(crate) $field: Option<Given<$value>>,)*
            /// Set if this macro has moved itself below the other attributes of the item.
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
            /// Stores the value, or reports that it is none. If a key is given twice, the first value is kept; the
            /// repetition is reported elsewhere.
            pub(super) fn keep(&mut self, entry: &'static Entry, key: Ident, written: Expr, mistakes: &mut Mistakes) {
                match entry.key {
                    $($key => match <$value as Value>::read(entry, &written) {
                        Ok(value) => { self.$field.get_or_insert(Given { key, written, value }); }
                        Err(it) => mistakes.over(written, &it.wrong, &it.help),
                    },)*
                    _ => {}
                }
            }

            /// Reports options that conflict with the function or with each other.
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

/// One option.
pub(crate) struct Entry {
    pub(crate) key: &'static str,
    /// The strings that it accepts, if it accepts only some.
    pub(crate) words: &'static [&'static str],
    /// Whether it accepts several values with commas between them.
    pub(crate) is_list: bool,
    /// Whether it is written without a value.
    pub(crate) is_flag: bool,
    /// The help: how it is written.
    pub(crate) help: &'static str,
    /// Names of the same thing in other crates.
    pub(crate) mistaken: &'static [&'static str],
    /// The functions and options that it conflicts with.
    pub(crate) refused: &'static [Refused],
}

/// A conflict between an option and the rest.
pub(crate) struct Refused {
    at: At,
    when: fn(&Args, Shape) -> bool,
    wrong: &'static str,
    help: &'static str,
}

/// The tokens at which a conflict is reported.
enum At {
    Key,
    Value,
}

/// The properties of a function that conflicts depend on.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) is_async: bool,
    /// Whether it returns an error.
    pub(crate) may_fail: bool,
    /// Whether it returns `!`.
    pub(crate) never_returns: bool,
}

pub(super) fn entry(key: &str) -> Option<&'static Entry> {
    TABLE.iter().find(|it| it.key == key)
}

impl Args {
    pub(crate) fn is_on(&self, built_in: BuiltIn) -> bool {
        matches!(&self.backend, Some(it) if matches!(&it.value, Backend::BuiltIn(it) if *it == built_in))
    }

    /// Returns whether the function runs until the process stops.
    pub(crate) fn is_daemon(&self, function: Shape) -> bool {
        self.daemon.is_some() || function.never_returns
    }

    /// Returns whether `on_full` has this value.
    pub(crate) fn has(&self, policy: OnFull) -> bool {
        matches!(&self.on_full, Some(it) if it.value == policy)
    }
}
