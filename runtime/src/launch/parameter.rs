//! What is asked of a parameter: that it can be sent, and that it is owned.

use std::marker::PhantomData;
use std::ops::Deref;

/// Underlines a parameter that cannot be sent to another thread, and makes the closure around it capture the
/// parameter whole, as a call of a plain function would.
///
/// Not `<T: Send>`: for the bound of a function the compiler would go on to say where that function is.
pub fn sendable(_: &dyn Send) {}

/// Underlines a parameter that borrows for a lifetime of the `impl` around it: `Self`, in a method of `impl Line<'_>`.
pub fn owned<T: ?Sized + 'static>(_: &T) {}

/// Underlines a parameter in whose type a lifetime is left out: `Line` for `Line<'_>`.
pub fn must_be_owned(_: &dyn MustBeOwned) {}

/// Underlines a parameter that cannot be cloned, of a daemon that is launched again.
pub fn cloneable(_: &dyn Cloneable) {}

/// What [`cloneable`] takes.
#[diagnostic::on_unimplemented(
    message = "`restart` launches the daemon again with the same arguments, and `{Self}` cannot be cloned",
    label = "not `Clone`",
    note = "put it into an `Arc`, or remove `restart`"
)]
pub trait Cloneable {}

#[diagnostic::do_not_recommend]
impl<T: Clone> Cloneable for T {}

/// Names the type of a parameter, as that of an argument, `|_: fn(Type)| {}`, which is never passed: among generic
/// arguments the compiler would say something else of a type that does not exist than it says of the parameter.
///
/// A lifetime that is left out there may be any, so that the whole is no `fn(T)` of one type `T`. It has the method
/// `__parameter` of [`Borrowing`] then, and otherwise its own.
#[must_use]
pub fn parameter<F>(_: impl FnOnce(F)) -> Parameter<F> {
    Parameter(Borrowing(PhantomData))
}

/// See [`parameter`].
#[derive(Debug)]
pub struct Parameter<F>(Borrowing<F>);

impl<F: OfOneType> Parameter<F> {
    /// Something that is owned.
    #[must_use]
    pub fn __parameter(&self) -> &Owning {
        &Owning
    }
}

impl<F> Deref for Parameter<F> {
    type Target = Borrowing<F>;

    fn deref(&self) -> &Borrowing<F> {
        &self.0
    }
}

/// A parameter that may borrow for any lifetime.
#[derive(Debug)]
pub struct Borrowing<F>(PhantomData<F>);

impl<F> Borrowing<F> {
    /// Something that is not owned.
    #[must_use]
    pub fn __parameter(&self) -> &Self {
        self
    }
}

/// A parameter that does not borrow.
#[derive(Debug)]
pub struct Owning;

/// `fn(T)` for one type `T`.
pub trait OfOneType {}

impl<T: ?Sized> OfOneType for fn(T) {}

/// What [`must_be_owned`] takes.
#[diagnostic::on_unimplemented(
    message = "parameters must be owned, because the body may run after the call has returned",
    label = "its type has a lifetime, which is left out here",
    note = "use an owned type, or `'static` if the data is never freed"
)]
pub trait MustBeOwned {}

#[diagnostic::do_not_recommend]
impl MustBeOwned for Owning {}
