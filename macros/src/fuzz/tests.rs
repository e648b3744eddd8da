//! Runs the inputs that are kept, and some mutations of them.

use super::*;
use crate::fuzz::grammar::{OF_ARGUMENTS, OF_ITEMS, Part};
use crate::fuzz::mutation::{Random, mutate};

const KEPT_ARGUMENTS: &str = include_str!("arguments.txt");
const KEPT_ITEMS: &str = include_str!("items.txt");

#[test]
fn kept_arguments_expand_to_something_sound() {
    replay(KEPT_ARGUMENTS, check_arguments);
}

#[test]
fn kept_items_expand_to_something_sound() {
    replay(KEPT_ITEMS, check_item);
}

#[test]
fn mutated_arguments_expand_to_something_sound() {
    mutate_kept(KEPT_ARGUMENTS, &OF_ARGUMENTS, check_arguments);
}

#[test]
fn mutated_items_expand_to_something_sound() {
    mutate_kept(KEPT_ITEMS, &OF_ITEMS, check_item);
}

fn replay(kept: &str, check: fn(&TokenStream) -> Expansion) {
    let tokens = kept.lines().map(|line| {
        let tokens = notation::read(line);
        tokens.unwrap_or_else(|| panic!("no tokens: {line}"))
    });
    check_both_sides(tokens.map(|it| check(&it)));
}

/// Mutates with seeds that the fuzzer does not use, the same in every run.
fn mutate_kept(kept: &str, parts: &[Part], check: fn(&TokenStream) -> Expansion) {
    let kept: Vec<_> = kept.lines().filter_map(notation::read).collect();
    let expansions = (0..ROUNDS).map(|round| {
        let mut random = Random::new(round);
        let mut tokens = kept[random.below(kept.len())].clone();
        for _ in 0..=random.below(3) {
            tokens = mutate(tokens, parts, &mut random);
        }
        check(&tokens)
    });
    check_both_sides(expansions);
}

const ROUNDS: u32 = 150;

/// Checks that some inputs expand and some are refused.
fn check_both_sides(expansions: impl Iterator<Item = Expansion>) {
    let (refused, others): (Vec<_>, Vec<_>) =
        expansions.partition(|it| matches!(it, Expansion::Refused(_)));
    let least = (refused.len() + others.len()) / 50;
    assert!(refused.len() > least, "{} are refused", refused.len());
    assert!(others.len() > least, "{} are not", others.len());
}
