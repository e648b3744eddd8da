//! Arguments and results that tell what becomes of them.

pub(crate) mod contexts;
pub(crate) mod copies;
pub(crate) mod drops;
pub(crate) mod ends;
