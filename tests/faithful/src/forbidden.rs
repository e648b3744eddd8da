//! Annotated functions in a crate that forbids lints, which no `#[allow]` of an expansion may lower.
//!
//! That this compiles in three editions, in silence and under clippy, is the test. `.ci/lints` compiles it under every
//! lint that the compiler and clippy know, and once more with `--cfg plain`, without the attribute and without `#[own]`.

#![cfg_attr(
    not(every_lint),
    forbid(
        nonstandard_style,
        unused,
        warnings,
        unreachable_code,
        clippy::all,
        clippy::pedantic,
        clippy::diverging_sub_expression,
        clippy::infinite_loop,
        clippy::no_effect_underscore_binding,
        clippy::result_large_err,
        clippy::shadow_reuse,
        clippy::shadow_same,
        clippy::shadow_unrelated,
        clippy::used_underscore_binding
    )
)]

use std::fmt::{self, Display, Formatter};
use std::mem;
use std::num::ParseIntError;
use std::process;
use std::sync::{Arc, Mutex, PoisonError};

use fire_and_forget::Pool;

/// As large as clippy does not want errors to be.
pub type Large = [u64; 64];

/// What went wrong.
#[derive(Debug, Clone, Copy)]
pub struct Trouble;

impl Display for Trouble {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("trouble")
    }
}

static MAIL: Pool = Pool::new("mail");

const NAME: &str = "name";

fn ignore(error: Trouble) {
    println!("{error}");
}

/// A context.
#[derive(Debug)]
pub struct Tenant;

impl fire_and_forget::Context for Tenant {
    fn capture() -> Self {
        Self
    }

    fn scope<R>(&self, code: impl FnOnce() -> R) -> R {
        code()
    }
}

/// Another.
#[derive(Debug)]
pub struct Request(u64);

impl fire_and_forget::Context for Request {
    fn capture() -> Self {
        Self(1)
    }

    fn scope<R>(&self, code: impl FnOnce() -> R) -> R {
        println!("{}", self.0);
        code()
    }
}

#[cfg_attr(
    not(plain),
    fire_and_forget::fire_and_forget(context = Tenant, Request, on_full = "reject")
)]
fn in_context(name: String) {
    println!("{name}");
}

#[cfg_attr(
    not(plain),
    fire_and_forget::fire_and_forget(context = Tenant, Request, on_error = ignore)
)]
async fn in_context_as_a_task(name: String) -> Result<(), Trouble> {
    std::future::ready(()).await;
    println!("{name}");
    Err(Trouble)
}

#[cfg_attr(not(plain), fire_and_forget::fire_and_forget)]
fn two(name: String, number: u64) {
    println!("{name} {number}");
}

#[cfg_attr(not(plain), fire_and_forget::fire_and_forget)]
fn ends_early(name: String) -> Result<(), Trouble> {
    if name.is_empty() {
        return Err(Trouble);
    }
    drop(name);
    Ok(())
}

#[cfg_attr(not(plain), fire_and_forget::fire_and_forget)]
fn asks(name: String) -> Result<(), ParseIntError> {
    let number: u32 = name.parse()?;
    println!("{name} {number}");
    drop(name);
    Ok(())
}

#[cfg_attr(not(plain), fire_and_forget::fire_and_forget)]
fn ignores(_name: String, _: u64, (_first, second): (u8, String)) {
    drop(second);
}

#[cfg_attr(not(plain), fire_and_forget::fire_and_forget)]
fn changes(mut name: String) {
    name.push('!');
    println!("{name}");
}

#[cfg_attr(not(plain), fire_and_forget::fire_and_forget)]
fn exits(code: i32) {
    process::exit(code)
}

#[cfg_attr(not(plain), fire_and_forget::fire_and_forget)]
fn exits_with_an_error(code: i32) -> Result<(), Trouble> {
    process::exit(code)
}

#[cfg_attr(not(plain), fire_and_forget::fire_and_forget)]
fn never_returns(code: i32) -> ! {
    process::exit(code)
}

#[cfg_attr(not(plain), fire_and_forget::fire_and_forget)]
fn goes_on(name: String) -> ! {
    loop {
        println!("{name}");
    }
}

