//! The panic hook of `hook_panics`: it notes a panic of launched work for its report, in place of printing a message.
//!
//! The hook runs before the panic unwinds, so it cannot know whether the panic will reach our `catch_unwind` or be caught
//! by the body. It notes the place, the message and the address of the payload's text. When the call of user code returns
//! (`unwind.rs`), `take` compares: the payload that arrives is the noted one, or the body has caught it, and then it is
//! printed. Notes are a stack per thread, one for each nested call, so that a panic in a destructor does not replace that
//! of the body around it.

use std::any::Any;
use std::backtrace::Backtrace;
use std::cell::Cell;
use std::fmt::{self, Write as _};
use std::mem::ManuallyDrop;
use std::panic::{self, Location, PanicHookInfo};
use std::sync::atomic::{AtomicBool, Ordering};
use std::{env, thread};

use crate::report::report::Place;
use crate::report::stderr;
use crate::sync::process::thread_local;
use crate::thread::{body, unwind};

/// Replaces the panic hook's message for launched work: its report then says where it panicked.
///
/// Without this, a panic has two messages: that of the panic hook, which is the standard library's unless the program has
/// set another, and the report. This puts a hook before the installed one. A panic in a launched body, in the destructor of
/// its arguments, in its error handler, or in the observer is noted, and the hook prints nothing. For all other panics the
/// installed hook runs as before; so it does on threads that a body has spawned, and for launches that a test captures and
/// runs.
///
/// The report has the place in its line, and in [`Report::panicked_at`](crate::Report::panicked_at):
///
/// ```text
/// fire-and-forget: `app::welcome` (src/mail.rs:7) panicked at src/mail.rs:12: no route; launched at src/api.rs:42
/// ```
///
/// If `RUST_BACKTRACE` is set when this is called, and not to `0`, the report also has a
/// [backtrace](crate::Report::backtrace), which is written below the line on standard error.
///
/// Call it once, at the top of `main`, after other hooks are set. A hook that is set later runs first, and this one runs
/// only if that hook calls the one before it. A second call changes nothing. The guide has
/// [more](crate::guide::failures#panics).
///
/// - A panic that the body itself catches does not end its launch and has no report. It is written to standard error on a
///   line of its own: when the body ends, when the poll of an `async fn` ends, or when the thread panics again. So a loop
///   that never ends and catches panics should print itself what it caught.
/// - A panic that ends the process is printed by the installed hook, after the panics that led to it. A panic in a destructor
///   that runs because of another panic is such a one.
/// - With `panic = "abort"` in the profile, this does nothing, because no report would come.
/// - [`std::panic::resume_unwind`] calls no hook, so its report has no place.
///
/// # Panics
///
/// Panics on a thread that is panicking, as [`std::panic::set_hook`] does.
///
/// # Examples
///
/// ```
/// use fire_and_forget::{Report, fire_and_forget};
///
/// #[fire_and_forget]
/// fn welcome(to: String) {
///     panic!("no route to {to}");
/// }
///
/// fire_and_forget::hook_panics();
/// fire_and_forget::set_observer(|report: &Report<'_>| {
///     // "`app::welcome` (src/main.rs:4) panicked at src/main.rs:5: no route to ada; launched at …"
///     println!("{report}");
///     assert!(report.panicked_at().is_some());
/// })?;
///
/// welcome("ada".into());
/// # fire_and_forget::flush(std::time::Duration::from_secs(5)).wait()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn hook_panics() {
    static IS_HOOKED: AtomicBool = AtomicBool::new(false);
    assert!(
        !thread::panicking(),
        "a thread that is panicking cannot set a panic hook"
    );
    if cfg!(panic = "abort") || IS_HOOKED.swap(true, Ordering::Relaxed) {
        return;
    }
    let has_backtrace = env::var_os("RUST_BACKTRACE").is_some_and(|value| value != "0");
    let other = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !note(info, has_backtrace) {
            other(info);
        }
    }));
}

/// A panic as the hook saw it.
#[derive(Debug)]
pub(crate) struct Noted {
    file: Box<str>,
    line: u32,
    message: Box<str>,
    backtrace: Option<Backtrace>,
    /// The address of the payload's text. It identifies the panic, because the text stays there when the payload is boxed.
    text: TextAt,
    /// The number of nested calls of user code that the thread was in.
    depth: u32,
    /// The panic that was noted before, in a call around this one.
    outer: Option<Box<Noted>>,
}

impl Noted {
    fn new(location: &Location<'_>, payload: &(dyn Any + Send), depth: u32) -> Self {
        Self {
            file: location.file().into(),
            line: location.line(),
            message: unwind::message_of(payload).into(),
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
    fn tell(&self, what: &str) {
        let (place, message) = (self.place(), &self.message);
        stderr::note_above(
            format_args!("a launched body {what} at {place}: {message}"),
            self.backtrace(),
        );
    }
}

/// Notes a panic if it will be reported, and returns whether it did. Takes no lock of ours, and does not panic.
fn note(info: &PanicHookInfo<'_>, has_backtrace: bool) -> bool {
    if !unwinds(info) {
        // The process aborts, so no `take` will come for the notes.
        while let Some(noted) = pop(|_| true) {
            noted.tell("panicked");
        }
        return false;
    }
    let (Some(depth), Some(location)) = (body::reported_depth(), info.location()) else {
        return false;
    };
    // A panic noted in the same call was caught by the body, or it unwinds right now and the new one is in a destructor.
    if let Some(noted) = pop(|noted| noted.depth == depth) {
        noted.tell("panicked");
    }
    let mut noted = Noted::new(location, info.payload(), depth);
    if has_backtrace {
        noted.backtrace = Some(Backtrace::force_capture());
    }
    NOTED.with(|last| {
        noted.outer = ManuallyDrop::into_inner(last.take());
        last.set(ManuallyDrop::new(Some(Box::new(noted))));
    });
    body::note();
    true
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
fn pop(is_meant: impl Fn(&Noted) -> bool) -> Option<Box<Noted>> {
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
    unwind::text_of(payload).map(|text| (text.as_ptr().addr(), text.len()))
}

/// Returns whether this panic unwinds; one that does not ends the process.
///
/// On stable Rust, only the `Debug` output says so. If a later version does not, no panic is noted.
fn unwinds(info: &PanicHookInfo<'_>) -> bool {
    let mut search = Search { found: 0 };
    let _ = write!(search, "{info:?}");
    search.found == NEEDLE.len()
}

const NEEDLE: &[u8] = b"can_unwind: true";

/// Searches what is written to it for [`NEEDLE`], and stores none of it.
struct Search {
    /// The number of bytes of the needle that the last written bytes match.
    found: usize,
}

impl fmt::Write for Search {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            match NEEDLE.get(self.found) {
                None => break,
                Some(sought) if *sought == byte => self.found += 1,
                // The first letter of the needle is in it once, so a failed match can only begin again at that letter.
                Some(_) => self.found = usize::from(byte == NEEDLE[0]),
            }
        }
        Ok(())
    }
}
