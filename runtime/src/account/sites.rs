//! What the ledger keeps of a function whose backend is chosen at each launch: a site for each backend that it has had.
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
/// A tree that only grows, whose branches are chosen by the hash of a backend's address. A look-up takes no lock; one of
/// 1,000 backends passes five nodes.
pub struct Sites {
    /// Counts no launches. Its name, permits and callsites are those of all sites.
    function: Site,
    /// The site that was entered into the ledger first: the row of the function stands there.
    first: OnceLock<&'static Site>,
    /// What the sites know of each other; made with the first of them.
    family: OnceLock<Family>,
    root: Branch,
}

type Branch = OnceLock<Box<Node>>;

/// A backend, and what is known of the function on it.
struct Node {
    key: Key,
    backend: &'static dyn Backend,
    site: Site,
    branches: [Branch; 1 << BITS],
}

impl Sites {
    /// The sites of this function.
    #[must_use]
    pub const fn new(function: Site) -> Self {
        Self {
            function,
            first: OnceLock::new(),
            family: OnceLock::new(),
            root: OnceLock::new(),
        }
    }

    /// The site of the function on this backend, and where the backend is kept.
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

    /// Allocates nothing.
    fn each(&self, look: &mut dyn FnMut(&Site)) {
        if let Some(node) = self.root.get() {
            node.each(look);
        }
    }
}

impl AllSites for Sites {
    /// The first site in the list of all functions; this one, if none is.
    fn first_or(&self, site: &'static Site) -> &'static Site {
        get_or_make::<&Site>(&self.first, || site)
    }

    fn is_first(&self, site: &Site) -> bool {
        self.first.get().is_some_and(|first| ptr::eq(*first, site))
    }

    /// The sum over all backends. Each number in flight is of one moment, so the sum is never negative.
    fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        self.each(&mut |site| counts = counts + site.counts());
        counts
    }

    /// The name that its backends have; [`SEVERAL`] if they have not one and the same.
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

/// Which backend it is: it lives for ever, so no other comes to its address. A field may have the address of the whole, and
/// what has no size that of anything.
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

    /// Addresses come in steps: each round has the high bits of a product, which depend on all of its factors, change the low ones.
    fn hash(self) -> usize {
        // About the golden ratio of all numbers, and odd.
        const SPREAD: usize = (usize::MAX / 55 * 34) | 1;
        let round = |word: usize| {
            let product = word.wrapping_mul(SPREAD);
            product ^ (product >> (usize::BITS / 2))
        };
        round(round(self.address))
    }
}

/// So many bits of the hash choose a branch.
const BITS: u32 = 2;

/// What the ledger says in place of a backend's name.
pub(crate) const SEVERAL: &str = "(several)";
