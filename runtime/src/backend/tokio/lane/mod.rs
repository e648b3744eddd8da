//! Where launches wait to be spawned by a task of ours on their runtime.

mod here;
mod lane;

pub(super) use self::here::lane as here;
pub(crate) use self::lane::Lane;
