//! Matches a function that a test names with the captured launches of that function.
//!
//! A launcher cannot name itself: in the `impl` of a trait, `Self::method` may be another function. But each launch
//! has a closure, which leads to its `Site`, and the launcher contains that closure. So the compiler's name of the
//! closure is the name of the launcher, followed by `::{{closure}}`. Both names have the generic arguments. The name
//! and the types of the arguments identify a function, and the expansion needs nothing for it.

use std::any::{TypeId, type_name};

use crate::account::site::Site;
use crate::launch::rejected::Rejected;

/// A function with the attribute, to ask for its launches. `Args` is the tuple of its parameters, `self` first.
///
/// It is implemented for functions of up to 12 parameters without an `extern "…"`, and for the result of
/// [`by_call`](super::by_call). You cannot implement it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a launcher that a test can name",
    label = "not a launcher",
    note = "name an annotated function: `welcome`, `Mailer::send`, `<Mailer as Send>::send`, `store::<u8>`",
    note = "the function has at most 12 parameters and no `extern \"…\"`; its launcher returns `()` or, under `on_full = \"reject\"`, a `Result`",
    note = "for any other function, write `testing::by_call(|| …)`"
)]
pub trait Launcher<Args>: sealed::Launcher<Args> {}

/// The parameters of a function, in a tuple. Not to be implemented elsewhere.
#[diagnostic::on_unimplemented(
    message = "the launches of a function that is named by a call cannot be taken",
    label = "the types of their arguments are not known",
    note = "the function may be generic, and each launch may have arguments of other types",
    note = "count or run the launches, or take those of one instance by its name: `take(store::<u8>)`"
)]
pub trait Arguments: sealed::Arguments {}

/// What the public traits consist of: outside semantic versioning.
pub mod sealed {
    use std::any::Any;

    pub use super::Asked;

    /// A value that names a function.
    pub trait Launcher<Args> {
        /// Returns the function that it names.
        #[track_caller]
        fn asked(self) -> Asked;
    }

    /// A tuple of parameters.
    pub trait Arguments: Sized + 'static {
        /// The same types in nested pairs, as a function with conditional parameters collects them: `((((), A), B),
        /// C)`.
        type OneByOne: 'static;

        /// Converts nested pairs into a tuple.
        fn flat(one_by_one: Self::OneByOne) -> Self;

        /// Converts either form into a tuple.
        #[must_use]
        fn of(arguments: Box<dyn Any>) -> Option<Self> {
            match arguments.downcast::<Self>() {
                Ok(flat) => Some(*flat),
                Err(other) => other.downcast().ok().map(|it| Self::flat(*it)),
            }
        }
    }

    /// The return type of a launcher.
    #[diagnostic::on_unimplemented(
        message = "no annotated function returns `{Self}`",
        label = "not a call of a launcher",
        note = "a launcher returns `()` or, under `on_full = \"reject\"`, a `Result`"
    )]
    pub trait Returned {}
}

#[diagnostic::do_not_recommend]
impl sealed::Returned for () {}
#[diagnostic::do_not_recommend]
impl<Args> sealed::Returned for Result<(), Rejected<Args>> {}

