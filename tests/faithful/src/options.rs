//! Every option, alone and together.

use std::sync::atomic::{AtomicUsize, Ordering};

use fire_and_forget::{fire_and_forget, Backend, Context, Pool, Threads};

use crate::consume;

/// Statics elsewhere.
pub mod elsewhere {
    use std::sync::LazyLock;

    use fire_and_forget::Pool;

    /// One that is set up when it is first used.
    pub static LATER: LazyLock<Pool> = LazyLock::new(|| Pool::new("later").threads(1));

    /// A context of another name.
    pub type Text = super::Holds<String>;

    /// A reference to one.
    pub static SHARED: &Pool = &super::MAIL;
}

/// A pool.
pub static MAIL: Pool = Pool::new("mail").threads(2).queue(64);

/// Threads.
pub static DEEP: Threads = Threads::new("deep").stack_size(1 << 20).max_threads(2);

/// Whatever it is.
pub static ERASED: &(dyn Backend + Sync) = &MAIL;

static LIMIT: AtomicUsize = AtomicUsize::new(4);

/// Takes an error that is not `Display`.
pub fn ignore(error: u8) {
    consume(error.checked_add(1));
}

/// On a pool of its own.
#[fire_and_forget(backend = MAIL)]
pub fn pool() {}

/// On a thread of its own.
#[fire_and_forget(backend = "thread")]
pub fn thread() {}

/// On threads with a limit.
#[fire_and_forget(backend = DEEP)]
pub async fn threads() {}

/// On a pool that is not there yet.
#[fire_and_forget(backend = elsewhere::LATER)]
pub fn later() {}

/// Through a reference.
#[fire_and_forget(backend = elsewhere::SHARED)]
pub fn shared() {}

/// Through a trait object.
#[fire_and_forget(backend = ERASED)]
pub fn erased() {}

/// A function on a worker with the runtime entered.
#[fire_and_forget(backend = "tokio")]
pub fn worker() {}

/// A task on a pool.
#[fire_and_forget(backend = "pool")]
pub async fn blocked_on() {}

/// Goes on.
#[fire_and_forget(daemon)]
pub fn daemon(text: String) {
    consume(text);
}

/// Goes on, and is given back.
#[fire_and_forget(daemon, backend = DEEP, on_full = "reject", on_error = ignore, max_in_flight = 1)]
pub fn daemon_on_threads(text: String, (error, _): (u8, u8)) -> Result<(), u8> {
    consume(text);
    Err(error)
}

/// Goes on as a task.
#[fire_and_forget(daemon, max_in_flight = usize::from(port))]
pub async fn daemon_task(port: u16) -> Result<(), String> {
    std::future::ready(()).await;
    Err(port.to_string())
}

/// Comes back.
#[fire_and_forget(daemon, restart = "always", max_in_flight = usize::from(port))]
pub fn restarts(port: u16, _name: String) -> Result<(), String> {
    Err(port.to_string())
}

/// Comes back on threads that are chosen.
#[fire_and_forget(daemon, backend = threads, restart = "always")]
pub fn restarts_on_chosen_threads(threads: &'static Threads, name: String) {
    consume(name);
}

/// Comes back as a task.
#[fire_and_forget(daemon, restart = "on_failure", on_full = "reject")]
pub async fn restarts_task((name, _port): (String, u16)) -> Result<(), String> {
    std::future::ready(()).await;
    Err(name)
}

/// Comes back on threads, and only panics.
#[fire_and_forget(backend = DEEP, restart = "on_failure")]
pub async fn restarts_on_threads(name: String) -> ! {
    std::future::ready(()).await;
    panic!("{}", name);
}

/// Goes on as a task on whatever it is.
#[fire_and_forget(backend = ERASED, daemon, on_full = "reject")]
pub async fn daemon_task_erased(text: String) {
    std::future::ready(()).await;
    consume(text);
}

/// Waits.
#[fire_and_forget(on_full = "block")]
pub fn block() {}

/// Runs in the caller.
#[fire_and_forget(on_full = "caller_runs", backend = "tokio")]
pub fn caller_runs() {}

/// Gives nothing back.
#[fire_and_forget(on_full = "reject")]
pub fn reject() {}

