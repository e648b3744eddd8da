//! The crate under another name: `crate = …` says which.

use background::fire_and_forget;

/// Named by the dependency.
#[fire_and_forget(crate = background)]
pub fn by_dependency(text: String) -> Result<(), String> {
    Err(text)
}

/// Named from the root.
///
/// # Errors
///
/// When there are too many.
#[fire_and_forget(crate = ::background, on_full = "reject")]
pub async fn from_the_root(text: String) -> Result<(), String> {
    Err(text)
}

/// Where the crate re-exports it.
pub mod vendor {
    pub use background as launching;
}

/// Named by a path inside the crate.
#[fire_and_forget(crate = crate::vendor::launching, backend = "thread")]
pub fn by_reexport(text: String) {
    drop(text);
}

/// A name that an attribute below ours leaves as it is.
#[fire_and_forget(crate = background)]
#[expect(unused_variables, reason = "that the attribute holds is the test")]
pub fn with_attributes(text: String) {}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    #[test]
    fn launches_are_in_the_ledger() {
        super::by_dependency("a".into());
        super::from_the_root("b".into()).unwrap();
        super::by_reexport("c".into());
        super::with_attributes("d".into());
        background::flush(Duration::from_secs(30)).wait().unwrap();
        let total = background::ledger().total();
        assert_eq!((total.launched, total.failed, total.ok), (4, 2, 2));
    }
}