macro_rules! arguments {
    ($($name:ident)*) => {
        arguments!(@ [$($name)*] [()] [()] $($name)*);
    };
    (@ [$($all:ident)*] [$ty:ty] [$pattern:pat]) => {
        #[allow(non_snake_case, reason = "a type and its value have one name")]
        #[allow(clippy::unused_unit, reason = "the arguments may be none")]
        impl<$($all: 'static),*> sealed::Arguments for ($($all,)*) {
            type OneByOne = $ty;

            fn flat($pattern: $ty) -> Self {
                ($($all,)*)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($all: 'static),*> Arguments for ($($all,)*) {}

        impl<Function, Returned, $($all: 'static),*> sealed::Launcher<($($all,)*)> for Function
        where
            Function: Fn($($all),*) -> Returned,
            Returned: sealed::Returned,
        {
            #[track_caller]
            fn asked(self) -> Asked {
                Asked::by_name::<Self, ($($all,)*)>(&self)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<Function, Returned, $($all: 'static),*> Launcher<($($all,)*)> for Function
        where
            Function: Fn($($all),*) -> Returned,
            Returned: sealed::Returned,
        {
        }
    };
    (@ $all:tt [$ty:ty] [$pattern:pat] $name:ident $($rest:ident)*) => {
        arguments!(@ $all [($ty, $name)] [($pattern, $name)] $($rest)*);
    };
}

arguments!();
arguments!(A);
arguments!(A B);
arguments!(A B C);
arguments!(A B C D);
arguments!(A B C D E);
arguments!(A B C D E F);
arguments!(A B C D E F G);
arguments!(A B C D E F G H);
arguments!(A B C D E F G H I);
arguments!(A B C D E F G H I J);
arguments!(A B C D E F G H I J K);
arguments!(A B C D E F G H I J K L);

/// The identity of a launched function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Launched {
    name: &'static str,
    arguments: TypeId,
    /// The types of its arguments, as text for messages.
    types: &'static str,
}

impl Launched {
    /// Identifies the function that contains the closure `L`.
    pub(super) fn by<L, Args: 'static>() -> Self {
        Self {
            name: type_name::<L>().trim_end_matches(CLOSURE),
            arguments: TypeId::of::<Args>(),
            types: type_name::<Args>(),
        }
    }

    /// Returns an error with the real types, if the function was not launched with these.
    pub(super) fn takes<Args: Arguments>(self) -> Result<(), &'static str> {
        if both_forms::<Args>().contains(&self.arguments) {
            Ok(())
        } else {
            Err(self.types)
        }
    }
}

/// The type of the tuple, and of its nested pairs.
fn both_forms<Args: Arguments>() -> [TypeId; 2] {
    [
        TypeId::of::<Args>(),
        TypeId::of::<<Args as sealed::Arguments>::OneByOne>(),
    ]
}

/// The identity of a function that a test names.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    named: Named,
}

#[derive(Debug, Clone, Copy)]
enum Named {
    /// One instance, named by the type of the function item. The arguments have two forms.
    Instance {
        name: &'static str,
        arguments: [TypeId; 2],
        /// Whether a parameter has a reference in its type. `#[own]` may copy what it refers to.
        may_be_copied: bool,
    },
    /// Every instance, named by a call.
    Every(&'static Site),
}

impl Asked {
    /// # Panics
    ///
    /// If it is a function pointer, a closure or a method of a trait object: their types do not say which function
    /// they call.
    #[track_caller]
    fn by_name<F, Args: Arguments>(_: &F) -> Self {
        let name = type_name::<F>();
        assert!(
            size_of::<F>() == 0 && !name.ends_with(CLOSURE),
            "`{name}` is a closure or a function pointer, which may call any function: \
             name the annotated function, or write `testing::by_call(|| …)`"
        );
        assert!(
            !is_of_its_own_trait_object(name),
            "`{name}` is a method of a trait object, which may have any type: name `<Type as Trait>::method`"
        );
        Self {
            named: Named::Instance {
                name,
                arguments: both_forms::<Args>(),
                may_be_copied: type_name::<Args>().contains('&'),
            },
        }
    }

    /// Names every instance of the function.
    pub(super) fn every(site: &'static Site) -> Self {
        Self {
            named: Named::Every(site),
        }
    }

    /// Returns whether it names the launched function.
    pub(super) fn is(self, launched: Launched, site: &'static Site) -> bool {
        match self.named {
            Named::Instance {
                name,
                arguments,
                may_be_copied,
            } => {
                (arguments.contains(&launched.arguments) || may_be_copied)
                    && is_same(name, launched.name)
            }
            Named::Every(asked) => std::ptr::eq(asked, site),
        }
    }

    /// Returns whether it names another instance of the launched function.
    pub(super) fn is_another_instance(self, launched: Launched) -> bool {
        match self.named {
            Named::Instance { name, .. } => {
                name != launched.name && without_generics(name) == without_generics(launched.name)
            }
            Named::Every(_) => false,
        }
    }

    /// Returns the name for messages.
    pub(super) fn name(self) -> &'static str {
        match self.named {
            Named::Instance { name, .. } => name,
            Named::Every(site) => site.name(),
        }
    }
}

/// Returns whether the type of a function item and the type of a closure name the same function.
///
/// The two texts are equal, except for a method of a trait whose `impl` is in a third module: `<Type as
/// Trait>::method` is then written `module::<impl Trait for Type>::method`.
fn is_same(asked: &str, launched: &str) -> bool {
    if asked == launched {
        return true;
    }
    let Some(inside) = asked.strip_prefix('<') else {
        return false;
    };
    // The words may be part of a type or a trait, too, so each split is tried.
    inside.match_indices(" as ").any(|(at, word)| {
        let (ty, rest) = (&inside[..at], &inside[at + word.len()..]);
        rest.match_indices(">::").any(|(at, _)| {
            let (implemented, method) = rest.split_at(at);
            launched
                .strip_suffix(&format!("<impl {implemented} for {ty}{method}"))
                .is_some_and(|module| module.ends_with("::"))
        })
    })
}

/// Returns the name without its generic arguments: `app::store` for `app::store<fn() -> u8>`.
fn without_generics(name: &str) -> &str {
    if !name.ends_with('>') {
        return name;
    }
    let mut open = 0_u32;
    for (at, byte) in name.bytes().enumerate().rev() {
        match byte {
            // The `>` of an arrow closes no bracket.
            b'>' if !name[..at].ends_with('-') => open += 1,
            b'<' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return &name[..at];
        }
    }
    name
}

/// Returns whether the text is `<dyn Trait as Trait>::method`.
fn is_of_its_own_trait_object(asked: &str) -> bool {
    let Some(inside) = asked.strip_prefix("<dyn ") else {
        return false;
    };
    inside.match_indices(" as ").any(|(at, word)| {
        let (object, implemented) = (&inside[..at], &inside[at + word.len()..]);
        let principal = object.split(" + ").next().unwrap_or(object);
        implemented
            .strip_prefix(principal)
            .is_some_and(|method| method.starts_with(">::"))
    })
}

/// Returns whether this compiler names types as the functions above expect: it promises no format.
pub(super) fn names_are_known() -> bool {
    fn function<T>(_: T) -> &'static str {
        name(&|| {})
    }
    fn name<T>(_: &T) -> &'static str {
        type_name::<T>()
    }
    let launched = function(0_u8).strip_suffix(CLOSURE);
    launched.is_some_and(|launched| is_same(name(&function::<u8>), launched))
}

/// What the name of a closure's type has after the name of the function around it.
const CLOSURE: &str = "::{{closure}}";