/// Gives a task's arguments back.
#[fire_and_forget(on_full = "reject", max_in_flight = 1)]
pub async fn reject_task(text: String, (left, right): (u8, u8)) -> Result<(), String> {
    std::future::ready(()).await;
    if left == right {
        Err(text)
    } else {
        Ok(())
    }
}

/// Gives them back from a pool.
#[fire_and_forget(on_full = "reject", backend = MAIL)]
pub async fn reject_blocked_on(text: String) -> Result<(), String> {
    Err(text)
}

/// Gives them back from a worker.
#[fire_and_forget(on_full = "reject", backend = "tokio")]
pub fn reject_worker(text: String) -> Result<(), String> {
    Err(text)
}

/// Large arguments, given back.
#[fire_and_forget(on_full = "reject")]
pub fn reject_large(bytes: [u8; 1024]) {
    consume(bytes.first().copied());
}

/// A tenant with a pool of its own.
#[allow(missing_debug_implementations)]
pub struct Tenant {
    pool: &'static Pool,
    erased: &'static (dyn Backend + Send + Sync),
}

impl Tenant {
    /// On a field.
    #[fire_and_forget(backend = self.pool)]
    pub fn on_a_field(self: std::sync::Arc<Self>) {}

    /// On a field that is a trait object.
    #[fire_and_forget(backend = self.erased, on_full = "reject")]
    pub async fn on_an_erased_field(self, text: String) -> Result<(), String> {
        std::future::ready(()).await;
        Err(text)
    }

