//! Files that depend on each other, directly or through others.

use std::collections::{BTreeMap, BTreeSet};

/// The sets of files in which each leads to each other one, with more than one file; the largest first.
pub(crate) fn circles(arrows: &BTreeSet<(String, String)>) -> Vec<BTreeSet<String>> {
    let mut forth = BTreeMap::<_, BTreeSet<_>>::new();
    let mut back = BTreeMap::<_, BTreeSet<_>>::new();
    for (from, to) in arrows {
        forth.entry(from).or_default().insert(to);
        back.entry(to).or_default().insert(from);
    }
    let mut found: Vec<BTreeSet<String>> = Vec::new();
    for file in forth.keys() {
        if found.iter().any(|circle| circle.contains(*file)) {
            continue;
        }
        let there = reached(file, &forth);
        let circle: BTreeSet<_> = reached(file, &back)
            .intersection(&there)
            .map(|file| (*file).clone())
            .collect();
        if circle.len() > 1 {
            found.push(circle);
        }
    }
    found.sort_by_key(|circle| std::cmp::Reverse(circle.len()));
    found
}

/// What arrows lead to from a file, and the file itself.
fn reached<'a>(
    from: &'a String,
    arrows: &BTreeMap<&'a String, BTreeSet<&'a String>>,
) -> BTreeSet<&'a String> {
    let mut reached = BTreeSet::from([from]);
    let mut next = vec![from];
    while let Some(file) = next.pop() {
        for to in arrows.get(file).into_iter().flatten() {
            if reached.insert(to) {
                next.push(to);
            }
        }
    }
    reached
}
