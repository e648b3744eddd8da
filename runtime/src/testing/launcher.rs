//! Which function was launched: what `take(function)` and a captured launch know of each other.
//!
//! A launcher cannot name itself: in the `impl` of a trait, `Self::method` may be another function. But the closure
//! that it hands to every launch, the one that leads to its `Site`, is written in it, so the name of that closure's
//! type is the launcher's own with `::{{closure}}` behind. Generic arguments are part of either name. With the type of
//! the arguments, that tells functions apart without anything in the expansion.

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

    /// What names a function whose launches are asked for.
    pub trait Launcher<Args> {
        /// The function.
        #[track_caller]
        fn asked(self) -> Asked;
    }

    /// A tuple.
    pub trait Arguments: Sized + 'static {
        /// The same one by one, as a function with conditional parameters puts them together: `((((), A), B), C)`.
        type OneByOne: 'static;

        /// All in one tuple.
        fn flat(one_by_one: Self::OneByOne) -> Self;

        /// From either form.
        #[must_use]
        fn of(arguments: Box<dyn Any>) -> Option<Self> {
            match arguments.downcast::<Self>() {
                Ok(flat) => Some(*flat),
                Err(other) => other.downcast().ok().map(|it| Self::flat(*it)),
            }
        }
    }

    /// What a launcher returns.
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

/// A launched function, as its launches know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Launched {
    name: &'static str,
    arguments: TypeId,
    /// The same in words.
    types: &'static str,
}

impl Launched {
    /// The function in which the closure `L` is written.
    pub(super) fn by<L, Args: 'static>() -> Self {
        Self {
            name: type_name::<L>().trim_end_matches(CLOSURE),
            arguments: TypeId::of::<Args>(),
            types: type_name::<Args>(),
        }
    }

    /// Was it launched with these types? Says which, if not.
    pub(super) fn takes<Args: Arguments>(self) -> Result<(), &'static str> {
        if both_forms::<Args>().contains(&self.arguments) {
            Ok(())
        } else {
            Err(self.types)
        }
    }
}

/// A tuple, and the same one by one.
fn both_forms<Args: Arguments>() -> [TypeId; 2] {
    [
        TypeId::of::<Args>(),
        TypeId::of::<<Args as sealed::Arguments>::OneByOne>(),
    ]
}

/// A function whose launches are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    named: Named,
}

#[derive(Debug, Clone, Copy)]
enum Named {
    /// By the type of the item: one instance, if it is generic. The arguments have two forms.
    Instance {
        name: &'static str,
        arguments: [TypeId; 2],
        /// Is there a reference among the types of the parameters? It may be to what `#[own]` copies.
        may_be_copied: bool,
    },
    /// By a call of it: every instance.
    Every(&'static Site),
}

impl Asked {
    /// # Panics
    ///
    /// When it is a function pointer, a closure or a method of a trait object, which do not say which function they call.
    #[track_caller]
    fn by_name<F, Args: Arguments>(_: &F) -> Self {
        let name = type_name::<F>();
        assert!(
            size_of::<F>() == 0 && !name.ends_with(CLOSURE),
            "launches are asked for by the annotated function itself, and this is a closure or a function pointer, \
             which may call any: `{name}`. `testing::by_call` asks for the function that a closure calls"
        );
        assert!(
            !is_of_its_own_trait_object(name),
            "`{name}` calls the method of whichever type is behind the trait object: ask for that type's, \
             `<Type as Trait>::method`"
        );
        Self {
            named: Named::Instance {
                name,
                arguments: both_forms::<Args>(),
                may_be_copied: type_name::<Args>().contains('&'),
            },
        }
    }

    /// Every instance of the function.
    pub(super) fn every(site: &'static Site) -> Self {
        Self {
            named: Named::Every(site),
        }
    }

    /// Was it this function?
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

    /// Was it another instance of this function?
    pub(super) fn is_another_instance(self, launched: Launched) -> bool {
        match self.named {
            Named::Instance { name, .. } => {
                name != launched.name && without_generics(name) == without_generics(launched.name)
            }
            Named::Every(_) => false,
        }
    }

    /// As messages call it.
    pub(super) fn name(self) -> &'static str {
        match self.named {
            Named::Instance { name, .. } => name,
            Named::Every(site) => site.name(),
        }
    }
}

/// Do an item's type and a closure in it name the same function?
///
/// They do in the same words, but for a method of a trait whose `impl` is neither where the trait is nor where the type
/// is: `<Type as Trait>::method` is then written `module::<impl Trait for Type>::method`.
fn is_same(asked: &str, launched: &str) -> bool {
    if asked == launched {
        return true;
    }
    let Some(inside) = asked.strip_prefix('<') else {
        return false;
    };
    // Types and traits may have either word in them, so each split is tried.
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

/// The name of a function without its generic arguments: `app::store` of `app::store<fn() -> u8>`.
fn without_generics(name: &str) -> &str {
    if !name.ends_with('>') {
        return name;
    }
    let mut open = 0_u32;
    for (at, byte) in name.bytes().enumerate().rev() {
        match byte {
            // An arrow closes nothing.
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

/// Is it `<dyn Trait as Trait>::method`?
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

/// Asks the compiler whether it names types in these words: they are its own choice.
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

/// What the type of a closure has behind the name of the function around it.
const CLOSURE: &str = "::{{closure}}";
