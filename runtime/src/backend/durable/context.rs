//! A context that travels with the arguments.

use super::arguments::{Record, Storable};
use crate::context::{Context, Contexts};

/// A context of a launch that is to be written down.
#[derive(Debug)]
pub struct ToStore<C> {
    context: C,
    /// With [`OF_CONTEXT`](super::arguments::OF_CONTEXT) before it.
    name: &'static str,
}

/// Wraps a context, with what its value is called in the store.
pub const fn to_store<C>(context: C, name: &'static str) -> ToStore<C> {
    ToStore { context, name }
}

impl<C: Context + Storable> Contexts for ToStore<C> {
    fn enter(&self, code: &mut dyn FnMut()) {
        self.context.scope(code);
    }

    fn record(&self, record: &mut Record) {
        self.context.put(record, self.name);
    }
}
