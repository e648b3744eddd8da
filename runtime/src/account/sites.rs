//! The sites of a function whose backend is chosen at each launch: one site for each backend that it has had.
//!
//! So a guard, which has its site, knows its backend, at no cost for the functions that have one alone: reports, metrics, spans
//! and the wait for one pool are right without a word more in any task. The sites are a tree, and a look-up takes no lock. What
//! there is once for a function, its permits and callsites, is in a site that counts nothing. The ledger adds the others up.

use std::any::TypeId;
use std::fmt;
use std::ptr;

use crate::account::counts::Counts;
use crate::account::site::{AllSites, Family, Site};
use crate::backend::{Backend, ByLauncher};
use crate::sync::get_or_make;
use crate::sync::process::OnceLock;

/// One annotated function with `backend = EXPR`: the `static` that the attribute emits.
///
/// The sites form a tree that only grows, ordered by the hash of the backend's address. A look-up takes no lock, and
/// passes five nodes for 1,000 backends.
pub struct Sites {
    /// Counts no launches. All sites share its name, permits and callsites.
    function: Site,
    /// The site that was registered first. The list shows the row of the function there.
    first: OnceLock<&'static Site>,
    /// The links between the sites, made with the first of them.
    family: OnceLock<Family>,
    root: Branch,
}

type Branch = OnceLock<Box<Node>>;

/// A backend, and the site of the function on it.
struct Node {
    key: Key,
    backend: &'static dyn Backend,
    site: Site,
    branches: [Branch; 1 << BITS],
}

impl Sites {
    /// Makes an empty tree for this function.
    #[must_use]
    pub const fn new(function: Site) -> Self {
        Self {
            function,
            first: OnceLock::new(),
            family: OnceLock::new(),
            root: OnceLock::new(),
        }
    }

    /// Returns the site of the function on this backend, and the reference to the backend that the tree keeps.
    pub(crate) fn on(
        &'static self,
        backend: &'static dyn Backend,
    ) -> (&'static Site, &'static &'static dyn Backend) {
        let node = self.node(backend);
        (&node.site, &node.backend)
    }

    fn node(&'static self, backend: &'static dyn Backend) -> &'static Node {
        let key = Key::of(backend);
        let mut hash = key.hash();
        let mut branch = &self.root;
        loop {
            let node = get_or_make(branch, || Box::new(Node::new(key, backend, self)));
            if node.key == key {
                return node;
            }
            branch = &node.branches[hash % node.branches.len()];
            hash = hash.rotate_right(BITS);
        }
    }

    fn family(&'static self) -> &'static Family {
        let _ = self.family.set(Family {
            function: &self.function,
            sites: self,
        });
        match self.family.get() {
            Some(family) => family,
            None => unreachable!("it has just been set"),
        }
    }

    /// Calls `look` with each site. It allocates nothing.
    fn each(&self, look: &mut dyn FnMut(&Site)) {
        if let Some(node) = self.root.get() {
            node.each(look);
        }
    }
}

impl AllSites for Sites {
    /// Returns the first registered site; sets it to this one if there is none.
    fn first_or(&self, site: &'static Site) -> &'static Site {
        get_or_make::<&Site>(&self.first, || site)
    }

    fn is_first(&self, site: &Site) -> bool {
        self.first.get().is_some_and(|first| ptr::eq(*first, site))
    }

    /// Returns the sum over all backends. Each row is consistent, so the sum is never negative.
    fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        self.each(&mut |site| counts = counts + site.counts());
        counts
    }

    /// Returns the name that all its backends share, or [`SEVERAL`].
    fn backend(&self) -> &'static str {
        let mut name = None;
        self.each(&mut |site| {
            if let Some(next) = site.backend_if_known() {
                name = Some(match name {
                    Some(known) if known != next => SEVERAL,
                    _ => next,
                });
            }
        });
        name.unwrap_or("?")
    }
}

impl Node {
    fn new(key: Key, backend: &'static dyn Backend, sites: &'static Sites) -> Self {
        Self {
            key,
            backend,
            site: Site::on_one_backend(sites.family()),
            branches: [const { OnceLock::new() }; 1 << BITS],
        }
    }

    fn each(&self, look: &mut dyn FnMut(&Site)) {
        look(&self.site);
        for node in self.branches.iter().filter_map(OnceLock::get) {
            node.each(look);
        }
    }
}

impl fmt::Debug for Sites {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sites").finish_non_exhaustive()
    }
}

/// The identity of a backend. A backend lives forever, so its address is never reused. The type is part of the key,
/// because a field may have the address of its struct, and a zero-sized value that of anything.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Key {
    address: usize,
    of: TypeId,
}

impl Key {
    fn of(backend: &'static dyn Backend) -> Self {
        Self {
            address: ptr::from_ref(backend).addr(),
            of: backend.backend_type(ByLauncher::new()),
        }
    }

    /// Mixes the address. Addresses are multiples of their alignment, so each round moves the high bits of a product,
    /// which depend on all bits, into the low ones.
    fn hash(self) -> usize {
        // Odd, and near the golden ratio of the word's range, which spreads neighboring values.
        const SPREAD: usize = (usize::MAX / 55 * 34) | 1;
        let round = |word: usize| {
            let product = word.wrapping_mul(SPREAD);
            product ^ (product >> (usize::BITS / 2))
        };
        round(round(self.address))
    }
}

/// The number of hash bits that choose a branch.
const BITS: u32 = 2;

/// The name that the ledger shows in place of several backends.
pub(crate) const SEVERAL: &str = "(several)";
