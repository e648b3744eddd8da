//! Finds what a type borrows from the caller, as far as tokens show it.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{
    BoundLifetimes, GenericArgument, GenericParam, Generics, Ident, Lifetime, Path, PathArguments,
    ReturnType, Token, Type, TypeParamBound, TypeReference, WherePredicate,
};

use crate::item::is_punct;
use crate::launcher::Suspicion;
use crate::returns::VALUES;

type Bounds = Punctuated<TypeParamBound, Token![+]>;

/// A place at which a type borrows from the caller.
pub(crate) enum Borrow<'t> {
    /// `&T`, or `&'a T` with a lifetime that does not outlive the call.
    Reference(&'t TypeReference),
    /// `'_`, or a lifetime parameter of the function.
    Lifetime(&'t Lifetime),
}

/// The lifetimes and type parameters of a function that may be shorter than `'static`.
pub(crate) struct Borrowed {
    lifetimes: Vec<Ident>,
    /// Lifetime parameters with the bound `'static`.
    outlive: Vec<Ident>,
    /// Type parameters without the bound `'static`. A trait may imply it, so the compiler decides.
    types: Vec<Ident>,
}

impl Borrowed {
    pub(crate) fn new(generics: &Generics) -> Self {
        let mut borrowed = Self {
            lifetimes: Vec::new(),
            outlive: Vec::new(),
            types: Vec::new(),
        };
        for parameter in &generics.params {
            match parameter {
                GenericParam::Lifetime(it) if !it.bounds.iter().any(is_static) => {
                    borrowed.lifetimes.push(it.lifetime.ident.clone());
                }
                GenericParam::Lifetime(it) => borrowed.outlive.push(it.lifetime.ident.clone()),
                GenericParam::Type(it) if !has_static(&it.bounds) => {
                    borrowed.types.push(it.ident.clone());
                }
                _ => {}
            }
        }
        for predicate in generics.where_clause.iter().flat_map(|it| &it.predicates) {
            match predicate {
                WherePredicate::Lifetime(it) if it.bounds.iter().any(is_static) => {
                    borrowed.lifetimes.retain(|name| *name != it.lifetime.ident);
                    borrowed.outlive.push(it.lifetime.ident.clone());
                }
                WherePredicate::Type(it) if has_static(&it.bounds) => {
                    borrowed
                        .types
                        .retain(|name| !is_named(&it.bounded_ty, name));
                }
                _ => {}
            }
        }
        borrowed
    }

    /// Returns why the type may borrow although its tokens show no borrow.
    pub(crate) fn suspect(&self, ty: &Type) -> Option<Suspicion> {
        let words = words(ty.to_token_stream());
        let has = |word: &str| words.iter().any(|it| it == word);
        if (has("impl") && !has("static")) || words.iter().any(|it| self.types.contains(it)) {
            Some(Suspicion::Generic)
        } else if has("Self") {
            Some(Suspicion::OfSelf)
        } else if has("impl")
            || has("static")
            || has_macro(ty.to_token_stream())
            || (words.iter()).all(|it| VALUES.iter().any(|value| it == value))
        {
            // No suspicion: all its words are types without lifetimes, or it cannot be written in the type of a
            // function, which the compiler's check needs.
            None
        } else {
            Some(Suspicion::LeftOut)
        }
    }

    /// Returns whether the lifetime may end with the call.
    pub(crate) fn contains(&self, lifetime: &Lifetime) -> bool {
        lifetime.ident == "_" || self.lifetimes.contains(&lifetime.ident)
    }

    /// Returns whether the lifetime is, or outlives, `'static`.
    pub(crate) fn is_static(&self, lifetime: &Lifetime) -> bool {
        is_static(lifetime) || self.outlive.contains(&lifetime.ident)
    }

    /// Returns the first place at which the type borrows.
    pub(crate) fn find<'t>(&self, ty: &'t Type) -> Option<Borrow<'t>> {
        let mut search = Search {
            borrowed: self,
            bound: Vec::new(),
            is_signature: false,
        };
        search.ty(ty)
    }
}

fn is_static(lifetime: &Lifetime) -> bool {
    lifetime.ident == "static"
}

fn has_static(bounds: &Bounds) -> bool {
    bounds
        .iter()
        .any(|it| matches!(it, TypeParamBound::Lifetime(it) if is_static(it)))
}

fn is_named(ty: &Type, name: &Ident) -> bool {
    matches!(ty, Type::Path(it) if it.path.is_ident(name))
}

/// Returns all identifiers in the tokens, names of lifetimes included.
fn words(tokens: TokenStream) -> Vec<Ident> {
    let words = tokens.into_iter().map(|token| match token {
        TokenTree::Ident(word) => vec![word],
        TokenTree::Group(group) => words(group.stream()),
        _ => Vec::new(),
    });
    words.flatten().collect()
}

