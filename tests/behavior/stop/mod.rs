//! The end of a process: waits, `shutdown`, daemons, and the line at exit.

mod daemons;
mod exit;
mod flush;
mod shutdown;
