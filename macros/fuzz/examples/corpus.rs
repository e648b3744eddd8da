//! Fills the corpus of both targets, and writes down what is kept of it; see `README.md`.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use fire_and_forget_macros_fuzz::line;
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Attribute, ImplItemFn, ItemFn, Meta, TraitItemFn};

const TARGETS: [&str; 2] = ["arguments", "items"];
const TESTS: [&str; 2] = ["../../tests/mistakes/ui", "../../tests/faithful/src"];

fn main() -> io::Result<()> {
    env::set_current_dir(env!("CARGO_MANIFEST_DIR"))?;
    let arguments: Vec<_> = env::args().skip(1).collect();
    match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["seed", corpus, folders @ ..] => seed(Path::new(corpus), folders),
        ["keep", corpus] => keep(Path::new(corpus)),
        _ => panic!("corpus seed CORPUS [FOLDER]…, or corpus keep CORPUS"),
    }
}

fn kept(target: &str) -> PathBuf {
    Path::new("../src/fuzz").join(target).with_extension("txt")
}

/// Only what is kept and what the tests have, if no folder is named; else only what the folders have.
fn seed(corpus: &Path, folders: &[&str]) -> io::Result<()> {
    let mut found = Found::default();
    if folders.is_empty() {
        for (target, into) in TARGETS.iter().zip([&mut found.arguments, &mut found.items]) {
            into.extend(fs::read_to_string(kept(target))?.lines().map(str::to_owned));
        }
    }
    for folder in if folders.is_empty() { &TESTS } else { folders } {
        visit_folder(Path::new(folder), &mut found)?;
    }
    for (target, cases) in TARGETS.iter().zip([found.arguments, found.items]) {
        let folder = corpus.join(target);
        fs::create_dir_all(&folder)?;
        println!("{} {target}", cases.len());
        for case in cases {
            let mut hasher = DefaultHasher::new();
            case.hash(&mut hasher);
            fs::write(folder.join(format!("{:016x}", hasher.finish())), case)?;
        }
    }
    Ok(())
}

fn keep(corpus: &Path) -> io::Result<()> {
    for target in TARGETS {
        let mut lines = BTreeSet::new();
        for file in fs::read_dir(corpus.join(target))? {
            // What is no text was of use to the fuzzer for a moment.
            let Ok(text) = fs::read_to_string(file?.path()) else {
                continue;
            };
            if let Some(line) = line(&text).filter(|it| !it.contains(char::is_control)) {
                lines.insert((line.len(), line));
            }
        }
        let lines: Vec<_> = lines.into_iter().map(|(_, line)| line).collect();
        println!("{} {target}", lines.len());
        fs::write(kept(target), lines.join("\n") + "\n")?;
    }
    Ok(())
}

fn visit_folder(folder: &Path, found: &mut Found) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            visit_folder(&path, found)?;
        } else if path.extension().is_some_and(|it| it == "rs")
            && let Ok(text) = fs::read_to_string(&path)
            && let Ok(file) = syn::parse_file(&text)
        {
            found.visit_file(&file);
        }
    }
    Ok(())
}

/// Functions and the arguments of this attribute on them.
#[derive(Default)]
struct Found {
    arguments: BTreeSet<String>,
    items: BTreeSet<String>,
}

impl Found {
    /// With an empty body, where it is long: the attribute does not look at it.
    fn add(&mut self, attrs: &mut Vec<Attribute>, item: &dyn Fn(&[Attribute], bool) -> String) {
        attrs.retain(|attr| {
            let is_ours = attr.path().is_ident("fire_and_forget");
            match &attr.meta {
                Meta::List(list) if is_ours => {
                    self.arguments.extend(line(&list.tokens.to_string()))
                }
                _ => {}
            }
            !is_ours
        });
        let whole = item(attrs, true);
        let text = if whole.len() > 400 {
            item(attrs, false)
        } else {
            whole
        };
        if text.len() < 2_000 {
            self.items.extend(line(&text));
        }
    }
}

impl<'ast> Visit<'ast> for Found {
    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.add(&mut function.attrs.clone(), &|attrs, is_whole| {
            let mut function = function.clone();
            function.attrs = attrs.to_vec();
            if !is_whole {
                function.block.stmts.clear();
            }
            function.to_token_stream().to_string()
        });
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.add(&mut function.attrs.clone(), &|attrs, is_whole| {
            let mut function = function.clone();
            function.attrs = attrs.to_vec();
            if !is_whole {
                function.block.stmts.clear();
            }
            function.to_token_stream().to_string()
        });
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast TraitItemFn) {
        self.add(&mut function.attrs.clone(), &|attrs, is_whole| {
            let mut function = function.clone();
            function.attrs = attrs.to_vec();
            match &mut function.default {
                Some(block) if !is_whole => block.stmts.clear(),
                _ => {}
            }
            function.to_token_stream().to_string()
        });
        visit::visit_trait_item_fn(self, function);
    }
}
