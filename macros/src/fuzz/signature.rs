//! What `syn` reads in a function, against what this macro made of it.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, format_ident};
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{FnArg, ImplItemFn, Pat, ReturnType, Type};

use crate::fuzz::borrowed;
use crate::fuzz::soundness::{Expansion, expand, flat, shown};
use crate::tokens::strip;

/// Holds the launcher against the function, if it is one. The body is to be empty: it may be anything else than Rust.
pub(crate) fn check(args: &TokenStream, item: &TokenStream) {
    let Some(function) = function(item) else {
        return;
    };
    let shown = || shown(args, item);
    let expansion = expand(args, item);
    match &expansion {
        Expansion::Launcher(output) => {
            let Ok(launcher) = syn::parse2::<ImplItemFn>(output.clone()) else {
                panic!("{} is no function any more:\n{output}", shown());
            };
            check_same(&function, &launcher, &shown);
            assert_eq!(borrowed::count(&function.sig), 0, "{}", shown());
        }
        Expansion::Refused(mistakes) => {
            let is_misread = |it: &String| MISREAD.iter().any(|start| it.starts_with(start));
            assert!(
                !mistakes.iter().any(is_misread),
                "{}: {mistakes:?}",
                shown()
            );
            let owned = mistakes.iter().filter(|it| it.contains("must be owned"));
            let is_seen = owned.count() == borrowed::count(&function.sig);
            assert!(
                is_seen || has_async_trait(&function),
                "{}: {mistakes:?}",
                shown()
            );
        }
        Expansion::Moved => {}
    }
    let same = expand(args, &in_fragments(function).into_token_stream());
    let is_same = expansion.is_like(&same);
    assert!(is_same, "{} as fragments: {expansion:?}, {same:?}", shown());
}

/// Then nothing else is said.
fn has_async_trait(function: &ImplItemFn) -> bool {
    let mut lifetimes = function.sig.generics.lifetimes();
    lifetimes.any(|it| it.lifetime.ident == "async_trait")
}

/// How the messages begin that say that something is no function.
const MISREAD: [&str; 6] = [
    "expected `:`",
    "expected a parameter",
    "expected a type",
    "expected parentheses",
    "unexpected token before",
    "`#[fire_and_forget]` goes on",
];

/// The function that the compiler, too, would see: `syn` looks through any invisible group, so there must be none.
fn function(item: &TokenStream) -> Option<ImplItemFn> {
    fn is_plain(tokens: TokenStream) -> bool {
        tokens.into_iter().all(|token| match token {
            TokenTree::Group(it) => it.delimiter() != Delimiter::None && is_plain(it.stream()),
            _ => true,
        })
    }
    let item = strip(item);
    if !is_plain(item.clone()) {
        return None;
    }
    let function = syn::parse2::<ImplItemFn>(item.clone()).ok()?;
    // What `syn` leaves out or adds is none of the compiler's syntax.
    let is_whole = flat(&function.to_token_stream()) == flat(&item);
    (is_whole && !has_verbatim(&function)).then_some(function)
}

/// Is there a type that `syn` takes as it stands, such as `dyn* Trait`? What is in it, it does not say.
fn has_verbatim(function: &ImplItemFn) -> bool {
    struct Search(bool);

    impl Visit<'_> for Search {
        fn visit_type(&mut self, ty: &Type) {
            self.0 |= matches!(ty, Type::Verbatim(_));
            visit::visit_type(self, ty);
        }
    }

    let mut search = Search(false);
    search.visit_signature(&function.sig);
    search.0
}

/// The signature is that of the function, but for what the launcher does not take and does not return.
fn check_same(function: &ImplItemFn, launcher: &ImplItemFn, shown: &dyn Fn() -> String) {
    let (before, after) = (&function.sig, &launcher.sig);
    assert_eq!(function.vis, launcher.vis, "{}", shown());
    assert_eq!(function.defaultness, launcher.defaultness, "{}", shown());
    assert_eq!(before.abi, after.abi, "{}", shown());
    assert_eq!(before.ident, after.ident, "{}", shown());
    assert_eq!(before.generics, after.generics, "{}", shown());
    for sig in [before, after] {
        assert!(sig.constness.is_none(), "{}", shown());
        assert!(sig.unsafety.is_none(), "{}", shown());
        assert!(sig.variadic.is_none(), "{}", shown());
    }
    assert!(after.asyncness.is_none(), "{}", shown());
    if let ReturnType::Type(_, ty) = &after.output {
        let ty = ty.to_token_stream().to_string();
        assert!(ty.contains("__private :: Rejected <"), "{}", shown());
    }
    assert_eq!(before.inputs.len(), after.inputs.len(), "{}", shown());
    let has_receiver = matches!(before.inputs.first(), Some(FnArg::Receiver(_)));
    for (index, pair) in before.inputs.iter().zip(&after.inputs).enumerate() {
        match pair {
            (FnArg::Receiver(before), FnArg::Receiver(after)) => {
                let (mut before, mut after) = (before.clone(), after.clone());
                before.attrs.clear();
                after.attrs.clear();
                assert_eq!(before, after, "{}", shown());
            }
            (FnArg::Typed(before), FnArg::Typed(after)) => {
                assert_eq!(before.ty, after.ty, "{}", shown());
                let name = match &*before.pat {
                    Pat::Ident(it) if it.by_ref.is_none() && it.subpat.is_none() => {
                        it.ident.clone()
                    }
                    _ => format_ident!("__arg{}", index - usize::from(has_receiver)),
                };
                let after = after.pat.to_token_stream().to_string();
                assert_eq!(name.to_string(), after, "{}", shown());
            }
            _ => panic!("{}", shown()),
        }
    }
    for attr in &function.attrs {
        let is_split = ["must_use", "cfg_attr"]
            .iter()
            .any(|it| attr.path().is_ident(it));
        let is_there = || launcher.attrs.iter().any(|it| it.meta == attr.meta);
        assert!(is_split || is_there(), "{}", shown());
    }
}

/// The function as a `macro_rules!` macro would write it that is given types and patterns.
fn in_fragments(mut function: ImplItemFn) -> ImplItemFn {
    Fragments.visit_impl_item_fn_mut(&mut function);
    function
}

struct Fragments;

impl VisitMut for Fragments {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        visit_mut::visit_type_mut(self, ty);
        *ty = Type::Verbatim(invisible(ty));
    }

    fn visit_fn_arg_mut(&mut self, arg: &mut FnArg) {
        // The type of a receiver is what `syn` makes of `self`.
        match arg {
            FnArg::Receiver(it) if it.colon_token.is_some() => self.visit_type_mut(&mut it.ty),
            FnArg::Receiver(_) => {}
            FnArg::Typed(it) => {
                *it.pat = Pat::Verbatim(invisible(&it.pat));
                self.visit_type_mut(&mut it.ty);
            }
        }
    }

    fn visit_attribute_mut(&mut self, _: &mut syn::Attribute) {}

    fn visit_expr_mut(&mut self, _: &mut syn::Expr) {}
}

fn invisible(tokens: &impl ToTokens) -> TokenStream {
    TokenTree::from(Group::new(Delimiter::None, tokens.to_token_stream())).into()
}
