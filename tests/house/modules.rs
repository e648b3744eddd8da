//! The modules of a crate, and where their paths lead.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::source::{Items, Token};

/// All modules of a crate, by their paths.
pub(crate) struct Modules(BTreeMap<Vec<String>, Module>);

#[derive(Default)]
struct Module {
    /// Relative to the crate's folder; more than one where it depends on the target.
    files: Vec<String>,
    /// What is brought into scope: the name, and where it comes from.
    uses: Vec<(String, Vec<String>)>,
    code: Vec<Token>,
}

/// What a path leads to.
enum End {
    /// An item in one of these files.
    Files(Vec<String>),
    /// A module that only lists others.
    List(Vec<String>),
}

impl Modules {
    /// Reads the crate in this folder.
    pub(crate) fn read(folder: &Path) -> Self {
        let mut modules = Self(BTreeMap::new());
        modules.read_file(folder, &[], "lib.rs");
        modules
    }

    fn read_file(&mut self, folder: &Path, module: &[String], file: &str) {
        let text = fs::read_to_string(folder.join(file)).expect(file);
        self.add(folder, module, file, Items::read(&text));
    }

    fn add(&mut self, folder: &Path, path: &[String], file: &str, items: Items) {
        let module = self.0.entry(path.to_vec()).or_default();
        module.files.push(file.to_owned());
        module.code.extend(items.code);
        for tree in items.uses {
            names(&tree, &mut 0, &[], &mut module.uses);
        }
        let (dir, name) = file.rsplit_once('/').unwrap_or(("", file));
        let inside = match name {
            "lib.rs" | "mod.rs" => dir.to_owned(),
            _ => file.trim_end_matches(".rs").to_owned(),
        };
        for child in items.modules {
            let path = [path, std::slice::from_ref(&child.name)].concat();
            if let Some(items) = child.items {
                self.add(folder, &path, file, items);
                continue;
            }
            let place = |name: &str| {
                format!("{inside}/{name}")
                    .trim_start_matches('/')
                    .to_owned()
            };
            let mut files: Vec<_> = child.paths.iter().map(|path| place(path)).collect();
            if files.is_empty() {
                let list = place(&format!("{}/mod.rs", child.name));
                let is_list = folder.join(&list).exists();
                files.push(if is_list {
                    list
                } else {
                    place(&format!("{}.rs", child.name))
                });
            }
            for file in files {
                self.read_file(folder, &path, &file);
            }
        }
    }

    /// From which file a path leads to which other one.
    pub(crate) fn arrows(&self) -> BTreeSet<(String, String)> {
        let mut arrows = BTreeSet::new();
        // A module that only lists others is looked through.
        for (path, module) in self.0.iter().filter(|(_, module)| !module.code.is_empty()) {
            for target in self.targets(path, module) {
                if let Some(End::Files(files)) = self.end(&target, 0) {
                    for from in &module.files {
                        arrows.extend(files.iter().map(|to| (from.clone(), to.clone())));
                    }
                }
            }
        }
        arrows.retain(|(from, to)| from != to);
        arrows
    }

    /// The paths in a module, from the root.
    fn targets(&self, path: &[String], module: &Module) -> Vec<Vec<String>> {
        let mut uses = module.uses.clone();
        let mut paths = Vec::new();
        let code = &module.code;
        let mut at = 0;
        while at < code.len() {
            if code[at] == "use" && code.get(at + 1).is_some_and(|next| is_name(next)) {
                at += 1;
                names(code, &mut at, &[], &mut uses);
                continue;
            }
            let mut found = vec![code[at].clone()];
            at += 1;
            while at + 2 < code.len()
                && code[at] == ":"
                && code[at + 1] == ":"
                && is_name(&code[at + 2])
            {
                found.push(code[at + 2].clone());
                at += 3;
            }
            if found.len() > 1 {
                paths.push(found);
            }
        }
        let mut targets = Vec::new();
        for (_, target) in &uses {
            targets.extend(self.absolute(path, target));
        }
        for found in paths {
            targets.extend(self.absolute(path, &found));
            for (_, target) in uses.iter().filter(|(name, _)| *name == found[0]) {
                if let Some(target) = self.absolute(path, target)
                    && let Some(End::List(list)) = self.end(&target, 0)
                {
                    targets.push([&list[..], &found[1..]].concat());
                }
            }
        }
        targets
    }

    /// A path from the root; none if it leads out of the crate.
    fn absolute(&self, module: &[String], path: &[String]) -> Option<Vec<String>> {
        let first = path.first()?;
        match first.as_str() {
            "crate" => Some(path[1..].to_vec()),
            "self" => Some([module, &path[1..]].concat()),
            "super" => {
                let outer = module.split_last()?.1;
                match path.get(1).map(String::as_str) {
                    Some("super") => self.absolute(outer, &path[1..]),
                    _ => Some([outer, &path[1..]].concat()),
                }
            }
            _ => {
                let inner = [module, std::slice::from_ref(first)].concat();
                self.0.contains_key(&inner).then(|| [module, path].concat())
            }
        }
    }

    fn end(&self, path: &[String], depth: u32) -> Option<End> {
        assert!(depth < 50, "{path:?} leads to itself");
        let mut module = Vec::new();
        for (index, name) in path.iter().enumerate() {
            module.push(name.clone());
            if self.0.contains_key(&module) {
                continue;
            }
            module.pop();
            let here = &self.0[&module];
            let mut uses = here.uses.iter().filter(|(used, _)| used == name).peekable();
            if uses.peek().is_none() {
                return Some(End::Files(here.files.clone()));
            }
            let mut files = Vec::new();
            for (_, target) in uses {
                let Some(target) = self.absolute(&module, target) else {
                    continue;
                };
                match self.end(&[&target[..], &path[index + 1..]].concat(), depth + 1) {
                    Some(End::Files(more)) => files.extend(more),
                    other => return other,
                }
            }
            return (!files.is_empty()).then_some(End::Files(files));
        }
        let here = &self.0[&module];
        if here.code.is_empty() {
            Some(End::List(module))
        } else {
            Some(End::Files(here.files.clone()))
        }
    }
}

/// The names that a tree behind `use` brings into scope.
fn names(tree: &[Token], at: &mut usize, prefix: &[String], uses: &mut Vec<(String, Vec<String>)>) {
    let mut path = prefix.to_vec();
    while *at < tree.len() {
        match tree[*at].as_str() {
            ":" => *at += 1,
            "{" => {
                *at += 1;
                while *at < tree.len() && tree[*at] != "}" {
                    names(tree, at, &path, uses);
                    // A comma, if this was not the last one.
                    *at += usize::from(tree.get(*at).is_some_and(|next| next == ","));
                }
                *at += 1;
                return;
            }
            "as" => {
                uses.push((tree[*at + 1].clone(), path));
                *at += 2;
                return;
            }
            name if !is_name(name) && name != "*" => break,
            name => {
                path.push(name.to_owned());
                *at += 1;
            }
        }
    }
    if path.last().is_some_and(|name| name == "self") {
        path.pop();
    }
    if let Some(name) = path.last() {
        uses.push((name.clone(), path.clone()));
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}
