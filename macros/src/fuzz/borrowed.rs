//! A second, simpler answer to whether a function borrows, to compare with `borrow.rs`.

use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{
    Attribute, BoundLifetimes, Expr, FnArg, GenericParam, Generics, Lifetime, Macro,
    ParenthesizedGenericArguments, PreciseCapture, Receiver, ReceiverKind, Signature, TraitBound,
    Type, TypeFnPtr, TypeImplTrait, TypeParamBound, TypeReference, WherePredicate,
};

/// Returns whether a parameter or the receiver borrows from the caller. A copied one borrows only if its copy does.
pub(crate) fn any(sig: &Signature) -> bool {
    let borrows = |arg: &FnArg| {
        let mut search = Search {
            lifetimes: short_lifetimes(&sig.generics),
            is_signature: false,
            found: false,
        };
        match arg {
            FnArg::Receiver(it) if has_own(&it.attrs) => {
                if let ReceiverKind::Typed(_, ty) = &it.kind {
                    search.copied(ty);
                }
            }
            FnArg::Typed(it) if has_own(&it.attrs) => search.copied(&it.ty),
            FnArg::Receiver(it) => search.receiver(it),
            FnArg::Typed(it) => search.visit_type(&it.ty),
        }
        search.found
    };
    sig.inputs.iter().any(borrows)
}

fn has_own(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|it| it.path().is_ident("own"))
}

/// Returns the lifetime parameters without the bound `'static`.
fn short_lifetimes(generics: &Generics) -> Vec<String> {
    let is_static = |it: &Lifetime| it.ident == "static";
    let is_bounded = |lifetime: &Lifetime| {
        let mut predicates = generics.where_clause.iter().flat_map(|it| &it.predicates);
        predicates.any(|it| match it {
            WherePredicate::Lifetime(it) => {
                it.lifetime == *lifetime && it.bounds.iter().any(is_static)
            }
            _ => false,
        })
    };
    let short = |parameter: &GenericParam| match parameter {
        GenericParam::Lifetime(it)
            if !it.bounds.iter().any(is_static) && !is_bounded(&it.lifetime) =>
        {
            Some(it.lifetime.ident.to_string())
        }
        _ => None,
    };
    generics.params.iter().filter_map(short).collect()
}

struct Search {
    /// The lifetimes that end with the call, without those that an enclosing `for<…>` binds.
    lifetimes: Vec<String>,
    /// Set inside `fn(…)` and `Fn(…)`, where each call chooses an elided lifetime.
    is_signature: bool,
    found: bool,
}

impl Search {
    fn copied(&mut self, ty: &Type) {
        match ty {
            Type::Reference(it) => self.visit_type(&it.elem),
            Type::Group(it) => self.copied(&it.elem),
            Type::Paren(it) => self.copied(&it.elem),
            other => panic!("{} is copied, and is no reference", other.to_token_stream()),
        }
    }

    fn receiver(&mut self, receiver: &Receiver) {
        match &receiver.kind {
            ReceiverKind::Reference(_, Some(lifetime), _) => self.visit_lifetime(lifetime),
            ReceiverKind::Reference(_, None, _) => self.found = true,
            ReceiverKind::Typed(_, ty) => self.visit_type(ty),
            _ => {}
        }
    }

    fn inside(&mut self, binder: Option<&BoundLifetimes>, search: impl FnOnce(&mut Self)) {
        let lifetimes = self.lifetimes.clone();
        let is_signature = self.is_signature;
        for parameter in binder.iter().flat_map(|it| &it.lifetimes) {
            if let GenericParam::Lifetime(bound) = parameter {
                self.lifetimes.retain(|it| bound.lifetime.ident != it);
            }
        }
        search(self);
        self.lifetimes = lifetimes;
        self.is_signature = is_signature;
    }
}

impl Visit<'_> for Search {
    fn visit_lifetime(&mut self, lifetime: &Lifetime) {
        let is_elided = lifetime.ident == "_" && !self.is_signature;
        let is_short = self.lifetimes.iter().any(|it| lifetime.ident == it);
        self.found |= is_elided || is_short;
    }

    fn visit_type_reference(&mut self, reference: &TypeReference) {
        self.found |= reference.lifetime.is_none() && !self.is_signature;
        // A `'static` reference points to nothing shorter.
        if reference
            .lifetime
            .as_ref()
            .is_none_or(|it| it.ident != "static")
        {
            visit::visit_type_reference(self, reference);
        }
    }

    fn visit_type_fn_ptr(&mut self, function: &TypeFnPtr) {
        self.inside(function.lifetimes.as_ref(), |it| {
            it.is_signature = true;
            for input in &function.inputs {
                it.visit_type(&input.ty);
            }
            it.visit_return_type(&function.output);
        });
    }

    fn visit_parenthesized_generic_arguments(&mut self, args: &ParenthesizedGenericArguments) {
        self.inside(None, |it| {
            it.is_signature = true;
            visit::visit_parenthesized_generic_arguments(it, args);
        });
    }

    fn visit_type_impl_trait(&mut self, opaque: &TypeImplTrait) {
        // It is a type parameter: its value does not contain what the bounds name.
        let is_static = |it: &TypeParamBound| matches!(it, TypeParamBound::Lifetime(it) if it.ident == "static");
        if !opaque.bounds.iter().any(is_static) {
            visit::visit_type_impl_trait(self, opaque);
        }
    }

    fn visit_trait_bound(&mut self, bound: &TraitBound) {
        self.inside(bound.lifetimes.as_ref(), |it| it.visit_path(&bound.path));
    }

    fn visit_expr(&mut self, _: &Expr) {}

    fn visit_macro(&mut self, _: &Macro) {}

    fn visit_precise_capture(&mut self, _: &PreciseCapture) {}
}
