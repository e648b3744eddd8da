//! The spans and events of launches, as a subscriber sees them (feature `tracing`).

mod recorded;

mod suite;

mod callbacks;
#[cfg(feature = "testing")]
mod captured;
mod filters;
mod in_place;
mod panics;
mod polls;
#[cfg(feature = "durable")]
mod propagated;
mod reports;
mod slow;
mod without_a_subscriber;
