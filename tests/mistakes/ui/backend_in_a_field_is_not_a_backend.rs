use std::sync::Arc;

use fire_and_forget::fire_and_forget;

struct Queue;

struct Tenant {
    queue: &'static Queue,
}

impl Tenant {
    #[fire_and_forget(backend = self.queue)]
    async fn index(self: Arc<Self>) {}
}

fn main() {}
