//! How many launches a function made, and how many ended in each class.

use std::iter::Sum;
use std::ops::Add;

/// Launches by how they ended: `launched = in_flight + ok + failed + panicked + lost + refused`.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use fire_and_forget::fire_and_forget;
///
/// #[fire_and_forget(name = "parse")]
/// fn parse(text: &'static str) -> Result<(), std::num::ParseIntError> {
///     let number: u32 = text.parse()?;
///     println!("{number}");
///     Ok(())
/// }
///
/// parse("1");
/// parse("one");
/// fire_and_forget::flush(Duration::from_secs(5)).wait()?;
///
/// let ledger = fire_and_forget::ledger();
/// let counts = ledger.get("parse").expect("it was launched").counts();
/// assert_eq!((counts.launched, counts.ok, counts.failed), (2, 1, 1));
/// # Ok::<(), fire_and_forget::Unfinished>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Counts {
    /// Calls of the function.
    pub launched: u64,
    /// The body returned `()` or `Ok`.
    pub ok: u64,
    /// The body returned `Err`.
    pub failed: u64,
    /// The body unwound.
    pub panicked: u64,
    /// Admitted, never finished: see [`Loss`](crate::Loss).
    pub lost: u64,
    /// Never admitted: see [`Refusal`](crate::Refusal).
    pub refused: u64,
}

impl Counts {
    /// Launches that have not ended: queued, or running. Zero for a difference of two counts in which more ended than were
    /// launched.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.launched.saturating_sub(self.ended())
    }

    pub(crate) fn ended(&self) -> u64 {
        self.ok + self.failed + self.panicked + self.lost + self.refused
    }

    pub(super) fn columns(&self) -> [u64; 7] {
        [
            self.launched,
            self.in_flight(),
            self.ok,
            self.failed,
            self.panicked,
            self.lost,
            self.refused,
        ]
    }
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            launched: self.launched + other.launched,
            ok: self.ok + other.ok,
            failed: self.failed + other.failed,
            panicked: self.panicked + other.panicked,
            lost: self.lost + other.lost,
            refused: self.refused + other.refused,
        }
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), Add::add)
    }
}
