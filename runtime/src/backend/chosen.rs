//! What an expression in `backend = EXPR` may be: a `&'static` reference to a backend, or to a trait object of one.

use super::Backend;
use crate::account::site::Site;
use crate::account::sites::Sites;

/// Returns the site that a function has for the chosen backend, and that backend.
#[inline]
#[must_use]
pub fn choose<C>(
    sites: &'static Sites,
    chosen: C,
) -> (&'static Site, &'static <Expression as Choose<C>>::Backend)
where
    Expression: Choose<C>,
{
    Expression::choose(sites, chosen)
}

/// The expression of `backend = EXPR`.
#[derive(Debug)]
pub struct Expression(());

/// What the expression may be: a reference that lives as long as the program, to a backend.
///
/// It is implemented by [`Expression`], and not by the values, so that the compiler does not suggest to borrow a value.
#[diagnostic::on_unimplemented(
    message = "`backend` takes a `&'static` reference to a backend, not a `{C}`",
    label = "not a `&'static` reference to a backend",
    note = "declare the backend as a static; or call `Pool::leak` once, and store the `&'static Pool` that it returns",
    note = "to launch on a type of your own, implement `fire_and_forget::Backend` for it"
)]
pub trait Choose<C> {
    /// The backend that is launched on.
    type Backend: Backend;

    /// See [`choose`].
    fn choose(sites: &'static Sites, chosen: C) -> (&'static Site, &'static Self::Backend);
}

#[diagnostic::do_not_recommend]
impl<B: Backend> Choose<&'static B> for Expression {
    type Backend = B;

    fn choose(sites: &'static Sites, chosen: &'static B) -> (&'static Site, &'static B) {
        let (site, _) = sites.on(chosen);
        (site, chosen)
    }
}

/// Each kind of trait object by itself: the launch path needs a backend of a known size, which the kept reference is.
macro_rules! trait_objects {
    ($($object:ty,)*) => {
        $(
            #[diagnostic::do_not_recommend]
            impl Choose<&'static $object> for Expression {
                type Backend = &'static dyn Backend;

                fn choose(
                    sites: &'static Sites,
                    chosen: &'static $object,
                ) -> (&'static Site, &'static &'static dyn Backend) {
                    sites.on(chosen)
                }
            }
        )*
    };
}

trait_objects! {
    dyn Backend,
    dyn Backend + Send,
    dyn Backend + Sync,
    dyn Backend + Send + Sync,
}
