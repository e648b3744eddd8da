//! A launch that does not fit: what counts as room, and what happens without it.

/// Pools of one thread with room for one launch, each for one test.
macro_rules! small {
    ($($name:ident),*) => {
        $(static $name: Pool = Pool::new("small").threads(1).queue(1);)*
    };
}

mod arguments;
mod block;
mod limit;
mod policies;
mod room;
