//! Nothing hangs: neither launches nor waits, whatever destructors, wakers and other launches do.

mod destructors;
mod feeding;
mod first_launches;
mod service;

use crate::Scenario;

pub(crate) const SCENARIOS: &[&[Scenario]] = &[
    destructors::again::SCENARIOS,
    destructors::evicted::SCENARIOS,
    destructors::large::SCENARIOS,
    destructors::launches::SCENARIOS,
    destructors::waits::SCENARIOS,
    feeding::SCENARIOS,
    first_launches::SCENARIOS,
    service::SCENARIOS,
];