    /// On what a static has.
    #[fire_and_forget(backend = self.pool)]
    pub fn on_a_field_of_a_static(&'static self) {}
}

/// On an argument that the body does without.
#[fire_and_forget(backend = pool)]
pub fn on_an_argument(pool: &'static Pool) {}

/// On an argument that the body does without, as a task.
#[fire_and_forget(backend = pool, max_in_flight = most)]
pub async fn task_on_an_argument(pool: &'static Threads, most: usize) {}

/// On what a look-up finds.
#[fire_and_forget(backend = {
    let found = pools.iter().find(|it| it.0 == name);
    found.map_or(&MAIL, |it| it.1)
})]
pub fn on_what_is_found(name: String, pools: std::sync::Arc<[(String, &'static Pool)]>) {
    consume((name, pools));
}

/// On a value of a type parameter.
#[fire_and_forget(backend = backend, name = "generic")]
pub fn on_a_generic_argument<B: Backend, const N: usize>(backend: &'static B, of: [u8; N]) {
    consume((backend.name().len(), of));
}

/// With a backend that is a fragment.
macro_rules! on_a_fragment {
    ($name:ident: $ty:ty, $backend:expr) => {
        /// Made by a macro.
        #[fire_and_forget(backend = $backend)]
        pub fn on_a_fragment($name: $ty) {
            consume($name);
        }
    };
}

on_a_fragment!(tenant: &'static Tenant, tenant.pool);

/// A limit that is computed.
#[fire_and_forget(max_in_flight = LIMIT.load(Ordering::Relaxed).max(1))]
pub fn limited() {}

/// A limit with commas and angle brackets in it.
#[fire_and_forget(max_in_flight = std::cmp::max::<usize>(1, 2), name = "bounded")]
pub fn bounded() {}

/// A limit that an argument says.
#[fire_and_forget(max_in_flight = limits.first().copied().unwrap_or(limit), backend = MAIL)]
pub fn limited_by_an_argument(limit: usize, limits: Vec<usize>) {
    consume((limit, limits));
}

/// An argument that only the limit names, which is a use of it.
#[fire_and_forget(max_in_flight = at_most.get(), backend = MAIL)]
pub fn limited_by_what_the_body_does_without(at_most: std::num::NonZeroUsize) {}

/// An argument that only the limit of a task names.
#[fire_and_forget(max_in_flight = at_most.get())]
pub async fn task_limited_by_what_the_body_does_without(at_most: std::num::NonZeroUsize) {}

/// A limit in which an argument is named inside a string.
#[fire_and_forget(max_in_flight = format!("{text}{digits:?}").len().max(1), backend = MAIL)]
pub fn limited_by_a_text(text: String, digits: [u8; 2]) {
    consume((text, digits));
}

/// A limit with a function that is called like a parameter.
macro_rules! limited_by_a_function {
    ($limit:expr) => {
        /// Takes something else.
        #[fire_and_forget(max_in_flight = $limit, backend = MAIL)]
        pub fn limited_by_a_function(most: u8) {
            consume(most);
        }
    };
}

fn most() -> usize {
    4
}

limited_by_a_function!(most());

/// A name that is put together.
#[fire_and_forget(name = concat!("job.", stringify!(put_together)))]
pub fn put_together() {}

/// What a function is called elsewhere.
pub const NAME: &str = "constant";

/// A name that is a constant.
#[fire_and_forget(name = NAME)]
pub async fn constant() {}

/// Names that a macro puts together, a function each.
macro_rules! jobs {
    ($($name:ident)*) => {
        $(
            /// Made by a macro.
            #[fire_and_forget(name = concat!("job.", stringify!($name)))]
            pub fn $name() {}
        )*
    };
}

jobs!(first second);

/// A handler.
#[fire_and_forget(on_error = ignore)]
pub fn handled() -> Result<(), u8> {
    Err(1)
}

/// A handler of a task.
#[fire_and_forget(on_error = consume::<u8>)]
pub async fn handled_task() -> Result<(), u8> {
    Err(1)
}

/// A handler that is a method.
#[derive(Debug)]
pub struct Handler;

impl Handler {
    fn handle(error: u8) {
        ignore(error);
    }

    /// Names it through `Self`.
    #[fire_and_forget(on_error = Self::handle, name = "handler")]
    pub fn launch(self) -> Result<(), u8> {
        Err(1)
    }
}

/// A context.
#[derive(Debug)]
pub struct Captured(u8);

impl Context for Captured {
    fn capture() -> Self {
        Self(1)
    }

    fn scope<R>(&self, code: impl FnOnce() -> R) -> R {
        consume(self.0);
        code()
    }
}

/// A context of some type.
#[derive(Debug)]
pub struct Holds<T>(T);

impl<T: Default + Send + 'static> Context for Holds<T> {
    fn capture() -> Self {
        Self(T::default())
    }

    fn scope<R>(&self, code: impl FnOnce() -> R) -> R {
        code()
    }
}

/// In a context.
#[fire_and_forget(context = Captured)]
pub fn in_context(text: String) {
    consume(text);
}

/// As a task, in several, one of which is generic.
#[fire_and_forget(context = Captured, Holds<Vec<(u8, u8)>>, elsewhere::Text, on_error = ignore)]
pub async fn in_contexts(text: String) -> Result<(), u8> {
    consume(text);
    Err(1)
}

/// On a thread that blocks on it.
#[fire_and_forget(backend = "thread", context = [Captured, Holds<u8>])]
pub async fn in_contexts_of_a_thread(text: String) {
    consume(text);
}

impl Captured {
    /// Names itself.
    #[fire_and_forget(context = Self)]
    pub fn launch<T: Send + 'static>(self, value: T) {
        consume((self.0, value));
    }
}

/// Depends on a parameter.
#[fire_and_forget(context = Holds<T>, backend = "tokio", name = "generic context")]
pub fn in_a_generic_context<T: Default + Send + 'static>(value: T) {
    consume(value);
}

macro_rules! in_context_of {
    ($name:ident, $context:ty, $path:path) => {
        /// Made by a macro.
        #[fire_and_forget(context = $context)]
        pub fn $name() {}

        /// With a path.
        pub mod $name {
            use super::*;

            /// Made by a macro.
            #[fire_and_forget(context = $path)]
            pub async fn task() {}
        }
    };
}

in_context_of!(made_by_a_macro, Captured, Holds<u8>);

/// Everything.
#[fire_and_forget(
    backend = MAIL,
    on_full = "reject",
    max_in_flight = 8,
    name = "everything",
    context = Captured, Holds<u8>,
    on_error = ignore,
    crate = ::fire_and_forget,
)]
pub fn everything(text: String) -> Result<(), u8> {
    consume(text);
    Err(1)
}

/// Values, as of plain functions: launchers coerce to `fn` pointers and fit where a closure does.
#[must_use]
pub fn values() -> [fn(); 3] {
    (0..2_u8).map(|_| ()).for_each(|()| pool());
    [pool, thread, threads]
}
