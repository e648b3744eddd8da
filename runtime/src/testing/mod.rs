//! Testing code that launches.

mod capture;
mod elsewhere;
pub(crate) mod launch;
pub(crate) mod launcher;
mod mode;
mod refuse;
mod run;
#[cfg(feature = "tokio")]
pub(crate) mod spawn;
pub(crate) mod store;

pub use capture::{Capture, CaptureHandle, Entered, capture};
pub use launcher::{Arguments, Launcher};
pub use refuse::{Forbidding, Refusing, forbid, refuse};
pub use run::Run;
