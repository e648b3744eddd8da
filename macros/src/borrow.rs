//! Finds what a type borrows from the caller, and what it may borrow.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{
    BoundLifetimes, GenericArgument, GenericParam, Generics, Lifetime, Path, PathArguments,
    ReturnType, Token, Type, TypeParamBound, TypeReference, WherePredicate,
};

/// A place in a type that ties it to the caller's stack.
pub(crate) enum Borrow<'t> {
    /// `&T`, or `&'a T` with a lifetime that does not outlive the call.
    Reference(&'t TypeReference),
    /// `'_`, or a lifetime parameter of the function.
    Lifetime(&'t Lifetime),
}

/// What a function takes from its callers and does not bound by `'static`.
pub(crate) struct Borrowed {
    lifetimes: Vec<String>,
    /// A bound may also come from a trait: these are suspects, and the compiler judges.
    types: Vec<String>,
}

impl Borrowed {
    pub(crate) fn new(generics: &Generics) -> Self {
        let predicates = || generics.where_clause.iter().flat_map(|it| &it.predicates);
        let is_bound = |parameter: &Lifetime| {
            predicates().any(|it| matches!(it, WherePredicate::Lifetime(it) if it.lifetime == *parameter && it.bounds.iter().any(is_static)))
        };
        let lifetimes = generics
            .lifetimes()
            .filter(|it| !it.bounds.iter().any(is_static) && !is_bound(&it.lifetime))
            .map(|it| it.lifetime.ident.to_string())
            .collect();
        let is_bound = |parameter: &Ident| {
            predicates().any(|it| matches!(it, WherePredicate::Type(it) if is_named(&it.bounded_ty, parameter) && has_static(&it.bounds)))
        };
        let types = generics
            .type_params()
            .filter(|it| !has_static(&it.bounds) && !is_bound(&it.ident))
            .map(|it| it.ident.to_string())
            .collect();
        Self { lifetimes, types }
    }

    /// May values of the type borrow, as far as can be seen?
    pub(crate) fn may_borrow(&self, ty: &Type) -> bool {
        let words = words(ty.to_token_stream());
        let is_opaque =
            words.iter().any(|it| it == "impl") && words.iter().all(|it| it != "static");
        is_opaque || words.iter().any(|it| self.types.contains(it))
    }

    /// Does the lifetime end with the call?
    pub(crate) fn contains(&self, lifetime: &Lifetime) -> bool {
        lifetime.ident == "_" || self.lifetimes.iter().any(|it| lifetime.ident == it)
    }

    /// The first place where the type borrows.
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

fn has_static(bounds: &Punctuated<TypeParamBound, Token![+]>) -> bool {
    let mut lifetimes = bounds.iter().filter_map(|it| match it {
        TypeParamBound::Lifetime(it) => Some(it),
        _ => None,
    });
    lifetimes.any(is_static)
}

fn is_named(ty: &Type, name: &Ident) -> bool {
    matches!(ty, Type::Path(it) if it.path.is_ident(name))
}

/// The words of the tokens, those of lifetimes among them.
fn words(tokens: TokenStream) -> Vec<String> {
    let words = tokens.into_iter().map(|token| match token {
        TokenTree::Ident(word) => vec![word.to_string()],
        TokenTree::Group(group) => words(group.stream()),
        _ => Vec::new(),
    });
    words.flatten().collect()
}

struct Search<'b> {
    borrowed: &'b Borrowed,
    /// The lifetimes of the `for<…>` around the place.
    bound: Vec<String>,
    /// Inside `fn(&T)` and `Fn(&T)`, where an elided lifetime belongs to whoever makes the call.
    is_signature: bool,
}

impl Search<'_> {
    fn ty<'t>(&mut self, ty: &'t Type) -> Option<Borrow<'t>> {
        match ty {
            Type::Array(it) => self.ty(&it.elem),
            Type::Slice(it) => self.ty(&it.elem),
            Type::Group(it) => self.ty(&it.elem),
            Type::Paren(it) => self.ty(&it.elem),
            Type::Ptr(it) => self.ty(&it.elem),
            Type::Tuple(it) => it.elems.iter().find_map(|elem| self.ty(elem)),
            Type::FnPtr(it) => self.binding(it.lifetimes.as_ref(), |search| {
                search.signature(it.inputs.iter().map(|input| &input.ty), &it.output)
            }),
            Type::ImplTrait(it) => self.bounds(&it.bounds),
            Type::TraitObject(it) => self.bounds(&it.bounds),
            Type::Path(it) => {
                let of_self = it.qself.as_ref().and_then(|qself| self.ty(&qself.ty));
                of_self.or_else(|| self.path(&it.path))
            }
            Type::Reference(it) => {
                let is_borrow = match &it.lifetime {
                    Some(lifetime) => self.is_borrow(lifetime),
                    None => !self.is_signature,
                };
                if is_borrow {
                    Some(Borrow::Reference(it))
                } else {
                    self.ty(&it.elem)
                }
            }
            // Macros, and types that syn does not know: the compiler's business.
            _ => None,
        }
    }

    fn is_borrow(&self, lifetime: &Lifetime) -> bool {
        let is_bound = self.bound.iter().any(|it| lifetime.ident == it);
        let is_elided = lifetime.ident == "_" && self.is_signature;
        !is_bound && !is_elided && self.borrowed.contains(lifetime)
    }

    fn path<'t>(&mut self, path: &'t Path) -> Option<Borrow<'t>> {
        path.segments
            .iter()
            .find_map(|segment| match &segment.arguments {
                PathArguments::None => None,
                PathArguments::AngleBracketed(it) => {
                    it.args.iter().find_map(|argument| self.argument(argument))
                }
                PathArguments::Parenthesized(it) => {
                    self.signature(it.inputs.iter().map(|input| &input.ty), &it.output)
                }
            })
    }

    fn argument<'t>(&mut self, argument: &'t GenericArgument) -> Option<Borrow<'t>> {
        match argument {
            GenericArgument::Lifetime(it) => self.lifetime(it),
            GenericArgument::Type(it) => self.ty(it),
            GenericArgument::AssocType(it) => self.ty(&it.ty),
            GenericArgument::Constraint(it) => self.bounds(&it.bounds),
            _ => None,
        }
    }

    fn lifetime<'t>(&self, lifetime: &'t Lifetime) -> Option<Borrow<'t>> {
        self.is_borrow(lifetime)
            .then_some(Borrow::Lifetime(lifetime))
    }

    fn bounds<'t>(
        &mut self,
        bounds: &'t Punctuated<TypeParamBound, Token![+]>,
    ) -> Option<Borrow<'t>> {
        bounds.iter().find_map(|bound| match bound {
            TypeParamBound::Trait(it) => {
                self.binding(it.lifetimes.as_ref(), |search| search.path(&it.path))
            }
            TypeParamBound::Lifetime(it) => self.lifetime(it),
            _ => None,
        })
    }

    fn signature<'t>(
        &mut self,
        mut inputs: impl Iterator<Item = &'t Type>,
        output: &'t ReturnType,
    ) -> Option<Borrow<'t>> {
        let outer = std::mem::replace(&mut self.is_signature, true);
        let found = inputs
            .find_map(|input| self.ty(input))
            .or_else(|| match output {
                ReturnType::Default => None,
                ReturnType::Type(_, ty) => self.ty(ty),
            });
        self.is_signature = outer;
        found
    }

    fn binding<'t>(
        &mut self,
        lifetimes: Option<&BoundLifetimes>,
        search: impl FnOnce(&mut Self) -> Option<Borrow<'t>>,
    ) -> Option<Borrow<'t>> {
        let outer = self.bound.len();
        for parameter in lifetimes.iter().flat_map(|it| &it.lifetimes) {
            if let GenericParam::Lifetime(it) = parameter {
                self.bound.push(it.lifetime.ident.to_string());
            }
        }
        let found = search(self);
        self.bound.truncate(outer);
        found
    }
}
