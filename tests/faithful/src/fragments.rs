//! Functions made by `macro_rules!`, one per kind of fragment.

use fire_and_forget::fire_and_forget;

use crate::consume;

macro_rules! function {
    ($(#[$attribute:meta])* $visibility:vis fn $name:ident($parameter:ident: $type:ty) $body:block) => {
        $(#[$attribute])*
        #[fire_and_forget]
        $visibility fn $name($parameter: $type) $body
    };
}

function! {
    /// Visibility, identifiers, a type, a block.
    pub fn block(text: String) {
        consume(text);
    }
}

function! {
    /// The same without a visibility.
    #[expect(dead_code, reason = "that it compiles is the test")]
    fn private(text: Option<Vec<u8>>) {
        consume(text);
    }
}

macro_rules! pattern {
    ($name:ident, $pattern:pat, $type:ty, $used:expr) => {
        /// A pattern and an expression.
        #[fire_and_forget]
        pub fn $name($pattern: $type) {
            consume($used);
        }
    };
}

// The names in the pattern are the caller's, and so are those in the expression.
pattern!(tuple, (left, _), (u8, String), left.checked_add(1));

macro_rules! lifetime {
    ($name:ident, $lifetime:lifetime) => {
        /// A lifetime.
        #[fire_and_forget]
        pub fn $name(text: &$lifetime str) {
            consume(text.len());
        }
    };
}

lifetime!(forever, 'static);

macro_rules! item {
    ($item:item) => {
        #[fire_and_forget]
        $item
    };
}

item! {
    /// An item as a whole.
    pub fn item(text: String) -> Result<(), String> {
        if text.is_empty() {
            return Err(text);
        }
        Ok(())
    }
}

macro_rules! statements {
    ($name:ident, $result:ty, [$($statement:stmt;)*] $tail:expr) => {
        /// Statements and a tail.
        #[fire_and_forget]
        pub async fn $name() -> $result {
            $($statement)*
            $tail
        }
    };
}

statements!(statements, Result<(), String>, [let text = String::new(); consume(text);] Ok(()));

macro_rules! option {
    ($name:ident, $limit:expr, $label:literal, $policy:literal, $backend:path, $handler:path) => {
        /// Options from fragments.
        #[fire_and_forget(
                                                                            backend = $backend,
                                                                            max_in_flight = $limit,
                                                                            name = $label,
                                                                            on_full = $policy,
                                                                            on_error = $handler
                                                                        )]
        pub fn $name() -> Result<(), u8> {
            Err(1)
        }
    };
}

option!(
    options,
    2 + 1,
    "label",
    "block",
    crate::options::MAIL,
    crate::options::ignore
);

macro_rules! method {
    ($type:ident, $self:ident, $body:expr) => {
        impl $type {
            /// The receiver is the caller's `self`.
            #[fire_and_forget]
            pub fn launch($self, times: u8) {
                consume((times, $body));
            }
        }
    };
}

/// Has a method made by a macro.
#[derive(Debug)]
pub struct Holder(String);

method!(Holder, self, self.0);

macro_rules! tokens {
    ($($token:tt)*) => {
        $($token)*
    };
}

tokens! {
    /// Token by token.
    #[fire_and_forget(backend = "pool")]
    pub fn tokens<T>(value: T, (left, _): (u8, u8)) where T: Clone + Send + 'static {
        consume((value.clone(), value, left.checked_add(1)));
    }
}

/// For other crates: the path goes through `$crate`.
#[macro_export]
macro_rules! launch_through_crate {
    ($name:ident) => {
        /// Named through the crate that exports the macro.
        #[$crate::fragments::reexport::fire_and_forget(crate = $crate::fragments::reexport)]
        pub fn $name(text: String) {
            drop(text);
        }
    };
}

/// The crate under another path.
pub mod reexport {
    pub use fire_and_forget::*;
}

launch_through_crate!(through_crate);

/// Calls them all.
pub fn call() {
    block(String::new());
    tuple((1, String::new()));
    forever("text");
    item(String::new());
    statements();
    options();
    Holder(String::new()).launch(1);
    tokens(1_u8, (1, 2));
    through_crate(String::new());
}
