//! Where the spans and events of a function come from, as `tracing` wants to know it: as if they had been written in the
//! function, so that a filter by module takes them for part of it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use tracing::callsite::{self, Identifier};
use tracing::dispatcher;
use tracing::field::{Field, FieldSet, Value, ValueSet, display};
use tracing::level_filters::{LevelFilter, STATIC_MAX_LEVEL};
use tracing::metadata::Kind;
use tracing::subscriber::Interest;
use tracing::{Dispatch, Level, Metadata};

use crate::observer::report::Place;
use crate::site::Site;
use crate::sync::get_or_make;

/// Those of one function, made when they are first needed.
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

    pub(crate) fn of(&'static self, site: &'static Site) -> &'static OfFunction {
        let make = || {
            Box::new(OfFunction {
                span: Callsite::new(site, Kind::SPAN, Level::INFO),
                error: Callsite::new(site, Kind::EVENT, Level::ERROR),
                warning: Callsite::new(site, Kind::EVENT, Level::WARN),
            })
        };
        get_or_make(&self.0, make).as_ref()
    }
}

/// One kind of span or event.
#[derive(Debug)]
pub(crate) struct Callsite {
    site: &'static Site,
    kind: Kind,
    level: Level,
    metadata: OnceLock<Metadata<'static>>,
    is_registered: AtomicBool,
    /// What the subscribers have said when they were asked.
    interest: AtomicU8,
}

impl Callsite {
    fn new(site: &'static Site, kind: Kind, level: Level) -> Self {
        Self {
            site,
            kind,
            level,
            metadata: OnceLock::new(),
            is_registered: AtomicBool::new(false),
            interest: AtomicU8::new(SOMETIMES),
        }
    }

    /// Calls `tell` with the values of the fields, if the subscriber of this thread wants to hear of it now.
    pub(crate) fn tell<R>(
        &'static self,
        launched_at: Place<'_>,
        message: Option<&dyn Value>,
        tell: impl Fn(&Dispatch, &'static Metadata<'static>, &ValueSet<'_>) -> R,
    ) -> Option<R> {
        if self.level > STATIC_MAX_LEVEL || self.level > LevelFilter::current() {
            return None;
        }
        let metadata = self.registered();
        let interest = self.interest.load(Ordering::Relaxed);
        if interest == NEVER {
            return None;
        }
        let tell = |values: &ValueSet<'_>| {
            dispatcher::get_default(|dispatch| {
                // A subscriber that filters may count on being asked right before it is told.
                let is_wanted = interest == ALWAYS || dispatch.enabled(metadata);
                is_wanted.then(|| tell(dispatch, metadata, values))
            })
        };
        let fields = metadata.fields();
        let field = |name| fields.field(name).expect("it is one of `FIELDS`");
        let [function, backend, line] = [FUNCTION, BACKEND, LAUNCHED_AT].map(field);
        let (name, on) = (self.site.name(), self.site.backend());
        let function: ValueOf<'_> = (&function, Some(&name));
        let backend: ValueOf<'_> = (&backend, Some(&on));
        let at = display(launched_at);
        let line: ValueOf<'_> = (&line, Some(&at));
        if message.is_none() {
            return tell(&fields.value_set(&[function, backend, line]));
        }
        let text = field(MESSAGE);
        tell(&fields.value_set(&[(&text, message), function, backend, line]))
    }

    /// Its description, once the subscribers have seen it.
    fn registered(&'static self) -> &'static Metadata<'static> {
        let metadata = self.described();
        // Not in a `Once`: subscribers are asked here, and one that launches comes back here. And not within
        // `get_default`: they would be asked as if this thread had none.
        if !self.is_registered.swap(true, Ordering::AcqRel) {
            callsite::register(self);
        }
        metadata
    }

    fn described(&'static self) -> &'static Metadata<'static> {
        self.metadata.get_or_init(|| {
            let place = self.site.defined_at();
            let (name, fields) = if self.kind == Kind::SPAN {
                (self.site.name(), &FIELDS[1..])
            } else {
                ("launch", &FIELDS[..])
            };
            Metadata::new(
                name,
                self.site.module(),
                self.level,
                Some(place.file()),
                Some(place.line()),
                Some(self.site.module()),
                FieldSet::new(fields, Identifier(self)),
                self.kind.clone(),
            )
        })
    }
}

impl callsite::Callsite for Callsite {
    fn set_interest(&self, interest: Interest) {
        let interest = if interest.is_never() {
            NEVER
        } else if interest.is_always() {
            ALWAYS
        } else {
            SOMETIMES
        };
        self.interest.store(interest, Ordering::Relaxed);
    }

    fn metadata(&self) -> &Metadata<'_> {
        self.metadata
            .get()
            .expect("it is described before it is registered")
    }
}

type ValueOf<'a> = (&'a Field, Option<&'a dyn Value>);

/// A span has no message.
const FIELDS: [&str; 4] = [MESSAGE, FUNCTION, BACKEND, LAUNCHED_AT];
const MESSAGE: &str = "message";
const FUNCTION: &str = "function";
const BACKEND: &str = "backend";
const LAUNCHED_AT: &str = "launched_at";

const SOMETIMES: u8 = 0;
const NEVER: u8 = 1;
const ALWAYS: u8 = 2;
