//! The hook that notes panics for their reports, in place of a message of its own.

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

/// Has one message for each panic of launched work: its report, which then says where it panicked.
///
/// Without this, there are two: that of the panic hook, which is the standard library's unless the program has set another,
/// and the report. This puts a hook before the one that is installed. A panic in a launched body, in the destructor of its
/// arguments, in its error handler, or in the observer, is noted, and nothing is printed; everywhere else, the other hook
/// runs as before: on threads that a body has spawned, too, and for launches that a test captures and runs.
///
/// The report has the place in its line, and in [`Report::panicked_at`](crate::Report::panicked_at):
///
/// ```text
/// fire-and-forget: `app::welcome` (src/mail.rs:7) panicked at src/mail.rs:12: no route; launched at src/api.rs:42
/// ```
///
/// If `RUST_BACKTRACE` is set when this is called, and not to `0`, it also has a [backtrace](crate::Report::backtrace), which is
/// written below the line on standard error.
///
/// To be called once, at the top of `main`, after other hooks are set: one that is set later is called first, and calls this one
/// if it goes on to the hook before it. A second call changes nothing. The guide has [more](crate::guide::failures#panics).
///
/// - A panic that the body itself catches is no end of its launch, and has no report. It is written to standard error in a line
///   of its own: when the body is over, or this poll of an `async fn`, or when the thread panics again. So a loop that
///   never ends and catches panics should say itself what it caught.
/// - A panic that ends the process is printed by the other hook, after those that led to it. That is so for a panic in a
///   destructor while another unwinds.
/// - With `panic = "abort"` in the profile, this does nothing: no report would come.
/// - [`std::panic::resume_unwind`] calls no hook, so its report has no place.
///
/// # Panics
///
/// On a thread that is panicking, as [`std::panic::set_hook`] does.
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

/// What the hook has noted of a panic.
#[derive(Debug)]
pub(crate) struct Noted {
    file: Box<str>,
    line: u32,
    message: Box<str>,
    backtrace: Option<Backtrace>,
    /// Where the text of the payload lies, which stays there when the payload is boxed.
    text: TextAt,
    /// How deep the thread was in calls of user code.
    depth: u32,
    /// That of a call around this one.
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

    /// Writes what no report will say.
    fn tell(&self, what: &str) {
        let (place, message) = (self.place(), &self.message);
        stderr::note_above(
            format_args!("a launched body {what} at {place}: {message}"),
            self.backtrace(),
        );
    }
}

/// Notes a panic, if it is one that is reported. Takes no lock of ours, and does not panic.
fn note(info: &PanicHookInfo<'_>, has_backtrace: bool) -> bool {
    if !unwinds(info) {
        // The process aborts: nobody will ask for what has been noted.
        while let Some(noted) = pop(|_| true) {
            noted.tell("panicked");
        }
        return false;
    }
    let (Some(depth), Some(location)) = (body::reported_depth(), info.location()) else {
        return false;
    };
    // The body has caught that one; or it unwinds, and this is one in a destructor.
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

/// Takes what has been noted in a call of user code that has returned, if that ended with this payload. Otherwise the code has
/// caught it, and so it is said here.
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

/// Takes the last one that was noted on this thread, if it is meant.
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
    /// Without a destructor, so that it can be used in those of other thread-locals. Each call of user code takes what was noted in
    /// it.
    static NOTED: Cell<ManuallyDrop<Option<Box<Noted>>>> = const { Cell::new(ManuallyDrop::new(None)) };
}

/// Address and length. None where the payload is no text.
type TextAt = Option<(usize, usize)>;

fn text_at(payload: &(dyn Any + Send)) -> TextAt {
    unwind::text_of(payload).map(|text| (text.as_ptr().addr(), text.len()))
}

/// Does this panic unwind? One that does not ends the process. The standard library says so in the `Debug` alone; where it no
/// longer does, no panic is noted.
fn unwinds(info: &PanicHookInfo<'_>) -> bool {
    let mut search = Search { found: 0 };
    let _ = write!(search, "{info:?}");
    search.found == NEEDLE.len()
}

const NEEDLE: &[u8] = b"can_unwind: true";

/// Looks for a text in what is written, and keeps none of it.
struct Search {
    /// How many bytes of it have come last.
    found: usize,
}

impl fmt::Write for Search {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            match NEEDLE.get(self.found) {
                None => break,
                Some(sought) if *sought == byte => self.found += 1,
                // Its first letter is in it once.
                Some(_) => self.found = usize::from(byte == NEEDLE[0]),
            }
        }
        Ok(())
    }
}
