//! Memory stays bounded, and idle threads sleep, as Linux tells it.

mod idle;
mod memory;

use crate::Scenario;

pub(crate) const SCENARIOS: &[&[Scenario]] = &[idle::SCENARIOS, memory::SCENARIOS];