fn has_macro(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => has_macro(group.stream()),
        token => is_punct(&token, '!'),
    })
}

struct Search<'b, 't> {
    borrowed: &'b Borrowed,
    /// The lifetimes that an enclosing `for<…>` binds.
    bound: Vec<&'t Ident>,
    /// Set inside `fn(&T)` and `Fn(&T)`, where each call of that function chooses an elided lifetime.
    is_signature: bool,
}

impl<'t> Search<'_, 't> {
    fn ty(&mut self, ty: &'t Type) -> Option<Borrow<'t>> {
        match ty {
            Type::Array(it) => self.ty(&it.elem),
            Type::Group(it) => self.ty(&it.elem),
            Type::Paren(it) => self.ty(&it.elem),
            Type::Ptr(it) => self.ty(&it.elem),
            Type::Slice(it) => self.ty(&it.elem),
            Type::Tuple(it) => it.elems.iter().find_map(|elem| self.ty(elem)),
            // A `'static` reference points to nothing shorter.
            Type::Reference(it) if it.lifetime.as_ref().is_some_and(is_static) => None,
            Type::Reference(it) => {
                let is_borrow = match &it.lifetime {
                    Some(lifetime) => self.is_borrow(lifetime),
                    None => !self.is_signature,
                };
                if is_borrow {
                    return Some(Borrow::Reference(it));
                }
                self.ty(&it.elem)
            }
            Type::FnPtr(it) => self.inside(it.lifetimes.as_ref(), |search| {
                search.signature(it.inputs.iter().map(|input| &input.ty), &it.output)
            }),
            // It is a type parameter: its value does not contain what the bounds name.
            Type::ImplTrait(it) if has_static(&it.bounds) => None,
            Type::ImplTrait(it) => self.bounds(&it.bounds),
            Type::TraitObject(it) => self.bounds(&it.bounds),
            Type::Path(it) => {
                let of_self = it.qself.as_ref().and_then(|qself| self.ty(&qself.ty));
                of_self.or_else(|| self.path(&it.path))
            }
            // Macros, and types that `syn` does not know, are left to the compiler.
            _ => None,
        }
    }

    fn path(&mut self, path: &'t Path) -> Option<Borrow<'t>> {
        path.segments.iter().find_map(|it| match &it.arguments {
            PathArguments::None => None,
            PathArguments::AngleBracketed(it) => it.args.iter().find_map(|it| self.argument(it)),
            PathArguments::Parenthesized(it) => {
                self.signature(it.inputs.iter().map(|input| &input.ty), &it.output)
            }
        })
    }

    fn argument(&mut self, argument: &'t GenericArgument) -> Option<Borrow<'t>> {
        match argument {
            GenericArgument::Lifetime(it) => self.lifetime(it),
            GenericArgument::Type(it) => self.ty(it),
            GenericArgument::AssocType(it) => self.ty(&it.ty),
            GenericArgument::Constraint(it) => self.bounds(&it.bounds),
            _ => None,
        }
    }

    fn bounds(&mut self, bounds: &'t Bounds) -> Option<Borrow<'t>> {
        bounds.iter().find_map(|it| match it {
            TypeParamBound::Trait(it) => {
                self.inside(it.lifetimes.as_ref(), |search| search.path(&it.path))
            }
            TypeParamBound::Lifetime(it) => self.lifetime(it),
            _ => None,
        })
    }

    fn lifetime(&self, lifetime: &'t Lifetime) -> Option<Borrow<'t>> {
        let is_borrow = self.is_borrow(lifetime);
        is_borrow.then_some(Borrow::Lifetime(lifetime))
    }

    fn is_borrow(&self, lifetime: &Lifetime) -> bool {
        let is_elided = lifetime.ident == "_" && self.is_signature;
        !self.bound.contains(&&lifetime.ident) && !is_elided && self.borrowed.contains(lifetime)
    }

    fn signature(
        &mut self,
        mut inputs: impl Iterator<Item = &'t Type>,
        output: &'t ReturnType,
    ) -> Option<Borrow<'t>> {
        let outer = std::mem::replace(&mut self.is_signature, true);
        let of_output = |search: &mut Self| match output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => search.ty(ty),
        };
        let found = inputs
            .find_map(|it| self.ty(it))
            .or_else(|| of_output(self));
        self.is_signature = outer;
        found
    }

    /// Searches behind a `for<…>`.
    fn inside(
        &mut self,
        binder: Option<&'t BoundLifetimes>,
        search: impl FnOnce(&mut Self) -> Option<Borrow<'t>>,
    ) -> Option<Borrow<'t>> {
        let outer = self.bound.len();
        for parameter in binder.iter().flat_map(|it| &it.lifetimes) {
            if let GenericParam::Lifetime(it) = parameter {
                self.bound.push(&it.lifetime.ident);
            }
        }
        let found = search(self);
        self.bound.truncate(outer);
        found
    }
}
