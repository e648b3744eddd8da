use fire_and_forget::{Context, fire_and_forget};

struct Tenant(u32);

impl Context for Tenant {
    fn capture() -> Self {
        Self(7)
    }

    fn scope<R>(&self, code: impl FnOnce() -> R) -> R {
        assert_eq!(self.0, 7);
        code()
    }
}

#[fire_and_forget(daemon, restart = "always", context = Tenant)]
fn listen(port: u16) {
    drop(port);
}

fn main() {}
