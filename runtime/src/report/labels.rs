//! The labels of a function's metrics.

use std::panic::Location;

use ::metrics::Label;

use crate::account::class::Class;

/// The labels of one function.
#[derive(Debug)]
pub(crate) struct Labels([[Label; 4]; Class::COUNT]);

impl Labels {
    pub(crate) fn new(
        function: &'static str,
        backend: &'static str,
        defined_at: &Location<'_>,
    ) -> Self {
        let defined_at = defined_at.to_string();
        Self(CLASSES.map(|class| {
            [
                Label::from_static_parts("function", function),
                Label::from_static_parts("backend", backend),
                Label::new("defined_at", defined_at.clone()),
                Label::from_static_parts("class", class.name()),
            ]
        }))
    }

    pub(super) fn each(&self) -> &[Label] {
        &self.0[0][..3]
    }

    pub(super) fn with(&self, class: Class) -> &[Label] {
        &self.0[class as usize]
    }
}

/// In the order of their discriminants.
const CLASSES: [Class; Class::COUNT] = [
    Class::Ok,
    Class::Failed,
    Class::Panicked,
    Class::Lost,
    Class::Refused,
];
