//! The callsites of the spans and events of a function. They have the module of the function, so that a filter by
//! module treats them as part of its body.

use std::panic::Location;
use std::sync::OnceLock;

use tracing::callsite::{self, DefaultCallsite, Identifier};
use tracing::field::{Field, FieldSet, Value, ValueSet, display};
use tracing::level_filters::{LevelFilter, STATIC_MAX_LEVEL};
use tracing::metadata::Kind;
use tracing::subscriber::Interest;
use tracing::{Dispatch, Level, Metadata};

use crate::report::place::Place;
use crate::sync::get_or_make;

/// The callsites of one function, made when they are first needed.
#[derive(Debug)]
pub(crate) struct Callsites(OnceLock<Box<OfFunction>>);

#[derive(Debug)]
pub(crate) struct OfFunction {
    pub(crate) span: Callsite,
    pub(crate) error: Callsite,
    pub(crate) warning: Callsite,
}

impl Callsites {
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }

    pub(crate) fn of(&'static self, function: impl FnOnce() -> Function) -> &'static OfFunction {
        let make = || {
            let function = function();
            Box::new(OfFunction {
                span: Callsite::new(function, Kind::SPAN, Level::INFO),
                error: Callsite::new(function, Kind::EVENT, Level::ERROR),
                warning: Callsite::new(function, Kind::EVENT, Level::WARN),
            })
        };
        get_or_make(&self.0, make).as_ref()
    }
}

/// The name and the place of a function, for `tracing`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) module: &'static str,
    pub(crate) defined_at: &'static Location<'static>,
}

/// The callsite of one kind of span or event.
#[derive(Debug)]
pub(crate) struct Callsite {
    function: Function,
    kind: Kind,
    level: Level,
    metadata: OnceLock<Metadata<'static>>,
    /// What `tracing` registers. It must be a `DefaultCallsite`, which is registered without a lock: `tracing` holds
    /// the lock for other types while it asks subscribers, and a subscriber that launches would then wait for itself.
    registered: OnceLock<DefaultCallsite>,
}

impl Callsite {
    fn new(function: Function, kind: Kind, level: Level) -> Self {
        Self {
            function,
            kind,
            level,
            metadata: OnceLock::new(),
            registered: OnceLock::new(),
        }
    }

    /// Asks the subscribers whether they want this callsite; `None` if none does. It runs the user's code.
    ///
    /// Must not be called within `get_default`, where a subscriber of this thread would not be asked.
    pub(crate) fn wanted(&'static self) -> Option<Wanted> {
        if self.level > STATIC_MAX_LEVEL || self.level > LevelFilter::current() {
            return None;
        }
        let interest = self.registered().interest();
        (!interest.is_never()).then_some(Wanted {
            callsite: self,
            is_always: interest.is_always(),
        })
    }

    fn registered(&'static self) -> &'static DefaultCallsite {
        let make = || DefaultCallsite::new(self.described());
        self.registered.get_or_init(make)
    }

    fn described(&'static self) -> &'static Metadata<'static> {
        self.metadata.get_or_init(|| {
            let Function {
                name: function,
                module,
                defined_at,
            } = self.function;
            let (name, fields) = if self.kind == Kind::SPAN {
                (function, &FIELDS[1..])
            } else {
                ("launch", &FIELDS[..])
            };
            Metadata::new(
                name,
                module,
                self.level,
                Some(defined_at.file()),
                Some(defined_at.line()),
                Some(module),
                FieldSet::new(fields, Identifier(self)),
                self.kind.clone(),
            )
        })
    }
}

/// Stands for the registered callsite: the metadata needs a callsite, and the callsite needs the metadata.
impl callsite::Callsite for Callsite {
    fn set_interest(&self, interest: Interest) {
        if let Some(registered) = self.registered.get() {
            registered.set_interest(interest);
        }
    }

    fn metadata(&self) -> &Metadata<'_> {
        self.metadata
            .get()
            .expect("it is described before it is named")
    }
}

/// A callsite that a subscriber may want.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    callsite: &'static Callsite,
    is_always: bool,
}

impl Wanted {
    /// Calls `tell` with the values of the fields, if this subscriber wants the callsite now.
    pub(crate) fn tell<R>(
        self,
        dispatch: &Dispatch,
        backend: &'static str,
        launched_at: Place<'_>,
        message: Option<&dyn Value>,
        tell: impl FnOnce(&'static Metadata<'static>, &ValueSet<'_>) -> R,
    ) -> Option<R> {
        let Self {
            callsite,
            is_always,
        } = self;
        let metadata = callsite.described();
        // A subscriber that filters may rely on `enabled` being called right before the event or span.
        if !is_always && !dispatch.enabled(metadata) {
            return None;
        }
        let fields = metadata.fields();
        let field = |name| fields.field(name).expect("it is one of `FIELDS`");
        let [function, on, line] = [FUNCTION, BACKEND, LAUNCHED_AT].map(field);
        let name = callsite.function.name;
        let function: ValueOf<'_> = (&function, Some(&name));
        let backend: ValueOf<'_> = (&on, Some(&backend));
        let at = display(launched_at);
        let line: ValueOf<'_> = (&line, Some(&at));
        if message.is_none() {
            return Some(tell(
                metadata,
                &fields.value_set(&[function, backend, line]),
            ));
        }
        let text = field(MESSAGE);
        let values = [(&text, message), function, backend, line];
        Some(tell(metadata, &fields.value_set(&values)))
    }
}

type ValueOf<'a> = (&'a Field, Option<&'a dyn Value>);

/// A span has no message, so it leaves the first one out.
const FIELDS: [&str; 4] = [MESSAGE, FUNCTION, BACKEND, LAUNCHED_AT];
const MESSAGE: &str = "message";
const FUNCTION: &str = "function";
const BACKEND: &str = "backend";
const LAUNCHED_AT: &str = "launched_at";
