//! How launches come: each shape in a file of its own.

pub(crate) mod burst;
pub(crate) mod end_to_end;
pub(crate) mod paced;
pub(crate) mod sparse;

use std::sync::Arc;

use crate::peer::Peer;
use crate::table::Table;

/// A way in which launches come.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    /// How many rounds make the medians steady on a noisy machine.
    pub(crate) rounds: usize,
    pub(crate) measure: fn(&[Arc<Peer>], usize, &mut Table),
}

#[rustfmt::skip]
pub(crate) const SHAPES: &[Shape] = &[
    Shape { name: "burst",      rounds: 80, measure: burst::burst },
    Shape { name: "paced",      rounds: 60, measure: paced::paced },
    Shape { name: "sparse",     rounds: 40, measure: sparse::sparse },
    Shape { name: "end-to-end", rounds: 7,  measure: end_to_end::end_to_end },
];
