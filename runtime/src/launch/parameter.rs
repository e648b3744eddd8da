//! Compile-time checks of a parameter: it can be sent, it is owned, and for `restart` it can be cloned.
//!
//! The expansion calls each function with the parameter's own span, so that rustc underlines the parameter, and the
//! message names the remedy. Nothing here does anything at run time.

use std::marker::PhantomData;
use std::ops::Deref;

/// Requires `Send` of a parameter, and makes the closure around it capture the parameter whole, as a call of a plain
/// function would.
///
/// The parameter is a `&dyn Send`, because rustc would also print the place of a bound `T: Send`.
pub fn sendable(_: &dyn Send) {}

/// Refuses a parameter that borrows for a lifetime of the `impl` around it: `Self`, in a method of `impl Line<'_>`.
pub fn owned<T: ?Sized + 'static>(_: &T) {}

/// Refuses a parameter whose type leaves a lifetime out: `Line` for `Line<'_>`. Called with what `__parameter` of a
/// [`Parameter`] returns.
pub fn must_be_owned(_: &dyn MustBeOwned) {}

/// Requires `Clone` of a parameter of a daemon that is launched again.
pub fn cloneable(_: &dyn Cloneable) {}

/// The bound of [`cloneable`]: `Clone`, with a message about `restart`.
#[diagnostic::on_unimplemented(
    message = "`restart` clones the arguments for each start, but `{Self}` is not `Clone`",
    label = "this parameter cannot be cloned",
    note = "wrap it in an `Arc`, or remove `restart`"
)]
pub trait Cloneable {}

#[diagnostic::do_not_recommend]
impl<T: Clone> Cloneable for T {}

/// Names the type of a parameter in a closure that is never called, `|_: fn(Type)| {}`.
///
/// The type stands in an argument and not among generic arguments, because rustc words the error for a type that does not exist
/// differently there than for the parameter itself.
///
/// With a lifetime left out, `fn(Type)` is a function of any lifetime, and not [`OfOneType`]. Then `__parameter`
/// resolves to that of [`Borrowing`], by `Deref`; otherwise to the method of [`Parameter`] itself, which comes first.
#[must_use]
pub fn parameter<F>(_: impl FnOnce(F)) -> Parameter<F> {
    Parameter(Borrowing(PhantomData))
}

/// What [`parameter`] returns: its method `__parameter` says whether the type is owned.
#[derive(Debug)]
pub struct Parameter<F>(Borrowing<F>);

impl<F: OfOneType> Parameter<F> {
    /// Returns a marker that is [`MustBeOwned`].
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

/// The marker of a parameter that may borrow for any lifetime.
#[derive(Debug)]
pub struct Borrowing<F>(PhantomData<F>);

impl<F> Borrowing<F> {
    /// Returns a marker that is not [`MustBeOwned`].
    #[must_use]
    pub fn __parameter(&self) -> &Self {
        self
    }
}

/// The marker of a parameter that does not borrow.
#[derive(Debug)]
pub struct Owning;

/// A `fn(T)` with a single type `T`: no lifetime in it is left out.
pub trait OfOneType {}

impl<T: ?Sized> OfOneType for fn(T) {}

/// The bound of [`must_be_owned`], with its message.
#[diagnostic::on_unimplemented(
    message = "parameters must be owned, because the body may run after the call has returned",
    label = "its type has an elided lifetime",
    note = "use an owned type, or `'static` if the data is never freed"
)]
pub trait MustBeOwned {}

#[diagnostic::do_not_recommend]
impl MustBeOwned for Owning {}