/// # Errors
///
/// When it does not fit.
#[cfg_attr(not(plain), fire_and_forget::fire_and_forget(on_full = "reject"))]
pub fn comes_back(_large: Large, number: u32) -> Result<(), Trouble> {
    println!("{number}");
    Ok(())
}

#[cfg_attr(not(plain), fire_and_forget::fire_and_forget(daemon))]
fn daemon(name: String) {
    println!("{name}");
}

#[cfg_attr(
    not(plain),
    fire_and_forget::fire_and_forget(daemon, backend = "thread", restart = "always")
)]
async fn task_of_a_daemon(name: String) -> Result<(), Trouble> {
    std::future::ready(()).await;
    println!("{name}");
    Err(Trouble)
}

#[cfg_attr(not(plain), fire_and_forget::fire_and_forget)]
async fn task(name: String, number: u64) {
    std::future::ready(()).await;
    println!("{name} {number}");
}

#[cfg_attr(not(plain), fire_and_forget::fire_and_forget)]
async fn task_ends_early(name: String) -> Result<(), Trouble> {
    if name.is_empty() {
        return Err(Trouble);
    }
    std::future::ready(()).await;
    drop(name);
    Ok(())
}

#[cfg_attr(not(plain), fire_and_forget::fire_and_forget)]
async fn task_goes_on(name: String) -> ! {
    loop {
        std::future::ready(()).await;
        println!("{name}");
    }
}

#[cfg_attr(not(plain), fire_and_forget::fire_and_forget)]
async fn task_ignores(_name: String, (_first, second): (u8, String)) {
    std::future::ready(()).await;
    drop(second);
    process::exit(1)
}

/// # Errors
///
/// When it does not fit.
#[cfg_attr(not(plain), fire_and_forget::fire_and_forget(on_full = "reject"))]
pub async fn task_comes_back(_large: Large, number: u32) -> Result<(), Trouble> {
    std::future::ready(number).await;
    Ok(())
}

#[cfg_attr(
    not(plain),
    fire_and_forget::fire_and_forget(backend = "thread", name = NAME, max_in_flight = limit)
)]
fn with_options(limit: usize) {
    println!("{limit}");
}

#[cfg_attr(
    not(plain),
    fire_and_forget::fire_and_forget(backend = MAIL, name = concat!("a.", "b"), on_error = ignore)
)]
fn on_a_static(name: String) -> Result<(), Trouble> {
    drop(name);
    Err(Trouble)
}

#[cfg_attr(not(plain), fire_and_forget::fire_and_forget(backend = MAIL))]
async fn task_on_a_static(name: String) {
    std::future::ready(()).await;
    println!("{name}");
}

#[cfg_attr(not(plain), fire_and_forget::fire_and_forget(backend = pool))]
fn on_an_argument(pool: &'static Pool, name: String) {
    println!("{name} {pool:?}");
}

#[cfg_attr(
    not(plain),
    fire_and_forget::fire_and_forget(backend = pool, max_in_flight = limit, on_full = "block")
)]
fn on_an_argument_with_a_limit(pool: &'static Pool, limit: usize) {
    println!("{limit} {pool:?}");
}

/// # Errors
///
/// When it does not fit.
#[cfg_attr(
    not(plain),
    fire_and_forget::fire_and_forget(
        backend = if number == 0 { &MAIL } else { pool },
        on_full = "reject"
    )
)]
pub async fn task_on_what_is_chosen(pool: &'static Pool, number: u32) -> Result<(), Trouble> {
    std::future::ready(pool).await;
    println!("{number}");
    Ok(())
}

/// What the last expression borrows is let go of before the parameters are.
#[cfg_attr(not(plain), fire_and_forget::fire_and_forget)]
fn borrows_at_the_end(
    last: Arc<Mutex<Result<(), Trouble>>>,
    (_, spare): (u8, Arc<Mutex<u8>>),
) -> Result<(), Trouble> {
    drop(spare);
    mem::replace(
        &mut *last.lock().unwrap_or_else(PoisonError::into_inner),
        Ok(()),
    )
}

