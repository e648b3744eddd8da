//! The line that a process prints when it exits without a shutdown and launches are unfinished.

#![expect(
    unsafe_code,
    reason = "the C runtime is the only one that knows when the process exits"
)]

use std::ffi::c_int;
use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::account::{functions, namesakes};
use crate::report::{limit, line};
use crate::stop::{phase, progress};

/// Asks to be called at the exit of the process, once.
pub(crate) fn install() {
    // No `Once`: see `fork.rs`.
    static IS_INSTALLED: AtomicBool = AtomicBool::new(false);
    if cfg!(fire_and_forget_shuttle) {
        return; // By then there is no scheduler any more.
    }
    if cfg!(miri) {
        return; // There is no C runtime.
    }
    if !IS_INSTALLED.swap(true, Ordering::Relaxed) {
        // Refused only when memory is out; then the process exits without the line.
        #[cfg(any(unix, windows))]
        let _ = atexit(at_exit);
    }
}

#[cfg(any(unix, windows))]
// SAFETY: the signature is the C standard's. The function is safe to call: it keeps nothing but the pointer, to a
// function that lives as long as the program.
unsafe extern "C" {
    safe fn atexit(callback: extern "C" fn()) -> c_int;
}

/// Runs after `main`, while other threads go on: takes no lock and, while there is a descriptor left, allocates nothing. It
/// cannot unwind: it calls only code of ours, into a buffer that cuts what does not fit.
extern "C" fn at_exit() {
    let mut line = Line {
        buffer: [0; LINE],
        length: 0,
    };
    let early = progress::exits_early();
    phase::exits();
    if let Some(why) = early {
        line.name_unfinished(why);
        line.print();
    }
    // A fork has copies of the numbers of the process that it comes from, which says them itself.
    let left_out = if phase::is_forked() {
        0
    } else {
        limit::take_at_exit()
    };
    if left_out > 0 {
        let _ = write!(line, "fire-and-forget: {left_out} more reports left out");
        line.print();
    }
}

/// A line in a buffer of its own.
struct Line {
    buffer: [u8; LINE],
    length: usize,
}

impl Line {
    /// As many functions with launches in flight as have room.
    fn name_unfinished(&mut self, why: &str) {
        let unfinished = functions::rows()
            .filter(|site| !site.is_daemon())
            .map(|site| (site, site.of_all_backends().1.in_flight()))
            .filter(|(_, in_flight)| *in_flight > 0);
        for (at, (site, in_flight)) in unfinished.enumerate() {
            if at == 0 {
                let _ = write!(self, "fire-and-forget: {why}; unfinished: ");
            }
            let whole = self.length;
            let separator = if at == 0 { "" } else { SEPARATOR };
            let (name, place) = (site.name(), namesakes::place_of(site));
            if write!(self, "{separator}`{name}`{place} ({in_flight} in flight)").is_err() {
                self.cut(whole, separator);
                break;
            }
        }
    }

    /// Goes back to the first `whole` bytes, and says that there was more.
    fn cut(&mut self, whole: usize, separator: &str) {
        self.length = whole;
        for text in [separator, MORE] {
            let end = self.length + text.len();
            self.buffer[self.length..end].copy_from_slice(text.as_bytes());
            self.length = end;
        }
    }

    fn push(&mut self, char: char) -> fmt::Result {
        // What stays free is for the end of the line.
        let room = self.length..self.buffer.len() - END;
        let Some(place) = self.buffer[room].get_mut(..char.len_utf8()) else {
            return Err(fmt::Error);
        };
        self.length += char.encode_utf8(place).len();
        Ok(())
    }

    /// Writes what there is, and begins anew.
    fn print(&mut self) {
        if self.length == 0 {
            return;
        }
        self.buffer[self.length] = b'\n';
        line::write_at_exit(&self.buffer[..=self.length], pipe::takes);
        self.length = 0;
    }
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // A name may have line breaks in it.
        line::in_one_line(text).try_for_each(|char| self.push(char))
    }
}

/// In bytes. A pipe that has room takes 4,096 at once.
const LINE: usize = 2048;
const SEPARATOR: &str = ", ";
const MORE: &str = "…";
const END: usize = SEPARATOR.len() + MORE.len() + "\n".len();

/// Whether a write would wait: standard error may be a pipe that is full and that nobody reads.
#[cfg(target_os = "linux")]
mod pipe {
    use std::ffi::{c_int, c_short, c_ulong};
    use std::fs::File;
    use std::os::fd::AsRawFd as _;
    use std::time::Duration;

    /// Does this file take what fits into a pipe at once, by then?
    pub(super) fn takes(file: &File, patience: Duration) -> bool {
        let mut asked = PollFd {
            descriptor: file.as_raw_fd(),
            events: POLLOUT,
            answered: 0,
        };
        let patience = c_int::try_from(patience.as_millis()).unwrap_or(c_int::MAX);
        // A signal that comes meanwhile ends the call.
        (0..TRIES).any(|_| {
            // SAFETY: the pointer is to one value of that layout, which is ours, and lives longer than the call.
            unsafe { poll(&raw mut asked, 1, patience / TRIES) == 1 }
        })
    }

    #[repr(C)]
    struct PollFd {
        descriptor: c_int,
        events: c_short,
        answered: c_short,
    }

    // SAFETY: the signature is that of POSIX, with the number of files as Linux counts them.
    unsafe extern "C" {
        fn poll(files: *mut PollFd, count: c_ulong, milliseconds: c_int) -> c_int;
    }

    const POLLOUT: c_short = 4;
    const TRIES: c_int = 10;
}

/// Not asked elsewhere, where the numbers are others: there, the exit waits for who reads.
#[cfg(not(target_os = "linux"))]
mod pipe {
    use std::fs::File;
    use std::time::Duration;

    pub(super) fn takes(_: &File, _: Duration) -> bool {
        true
    }
}
