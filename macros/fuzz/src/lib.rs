//! The attribute as a plain library, with what must hold of its expansions, for the targets.
//!
//! A crate of macros cannot be linked into a program. Outside of the compiler its modules work all the same, since
//! `proc_macro2` brings tokens of its own.

#![allow(dead_code)] // What only the tests of the macro crate ask for.

#[path = "../../src"]
mod source {
    pub(crate) mod args;
    pub(crate) mod attrs;
    pub(crate) mod borrow;
    pub(crate) mod check;
    pub(crate) mod diag;
    pub(crate) mod expand;
    pub(crate) mod fuzz;
    pub(crate) mod item;
    pub(crate) mod launcher;
    pub(crate) mod pipeline;
    pub(crate) mod returns;
}

use source::{
    args, attrs, borrow, check, diag, expand, fuzz, item, launcher, pipeline, returns,
};

use libfuzzer_sys::{Corpus, fuzzer_mutate};
use proc_macro2::{Group, TokenStream, TokenTree};

use fuzz::grammar::{OF_ARGUMENTS, OF_ITEMS, Part};
use fuzz::mutation::{Random, mutate, units};
use fuzz::notation;

/// What a target tries.
#[derive(Clone, Copy, Debug)]
pub enum Subject {
    Arguments,
    Items,
}

impl Subject {
    /// Holds the expansion of what is written in the bytes against what must hold, if they are tokens.
    pub fn check(self, data: &[u8]) -> Corpus {
        let Some(tokens) = tokens(data).filter(|it| !is_deep(it)) else {
            return Corpus::Reject;
        };
        match self {
            Self::Arguments => fuzz::check_arguments(&tokens),
            Self::Items => fuzz::check_item(&tokens),
        };
        Corpus::Keep
    }

    /// Changes some tokens; now and then some bytes.
    pub fn mutate(self, data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
        let mut random = Random::new(seed);
        let changed = tokens(&data[..size]).filter(|_| random.below(16) > 0);
        let Some(mut changed) = changed else {
            if random.below(4) > 0 {
                let text = fuzz::grammar::write(self.parts()[0], &mut random);
                return put(&text, data, max_size).unwrap_or(size);
            }
            return fuzzer_mutate(data, size, max_size);
        };
        for _ in 0..=random.below(3) {
            changed = mutate(changed, self.parts(), &mut random);
        }
        put(&notation::write(&changed), data, max_size).unwrap_or(size)
    }

    fn parts(self) -> &'static [Part] {
        match self {
            Self::Arguments => &OF_ARGUMENTS,
            Self::Items => &OF_ITEMS,
        }
    }
}

/// Holds the expansion of a function that somebody wrote against what must hold, and says what became of it: a launcher,
/// an item with its attributes in another order, or what is wrong.
pub fn expand_foreign(function: &TokenStream) -> String {
    let expansion = fuzz::check_item(function);
    if let fuzz::soundness::Expansion::Launcher(output) = &expansion {
        let parsed = syn::parse2::<syn::ImplItemFn>(output.clone());
        assert!(parsed.is_ok(), "{output}");
    }
    match expansion {
        fuzz::soundness::Expansion::Refused(mistakes) => mistakes[0].clone(),
        other => format!("{other:?}"),
    }
}

/// A case as it is kept.
pub fn line(text: &str) -> Option<String> {
    Some(notation::write(&notation::read(text)?))
}

/// Puts a run of the tokens of one text in place of a run of another's.
pub fn cross(one: &[u8], other: &[u8], out: &mut [u8], seed: u32) -> usize {
    let mut random = Random::new(seed);
    let (Some(one), Some(other)) = (tokens(one), tokens(other)) else {
        return 0;
    };
    let given = run(other, &mut random);
    let crossed = graft(one, &given, &mut random);
    let max_size = out.len();
    put(&notation::write(&crossed), out, max_size).unwrap_or(0)
}

/// Some neighbors somewhere in the tokens.
fn run(tokens: TokenStream, random: &mut Random) -> Vec<TokenTree> {
    let units = units(tokens);
    let start = random.below(units.len() + 1);
    let end = (start + random.below(4)).min(units.len());
    match &units[start..end] {
        [inside] if random.below(2) == 0 => match inside.as_slice() {
            [TokenTree::Group(group)] => run(group.stream(), random),
            _ => inside.clone(),
        },
        run => run.concat(),
    }
}

fn graft(tokens: TokenStream, given: &[TokenTree], random: &mut Random) -> TokenStream {
    let mut units = units(tokens);
    let start = random.below(units.len() + 1);
    if let Some([TokenTree::Group(group)]) = units.get(start).map(Vec::as_slice)
        && random.below(2) == 0
    {
        let inside = graft(group.stream(), given, random);
        units[start] = vec![Group::new(group.delimiter(), inside).into()];
    } else {
        let end = (start + random.below(4)).min(units.len());
        units.splice(start..end, [given.to_vec()]);
    }
    units.into_iter().flatten().collect()
}

fn tokens(data: &[u8]) -> Option<TokenStream> {
    notation::read(std::str::from_utf8(data).ok()?)
}

/// Is it so deep that the compiler would not have come here?
fn is_deep(tokens: &TokenStream) -> bool {
    fn depth(tokens: TokenStream) -> usize {
        let inside = tokens.into_iter().map(|token| match token {
            TokenTree::Group(group) => 1 + depth(group.stream()),
            _ => 0,
        });
        inside.max().unwrap_or(0)
    }
    depth(tokens.clone()) > 256
}

/// The size of the text, if there is room for it.
fn put(text: &str, into: &mut [u8], max_size: usize) -> Option<usize> {
    let place = into.get_mut(..text.len().min(max_size))?;
    if place.len() < text.len() {
        return None;
    }
    place.copy_from_slice(text.as_bytes());
    Some(text.len())
}
