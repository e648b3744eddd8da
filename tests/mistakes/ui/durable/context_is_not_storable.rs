use fire_and_forget::{Context, fire_and_forget};

struct Tenant(String);

impl Context for Tenant {
    fn capture() -> Self {
        Self("acme".into())
    }

    fn scope<R>(&self, code: impl FnOnce() -> R) -> R {
        code()
    }
}

#[fire_and_forget(backend = "durable", context = Tenant)]
fn audit(line: String) {
    drop(line);
}

fn main() {}
