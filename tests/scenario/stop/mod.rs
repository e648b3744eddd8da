//! The end of a process: waits, `shutdown`, daemons, and the line at exit.

mod daemons;
mod exit;
mod flush;
mod shutdown;

use crate::Scenario;

pub(crate) const SCENARIOS: &[&[Scenario]] = &[
    daemons::ends::SCENARIOS,
    daemons::restarts::SCENARIOS,
    daemons::stopping::SCENARIOS,
    daemons::shutdown::SCENARIOS,
    exit::SCENARIOS,
    flush::SCENARIOS,
    shutdown::admission::SCENARIOS,
    shutdown::calls::SCENARIOS,
    shutdown::deadline::SCENARIOS,
    shutdown::guard::SCENARIOS,
    shutdown::join::SCENARIOS,
    shutdown::places::SCENARIOS,
    shutdown::race::SCENARIOS,
];
