//! Launchers of another crate than the one that tests.

use fire_and_forget::fire_and_forget;

/// A function.
#[fire_and_forget]
pub fn index(document: String) {
    drop(document);
}

/// A generic function.
#[fire_and_forget]
pub async fn store<T: Send + 'static>(value: T) {
    drop(value);
}

/// A trait whose methods launch.
pub trait Notify: Sized + Send + 'static {
    /// Without a body of its own.
    fn notify(self, text: String);

    /// With one.
    #[fire_and_forget(backend = "pool")]
    fn alert(self, level: u8) {
        let _ = level;
    }
}

/// A type for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Pager<T>(pub T);

/// A module that is neither the trait's nor the type's.
pub mod implementations {
    use super::{Notify, Pager};
    use fire_and_forget::fire_and_forget;

    impl<T: Send + 'static> Notify for Pager<T> {
        #[fire_and_forget]
        fn notify(self, text: String) {
            drop(text);
        }
    }

    impl Notify for Vec<Box<dyn Fn(u8) -> u16 + Send>> {
        #[fire_and_forget]
        fn notify(self, text: String) {
            drop(text);
        }
    }

    impl Pager<u64> {
        /// An associated function, in an `impl` away from its type.
        #[fire_and_forget]
        pub fn ring(times: u32) {
            let _ = times;
        }
    }
}
