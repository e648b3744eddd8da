//! What a return type says about a launched function, as far as it can be read off the tokens.

use syn::{GenericArgument, Path, PathArguments, Type};

/// What a return type plainly is.
pub(crate) enum Verdict<'t> {
    /// `()`
    Unit,
    /// `!`
    Never,
    /// `impl Trait`
    Opaque,
    /// A value that nobody would receive: the whole type, or the value in `Result<T, E>`.
    ThrownAway(&'t Type),
    /// `Result<(), E>`, or a name that only the compiler can look up.
    Other,
}

/// Judges a return type.
pub(crate) fn judge(ty: &Type) -> Verdict<'_> {
    match ty {
        Type::Group(it) => judge(&it.elem),
        Type::Paren(it) => judge(&it.elem),
        Type::Never(_) => Verdict::Never,
        Type::Tuple(it) if it.elems.is_empty() => Verdict::Unit,
        Type::ImplTrait(_) => Verdict::Opaque,
        Type::Tuple(_)
        | Type::Reference(_)
        | Type::Array(_)
        | Type::Slice(_)
        | Type::Ptr(_)
        | Type::FnPtr(_) => Verdict::ThrownAway(ty),
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
        // With one argument it is an alias, which may mean anything by it.
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

fn may_be_unit(ty: &Type) -> bool {
    match ty {
        Type::Group(it) => may_be_unit(&it.elem),
        Type::Paren(it) => may_be_unit(&it.elem),
        Type::Tuple(it) => it.elems.is_empty(),
        Type::Macro(_) | Type::Verbatim(_) => true,
        _ => false,
    }
}

const VALUES: [&str; 18] = [
    "bool", "char", "str", "String", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16",
    "i32", "i64", "i128", "isize", "f32", "f64",
];

const CONTAINERS: [&str; 3] = ["Option", "Vec", "Box"];
