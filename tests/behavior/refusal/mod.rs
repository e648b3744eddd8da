//! What a launch does that does not fit.

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
