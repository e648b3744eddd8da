use fire_and_forget::{Executor, fire_and_forget};

struct Events;

static EVENTS: Events = Events;

impl Executor for Events {
    fn spawn(&'static self, future: impl Future<Output = ()> + Send + 'static) {
        drop(future);
    }
}

#[fire_and_forget(backend = EVENTS)]
async fn audit(line: String) {
    drop(line);
}

fn main() {}