#[cfg_attr(not(plain), fire_and_forget::fire_and_forget)]
fn generic<T: Display + Send + 'static, const N: usize>(them: [T; N]) {
    for it in them {
        println!("{it}");
    }
}

#[cfg_attr(not(plain), fire_and_forget::fire_and_forget)]
fn opaque(it: impl FnOnce() + Send + 'static) {
    it();
}

#[cfg_attr(not(plain), fire_and_forget::fire_and_forget)]
fn copies(
    before: String,
    #[own] text: &str,
    #[own] _list: &[u8],
    #[own] _: &str,
    #[own] mut rest: &str,
    #[own] (first, _): &(u8, String),
) -> Result<(), Trouble> {
    rest = rest.trim();
    println!("{before} {text} {rest} {first}");
    drop(before);
    Err(Trouble)
}

#[cfg_attr(
    not(plain),
    fire_and_forget::fire_and_forget(max_in_flight = text.len())
)]
async fn task_copies<T: Clone + Display + Send + Sync + 'static>(
    #[own] text: &str,
    #[own] it: &T,
    #[own] _large: &Large,
) {
    std::future::ready(()).await;
    println!("{text} {it}");
}

/// # Errors
///
/// When it does not fit.
#[cfg_attr(not(plain), fire_and_forget::fire_and_forget(on_full = "reject"))]
pub fn copies_come_back(
    #[own] text: &str,
    #[own] list: &[u8],
    #[own] large: &Large,
) -> Result<(), Trouble> {
    println!("{text} {list:?} {large:?}");
    Ok(())
}

#[cfg_attr(not(plain), fire_and_forget::fire_and_forget)]
fn goes_on_with_a_copy(#[own] text: &str) -> ! {
    loop {
        println!("{text}");
    }
}

/// With methods.
#[derive(Debug, Clone)]
pub struct Counter {
    count: u8,
}

impl Counter {
    #[cfg_attr(not(plain), fire_and_forget::fire_and_forget)]
    fn by_value(self, step: u8) {
        println!("{} {step}", self.count);
    }

    #[cfg_attr(not(plain), fire_and_forget::fire_and_forget)]
    fn by_arc(self: Arc<Self>) {
        println!("{}", self.count);
        drop(self);
    }

    #[cfg_attr(not(plain), fire_and_forget::fire_and_forget(backend = self.pool()))]
    fn on_a_pool(self: Arc<Self>, name: String) {
        println!("{} {name}", self.count);
    }

    fn pool(&self) -> &'static Pool {
        println!("{}", self.count);
        &MAIL
    }

    #[cfg_attr(not(plain), fire_and_forget::fire_and_forget(on_full = "reject"))]
    fn changes(mut self, _step: u8) {
        self.count = 0;
        println!("{}", self.count);
    }

    #[cfg_attr(not(plain), fire_and_forget::fire_and_forget)]
    async fn task(self: Arc<Self>, name: String) {
        std::future::ready(()).await;
        println!("{} {name}", self.count);
    }

    #[cfg_attr(not(plain), fire_and_forget::fire_and_forget)]
    fn by_copy(#[own] &self, #[own] name: &str) {
        println!("{} {name}", self.count);
        if self.count > 0 {
            self.by_copy(name);
        }
    }

    #[cfg_attr(not(plain), fire_and_forget::fire_and_forget(on_full = "reject"))]
    async fn task_by_copy(#[own] &self) -> Result<(), Trouble> {
        std::future::ready(self.count).await;
        Ok(())
    }
}

