use fire_and_forget::{Pool, fire_and_forget};

struct Tenant {
    pool: &'static Pool,
}

impl Tenant {
    #[fire_and_forget(daemon, backend = self.pool)]
    fn listen(self, port: u16) {
        drop(port);
    }
}

fn main() {}
