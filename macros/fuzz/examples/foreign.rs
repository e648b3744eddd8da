//! Expands each function in the folders that are named, and says how many became what: `foreign FOLDER…`.

use std::collections::BTreeMap;
use std::panic::catch_unwind;
use std::path::Path;
use std::{env, fs, io, process};

use fire_and_forget_macros_fuzz::expand_foreign;
use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::visit::{self, Visit};
use syn::{ImplItemFn, ItemFn, TraitItemFn};

fn main() -> io::Result<()> {
    let mut found = Found::default();
    for folder in env::args().skip(1) {
        visit_folder(Path::new(&folder), &mut found)?;
    }
    let mut became: Vec<_> = found.became.into_iter().collect();
    became.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    for (what, count) in &became {
        println!("{count:>8}  {what}");
    }
    let functions: usize = became.iter().map(|(_, count)| count).sum();
    println!(
        "{functions} functions in {} files, {} unsound",
        found.files, found.unsound
    );
    process::exit(i32::from(found.unsound > 0));
}

fn visit_folder(folder: &Path, found: &mut Found) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            visit_folder(&path, found)?;
        } else if path.extension().is_some_and(|it| it == "rs")
            && let Ok(text) = fs::read_to_string(&path)
            && let Ok(file) = syn::parse_file(&text)
        {
            found.files += 1;
            found.visit_file(&file);
        }
    }
    Ok(())
}

#[derive(Default)]
struct Found {
    files: usize,
    unsound: usize,
    became: BTreeMap<String, usize>,
}

impl Found {
    fn expand(&mut self, function: TokenStream) {
        // The message of a panic names the function.
        let Ok(what) = catch_unwind(|| expand_foreign(&function)) else {
            self.unsound += 1;
            return;
        };
        *self.became.entry(what).or_default() += 1;
    }
}

impl<'ast> Visit<'ast> for Found {
    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.expand(function.to_token_stream());
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.expand(function.to_token_stream());
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast TraitItemFn) {
        self.expand(function.to_token_stream());
        visit::visit_trait_item_fn(self, function);
    }
}
