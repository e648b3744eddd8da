use fire_and_forget::{Backend, Executor, Task, fire_and_forget};

struct Events;

static EVENTS: Events = Events;

impl Backend for Events {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        Err(task)
    }

    fn name(&self) -> &'static str {
        "events"
    }
}

impl Executor for Events {
    fn spawn(&'static self, future: impl Future<Output = ()> + Send + 'static) {
        drop(future);
    }
}

#[fire_and_forget(backend = EVENTS)]
async fn audit(line: String) {
    let shared = std::rc::Rc::new(line);
    std::future::ready(()).await;
    println!("{shared}");
}

fn main() {}