/// Calls them all, since what is not called is a warning.
pub fn call_all(text: &str, lock: &Arc<Mutex<Result<(), Trouble>>>) {
    /// In a function.
    #[forbid(unreachable_code)]
    #[cfg_attr(not(plain), fire_and_forget::fire_and_forget)]
    fn inner(name: String) {
        drop(name);
    }

    inner(text.to_owned());
    drop(in_context(text.to_owned()));
    in_context_as_a_task(text.to_owned());
    two(text.to_owned(), 1);
    ends_early(text.to_owned());
    asks(text.to_owned());
    ignores(text.to_owned(), 1, (2, text.to_owned()));
    changes(text.to_owned());
    exits(1);
    exits_with_an_error(1);
    daemon(text.to_owned());
    task_of_a_daemon(text.to_owned());
    task(text.to_owned(), 1);
    task_ends_early(text.to_owned());
    task_goes_on(text.to_owned());
    task_ignores(text.to_owned(), (1, text.to_owned()));
    drop(comes_back([1; 64], 1));
    drop(task_comes_back([1; 64], 1));
    with_options(1);
    on_a_static(text.to_owned());
    task_on_a_static(text.to_owned());
    on_an_argument(&MAIL, text.to_owned());
    on_an_argument_with_a_limit(&MAIL, 1);
    drop(task_on_what_is_chosen(&MAIL, 1));
    borrows_at_the_end(Arc::clone(lock), (1, Arc::default()));
    generic([1, 2]);
    opaque(|| {});
    Counter { count: 1 }.by_value(1);
    Arc::new(Counter { count: 1 }).by_arc();
    Arc::new(Counter { count: 1 }).on_a_pool(text.to_owned());
    drop(Counter { count: 1 }.changes(1));
    Arc::new(Counter { count: 1 }).task(text.to_owned());
    copies(
        text.to_owned(),
        text,
        &[],
        text,
        text,
        &(1, text.to_owned()),
    );
    task_copies(text, &1, &[1; 64]);
    drop(copies_come_back(text, &[], &[1; 64]));
    let counter = Counter { count: 1 };
    counter.by_copy(text);
    drop(counter.task_by_copy());
    if text.is_empty() {
        goes_on_with_a_copy(text);
    }
    if text.is_empty() {
        never_returns(1);
    }
    if text.is_empty() {
        goes_on(text.to_owned());
    }
}

/// Durable functions, under lints that are not forbidden: `inventory`, which lists them, allows one of its own.
#[cfg(stored)]
pub mod stored {
    use std::num::ParseIntError;
    use std::process;
    use std::time::Duration;

    use crate::{ignore, Trouble, NAME};

    const TIMEOUT: Duration = Duration::from_secs(5);

    #[cfg_attr(
        not(plain),
        fire_and_forget::fire_and_forget(backend = "durable", queue = NAME, attempts = 2)
    )]
    fn stored(mut name: String, _number: u64, r#type: Option<u8>) -> Result<(), ParseIntError> {
        name.push('!');
        let number: u32 = name.parse()?;
        println!("{name} {number} {type:?}");
        Ok(())
    }

    #[cfg_attr(
        not(plain),
        fire_and_forget::fire_and_forget(
            backend = "durable",
            name = NAME,
            queue = "mail",
            attempts = 3,
            timeout = TIMEOUT,
            max_in_flight = limit,
            on_error = ignore,
        )
    )]
    async fn task(name: String, limit: usize) -> Result<(), Trouble> {
        std::future::ready(()).await;
        println!("{name} {limit}");
        Err(Trouble)
    }

    /// # Errors
    ///
    /// When it does not fit.
    #[cfg_attr(
        not(plain),
        fire_and_forget::fire_and_forget(backend = "durable", on_full = "reject")
    )]
    pub fn comes_back(name: String, number: u32) -> Result<(), Trouble> {
        println!("{name} {number}");
        Ok(())
    }

    #[cfg_attr(not(plain), fire_and_forget::fire_and_forget(backend = "durable"))]
    fn copies(#[own] text: &str, #[own] list: &[u8]) {
        println!("{text} {list:?}");
    }

    #[cfg_attr(not(plain), fire_and_forget::fire_and_forget(backend = "durable"))]
    fn exits() {
        process::exit(1)
    }

    /// With an associated function.
    #[derive(Debug)]
    pub struct Counter;

    impl Counter {
        #[cfg_attr(not(plain), fire_and_forget::fire_and_forget(backend = "durable"))]
        fn count(count: u8) {
            println!("{count}");
        }
    }

    /// Calls them all.
    pub fn call_all(text: &str) {
        stored(text.to_owned(), 1, None);
        task(text.to_owned(), 1);
        drop(comes_back(text.to_owned(), 1));
        copies(text, &[]);
        exits();
        Counter::count(1);
    }
}
