use fire_and_forget::{Context, fire_and_forget};

struct Request;

impl Context for Request {
    fn capture() -> Self {
        Self
    }

    fn scope<R>(&self, code: impl FnOnce() -> R) -> R {
        code()
    }
}

mod auth {
    pub struct Tenant;
}

#[fire_and_forget(context = Request, auth::Tenant)]
async fn audit(line: String) {
    drop(line);
}

fn main() {}
