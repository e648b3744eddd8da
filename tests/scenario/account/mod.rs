//! Every launch ends in one class, is counted there, and is reported: under faults, and through any observer.

mod faults;
mod limited;
mod observer;
mod panics;

use crate::Scenario;

pub(crate) const SCENARIOS: &[&[Scenario]] = &[
    faults::SCENARIOS,
    limited::SCENARIOS,
    observer::SCENARIOS,
    panics::SCENARIOS,
];
