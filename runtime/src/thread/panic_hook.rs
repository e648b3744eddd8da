//! The panic hook of `hook_panics`: it notes a panic of launched work for its report, in place of printing a message.
//!
//! The hook runs before the panic unwinds, so it cannot know whether the panic will reach our `catch_unwind` or be caught
//! by the body. It notes the place, the message and the address of the payload's text. When the call of user code returns
//! (`unwind.rs`), `noted::take` compares: the payload that arrives is the noted one, or the body has caught it, and then it is
//! printed. Notes are a stack per thread, one for each nested call, so that a panic in a destructor does not replace that
//! of the body around it.

use std::backtrace::Backtrace;
use std::fmt::{self, Write as _};
use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicBool, Ordering};
use std::{env, thread};

use super::body;
use super::noted::{self, Noted, pop};

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
    noted::push(noted);
    true
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
