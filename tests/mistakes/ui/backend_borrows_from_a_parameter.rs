use fire_and_forget::{Pool, fire_and_forget};

struct Tenant {
    pool: Pool,
}

fn pool_of(tenant: &Tenant) -> &Pool {
    &tenant.pool
}

#[fire_and_forget(backend = pool_of(&tenant))]
fn index(tenant: Tenant) {
    drop(tenant);
}

fn main() {}
