//! Judges return types, as far as tokens show them.

use proc_macro2::{Ident, Span};
use syn::spanned::Spanned;
use syn::{GenericArgument, Generics, Path, PathArguments, Token, Type, TypePath};

/// The judgement of a return type.
pub(crate) enum Verdict<'t> {
    /// `()`
    Unit,
    /// `!`
    Never(Token![!]),
    /// `impl Trait`
    Opaque,
    /// A value that no caller would receive: the whole type, or the value in `Result<T, E>`.
    ThrownAway(&'t Type),
    /// `Result<(), E>`, or a type that only the compiler can judge.
    Other,
}

/// Judges a return type.
pub(crate) fn judge(ty: &Type) -> Verdict<'_> {
    match ty {
        Type::Group(it) => judge(&it.elem),
        Type::Paren(it) => judge(&it.elem),
        Type::Never(it) => Verdict::Never(it.bang_token),
        Type::Tuple(it) if it.elems.is_empty() => Verdict::Unit,
        Type::ImplTrait(_) => Verdict::Opaque,
        Type::Tuple(_)
        | Type::Reference(_)
        | Type::Array(_)
        | Type::Slice(_)
        | Type::Ptr(_)
        | Type::FnPtr(_) => Verdict::ThrownAway(ty),
        // A sum of traits is a trait object, with or without `dyn`.
        Type::TraitObject(it) if it.bounds.len() > 1 || it.bounds.trailing_punct() => {
            Verdict::ThrownAway(ty)
        }
        Type::Path(it) if it.qself.is_none() => judge_path(ty, &it.path),
        _ => Verdict::Other,
    }
}

fn judge_path<'t>(ty: &'t Type, path: &'t Path) -> Verdict<'t> {
    let Some(last) = path.segments.last() else {
        return Verdict::Other;
    };
    let is_named = |names: &[&str]| names.iter().any(|name| last.ident == name);
    let is_std = path.segments.len() == 1
        || path
            .segments
            .first()
            .is_some_and(|it| it.ident == "std" || it.ident == "core" || it.ident == "alloc");
    match &last.arguments {
        PathArguments::None if is_std && is_named(&VALUES) => Verdict::ThrownAway(ty),
        PathArguments::AngleBracketed(_) if is_std && is_named(&CONTAINERS) => {
            Verdict::ThrownAway(ty)
        }
        // With a single argument, `Result` is an alias, which may have any meaning.
        PathArguments::AngleBracketed(it)
            if is_std && is_named(&["Result"]) && it.args.len() == 2 =>
        {
            match it.args.first() {
                Some(GenericArgument::Type(value)) if !may_be_unit(value) => {
                    Verdict::ThrownAway(value)
                }
                _ => Verdict::Other,
            }
        }
        _ => Verdict::Other,
    }
}

/// The error of a function, as far as tokens show it.
pub(crate) struct Failure {
    /// The span of the error type; of the return type, if that does not show the error.
    pub(crate) at: Span,
    /// Whether it is a type parameter or an associated type. rustc can then propose a bound for it.
    pub(crate) is_generic: bool,
}

impl Failure {
    pub(crate) fn new(returns: &Type, generics: &Generics) -> Self {
        let error = error(returns).unwrap_or(returns);
        let Type::Path(TypePath { qself, path, .. }) = error else {
            return Self {
                at: error.span(),
                is_generic: false,
            };
        };
        let (first, last) = (path.segments.first(), path.segments.last());
        let is_parameter = |name: &Ident| generics.type_params().any(|it| it.ident == *name);
        let is_type = |name: &Ident| name.to_string().starts_with(char::is_uppercase);
        let is_generic = first.is_some_and(|it| {
            qself.is_some()
                || is_parameter(&it.ident)
                || (path.segments.len() > 1 && is_type(&it.ident))
        });
        Self {
            at: last.map_or_else(|| error.span(), |it| it.ident.span()),
            is_generic,
        }
    }
}

/// Returns `E` of `Result<(), E>`.
fn error(ty: &Type) -> Option<&Type> {
    let Type::Path(it) = ty else {
        return None;
    };
    match &it.path.segments.last()?.arguments {
        PathArguments::AngleBracketed(it) if it.args.len() == 2 => match it.args.last()? {
            GenericArgument::Type(error) => Some(error),
            _ => None,
        },
        _ => None,
    }
}

fn may_be_unit(ty: &Type) -> bool {
    match ty {
        Type::Group(it) => may_be_unit(&it.elem),
        Type::Paren(it) => may_be_unit(&it.elem),
        Type::Tuple(it) => it.elems.is_empty(),
        Type::Macro(_) | Type::Verbatim(_) => true,
        _ => false,
    }
}

/// Types without a lifetime.
pub(crate) const VALUES: [&str; 18] = [
    "bool", "char", "str", "String", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16",
    "i32", "i64", "i128", "isize", "f32", "f64",
];

const CONTAINERS: [&str; 3] = ["Option", "Vec", "Box"];
