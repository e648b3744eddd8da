//! Resolves the `backend` option, and refuses expressions that borrow from an argument.

use syn::{Expr, GenericArgument, Ident, PathArguments, ReceiverKind, Type};

use crate::args::{Backend, Given};
use crate::diag::Mistakes;
use crate::launcher::{OwnedParam, OwnedReceiver};

/// Resolves a single word, which may name a parameter, and refuses a reference that borrows from one.
pub(super) fn resolve(
    backend: Given<Backend>,
    receiver: Option<&OwnedReceiver>,
    params: &[OwnedParam],
    mistakes: &mut Mistakes,
) -> Option<Backend> {
    let arguments = Arguments { receiver, params };
    match backend.value.resolve(|word| arguments.have(word)) {
        Ok(Backend::Chosen(chosen)) => {
            if let Some(name) = borrows_from(&chosen).filter(|it| arguments.own(it)) {
                let wrong = format!(
                    "`backend` takes a `&'static` reference, but this one borrows from `{name}`, which moves into the launch"
                );
                let help =
                    "store a `&'static Pool`, which `Pool::leak` returns, and name it without `&`";
                mistakes.over(&backend.written, &wrong, help);
                return None;
            }
            Some(Backend::Chosen(chosen))
        }
        Ok(other) => Some(other),
        Err(it) => {
            mistakes.over(&backend.written, &it.wrong, &it.help);
            None
        }
    }
}

/// The arguments of a launch, by the names that the expression may use.
struct Arguments<'a> {
    receiver: Option<&'a OwnedReceiver>,
    params: &'a [OwnedParam],
}

impl Arguments<'_> {
    fn have(&self, word: &Ident) -> bool {
        (word == "self" && self.receiver.is_some()) || self.param(word).is_some()
    }

    /// Returns whether the value behind this argument is certainly freed with it. A user's type may be a reference.
    fn own(&self, word: &Ident) -> bool {
        let of_receiver = self.receiver.filter(|_| word == "self");
        let ty = match of_receiver.map(|it| &it.receiver.kind) {
            Some(ReceiverKind::Typed(_, ty)) => Some(&**ty),
            Some(_) => None,
            None => self.param(word).map(|it| &it.ty),
        };
        ty.is_some_and(is_owner)
    }

    fn param(&self, word: &Ident) -> Option<&OwnedParam> {
        let mut params = self.params.iter();
        params.find(|it| it.name.as_ref().is_some_and(|name| name == word))
    }
}

/// Returns the word that `&word.field` borrows from.
fn borrows_from(chosen: &Expr) -> Option<&Ident> {
    match chosen {
        Expr::Group(it) => borrows_from(&it.expr),
        Expr::Paren(it) => borrows_from(&it.expr),
        Expr::Reference(it) => root(&it.expr),
        _ => None,
    }
}

fn root(place: &Expr) -> Option<&Ident> {
    match place {
        Expr::Field(it) => root(&it.base),
        Expr::Group(it) => root(&it.expr),
        Expr::Paren(it) => root(&it.expr),
        Expr::Path(it) => it.path.get_ident(),
        _ => None,
    }
}

/// Returns whether the type is an `Arc` or a `Box` of something that is not a reference.
fn is_owner(ty: &Type) -> bool {
    let Type::Path(it) = ty else {
        return false;
    };
    let Some(last) = it.path.segments.last() else {
        return false;
    };
    let PathArguments::AngleBracketed(inside) = &last.arguments else {
        return false;
    };
    let is_reference =
        |it: &GenericArgument| matches!(it, GenericArgument::Type(Type::Reference(_)));
    (last.ident == "Arc" || last.ident == "Box") && !inside.args.iter().any(is_reference)
}
