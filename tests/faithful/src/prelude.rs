//! No prelude, and names of ours and of the standard library that mean something else.

#![no_implicit_prelude]

use ::fire_and_forget::fire_and_forget as launch;

/// Not the crate.
pub mod fire_and_forget {}
/// Not the crate.
pub mod core {}
/// Not the crate.
pub mod std {}
/// Not a backend.
pub mod pool {}
/// Not a backend.
pub mod tokio {}

/// Not an option.
#[derive(::std::fmt::Debug)]
pub struct Option;
/// Not a result.
#[derive(::std::fmt::Debug)]
pub struct Result;
/// Not a box.
#[derive(::std::fmt::Debug)]
pub struct Box;
/// Neither.
#[derive(::std::fmt::Debug)]
pub struct Some;
/// Neither.
#[derive(::std::fmt::Debug)]
pub struct None;
/// Not a trait.
#[derive(::std::fmt::Debug)]
pub struct Send;
/// Not a site.
#[derive(::std::fmt::Debug)]
pub struct Site;
/// A static where the expansion has one, too.
pub static SITE: u8 = 1;

/// Items that no pattern can shadow, named like the variables of the expansion: `#[get]` of actix-web makes such a struct
/// of a handler.
#[allow(non_camel_case_types, non_upper_case_globals)]
pub mod items {
    use ::fire_and_forget::fire_and_forget as launcher;

    /// A unit struct.
    #[derive(::std::fmt::Debug)]
    pub struct launch;
    /// A static.
    pub static ret: u8 = 1;
    /// A constant.
    pub const back: u8 = 2;
    /// A constant.
    pub const slot: u8 = 3;

    /// With all of the variables.
    #[launcher(on_full = "reject")]
    pub fn function(number: u8) -> ::std::result::Result<(), u8> {
        crate::consume((launch, ret, back, slot));
        ::std::result::Result::Err(number)
    }
}

/// A function.
#[launch]
pub fn function(option: Option, result: Result) {
    crate::consume((option, result, SITE));
}

/// Named like the variables of the expansion.
#[launch(backend = "pool")]
pub fn variables(ret: Option, launch: u8, back: u8, slot: u8) {
    crate::consume((ret, launch, back, slot));
}

/// With an outcome.
#[launch(on_full = "reject", max_in_flight = 1)]
pub fn outcome(back: u8) -> ::std::result::Result<(), u8> {
    ::std::result::Result::Err(back)
}

/// A task.
#[launch(on_full = "reject")]
pub async fn task(slot: Box) -> ::std::result::Result<(), u8> {
    crate::consume(slot);
    ::std::result::Result::Err(1)
}
