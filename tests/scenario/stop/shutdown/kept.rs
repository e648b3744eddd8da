//! The reports of one scenario, as text.

use std::sync::Mutex;

use fire_and_forget::{Event, Loss, Observer, Refusal, Report};

/// Keeps the reports of losses and refusals as text.
pub(super) struct Keeper;

static KEPT: Mutex<Vec<String>> = Mutex::new(Vec::new());

impl Observer for Keeper {
    fn report(&self, report: &Report<'_>) {
        let function = report.function();
        KEPT.lock().unwrap().push(match report.event() {
            Event::Lost(Loss::Abandoned) => format!("{function} abandoned"),
            Event::Refused(Refusal::ShuttingDown) => format!("{function} refused"),
            event => format!("{function} {event}"),
        });
    }
}

pub(super) fn kept() -> Vec<String> {
    std::mem::take(&mut *KEPT.lock().unwrap())
}
