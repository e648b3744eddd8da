//! Many launches: all at once, and one by one.

mod mixed;
mod one_by_one;
