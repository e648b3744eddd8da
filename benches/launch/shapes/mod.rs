//! How launches come, and what there is to count about them: each in a file of its own.

pub(crate) mod blocked;
pub(crate) mod burst;
pub(crate) mod counts;
pub(crate) mod end_to_end;
pub(crate) mod exact;
pub(crate) mod growth;
pub(crate) mod paced;
pub(crate) mod sparse;

use std::sync::Arc;

use crate::findings::Findings;
use crate::peer::Peer;

/// A way in which launches come, or what there is to count about them.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    /// How many rounds make the medians steady on a noisy machine.
    pub(crate) rounds: usize,
    pub(crate) measure: fn(&[Arc<Peer>], usize, &mut Findings),
}

#[rustfmt::skip]
pub(crate) const SHAPES: &[Shape] = &[
    Shape { name: "burst",      rounds: 80, measure: burst::burst },
    Shape { name: "paced",      rounds: 60, measure: paced::paced },
    Shape { name: "sparse",     rounds: 40, measure: sparse::sparse },
    Shape { name: "end-to-end", rounds: 7,  measure: end_to_end::end_to_end },
    Shape { name: "blocked",    rounds: 11, measure: blocked::blocked },
    Shape { name: "growth",     rounds: 40, measure: growth::growth },
    Shape { name: "counts",     rounds: 1,  measure: counts::counts },
    Shape { name: "exact",      rounds: 1,  measure: exact::exact },
];
