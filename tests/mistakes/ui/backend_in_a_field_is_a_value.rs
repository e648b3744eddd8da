use std::sync::Arc;

use fire_and_forget::{Pool, fire_and_forget};

struct Tenant {
    pool: Pool,
}

impl Tenant {
    #[fire_and_forget(backend = self.pool)]
    fn index(self: Arc<Self>) {}
}

fn main() {}
