//! What the panic hook has noted of a panic on this thread, until who caught the panic takes it.

use std::any::Any;
use std::backtrace::Backtrace;
use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::panic::Location;

use crate::report::line;
use crate::report::place::Place;
use crate::sync::process::thread_local;
use crate::thread::body;

/// A panic as the hook saw it.
#[derive(Debug)]
pub(crate) struct Noted {
    file: Box<str>,
    line: u32,
    message: Box<str>,
    pub(super) backtrace: Option<Backtrace>,
    /// The address of the payload's text. It identifies the panic, because the text stays there when the payload is boxed.
    text: TextAt,
    /// The number of nested calls of user code that the thread was in.
    pub(super) depth: u32,
    /// The panic that was noted before, in a call around this one.
    outer: Option<Box<Noted>>,
}

impl Noted {
    pub(super) fn new(location: &Location<'_>, payload: &(dyn Any + Send), depth: u32) -> Self {
        Self {
            file: location.file().into(),
            line: location.line(),
            message: message_of(payload).into(),
            backtrace: None,
            text: text_at(payload),
            depth,
            outer: None,
        }
    }

    pub(crate) fn place(&self) -> Place<'_> {
        Place::new(&self.file, self.line)
    }

    pub(crate) fn backtrace(&self) -> Option<&Backtrace> {
        self.backtrace.as_ref()
    }

    /// Writes the panic to standard error, because no report will have it.
    pub(super) fn tell(&self, what: &str) {
        let (place, message) = (self.place(), &self.message);
        line::note_above(
            format_args!("a launched body {what} at {place}: {message}"),
            self.backtrace(),
        );
    }
}

/// Keeps what was noted of the last panic, above what was noted in calls around this one.
pub(super) fn push(mut noted: Noted) {
    NOTED.with(|last| {
        noted.outer = ManuallyDrop::into_inner(last.take());
        last.set(ManuallyDrop::new(Some(Box::new(noted))));
    });
    body::note();
}

/// Takes the note of a call of user code that has returned, if the call ended with this payload.
///
/// Otherwise the code has caught the noted panic, which is then written to standard error.
#[cold]
pub(crate) fn take(payload: Option<&(dyn Any + Send)>) -> Option<Box<Noted>> {
    let depth = body::call_depth();
    let noted = pop(|noted| noted.depth > depth)?;
    if payload.is_some_and(|payload| text_at(payload) == noted.text) {
        return Some(noted);
    }
    noted.tell("caught a panic");
    None
}

/// Takes this thread's last note, if `is_meant` says so.
pub(super) fn pop(is_meant: impl Fn(&Noted) -> bool) -> Option<Box<Noted>> {
    NOTED.with(|last| {
        let mut noted = ManuallyDrop::into_inner(last.take());
        let is_meant = noted.as_deref().is_some_and(is_meant);
        let left = if is_meant {
            noted.as_mut().and_then(|noted| noted.outer.take())
        } else {
            noted.take()
        };
        last.set(ManuallyDrop::new(left));
        noted
    })
}

thread_local! {
    /// The notes of this thread, the last one first. `ManuallyDrop`, so that it has no destructor and can be used in those of
    /// other thread-locals; nothing leaks, because each call of user code takes the notes made in it.
    static NOTED: Cell<ManuallyDrop<Option<Box<Noted>>>> = const { Cell::new(ManuallyDrop::new(None)) };
}

/// The address and the length of a payload's text; `None` if the payload is no text.
type TextAt = Option<(usize, usize)>;

fn text_at(payload: &(dyn Any + Send)) -> TextAt {
    text_of(payload).map(|text| (text.as_ptr().addr(), text.len()))
}

/// Returns the payload's text; `None` if it is another value.
pub(crate) fn text_of(payload: &(dyn Any + Send)) -> Option<&str> {
    let literal = || payload.downcast_ref::<&'static str>().copied();
    let formatted = payload.downcast_ref::<String>().map(String::as_str);
    formatted.or_else(literal)
}

/// Returns the payload's text, or a substitute if it is another value.
pub(crate) fn message_of(payload: &(dyn Any + Send)) -> &str {
    text_of(payload).unwrap_or(NO_TEXT)
}

pub(super) const NO_TEXT: &str = "a value that is not a string";
