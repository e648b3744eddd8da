//! The expression of `backend`: what it may be, and when it is evaluated.

use std::collections::HashMap;
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, LazyLock, Mutex, OnceLock};

use fire_and_forget::{Backend, Executor, Pool, Task, Threads, fire_and_forget};
use waiting::signal;

use super::{pool, tell_thread};
use crate::recorder::{row, watch, watch_named};
use crate::values::drops::{Drops, Tracked};

struct Tenant {
    pool: &'static Pool,
    threads: Sender<String>,
}

impl Tenant {
    fn pool(&self) -> &'static Pool {
        self.pool
    }

    #[fire_and_forget(backend = self.pool, name = "of a field")]
    fn of_a_field(self: Arc<Self>) {
        tell_thread(&self.threads);
    }

    #[fire_and_forget(backend = self.pool(), name = "of a method")]
    fn of_a_method(self) {
        tell_thread(&self.threads);
    }

    #[fire_and_forget(backend = self.pool, name = "of a task")]
    async fn of_an_async_method(self: Box<Self>) {
        tell_thread(&self.threads);
    }
}

#[test]
fn a_method_is_launched_on_the_pool_in_its_field() {
    let (threads, names) = signal();
    let tenants: Vec<_> = ["field-a", "field-b"]
        .into_iter()
        .map(|name| {
            Arc::new(Tenant {
                pool: pool(name, 16),
                threads: threads.clone(),
            })
        })
        .collect();
    for tenant in &tenants {
        let (pool, threads) = (tenant.pool, tenant.threads.clone());
        Arc::clone(tenant).of_a_field();
        let expected = format!("{}-0", tenant.pool.name());
        assert_eq!(names.receive(), expected);
        Tenant { pool, threads }.of_a_method();
        assert_eq!(names.receive(), expected);
        let (pool, threads) = (tenant.pool, tenant.threads.clone());
        Box::new(Tenant { pool, threads }).of_an_async_method();
        assert_eq!(names.receive(), expected);
    }
    for name in ["of a field", "of a method", "of a task"] {
        watch_named(name).check(row!(launched: 2, ok: 2), &[]);
    }
}

#[fire_and_forget(backend = pool)]
fn on_a_parameter(pool: &'static Pool, threads: Sender<String>) {
    tell_thread(&threads);
}

#[fire_and_forget(backend = thread)]
async fn on_a_parameter_called_like_a_built_in_backend(
    mut thread: &'static Threads,
    threads: Sender<String>,
) {
    tell_thread(&threads);
    thread = Threads::new("other").leak();
    let _ = thread;
}

#[fire_and_forget(backend = **lazy)]
fn on_what_is_behind_a_parameter(lazy: &'static LazyLock<&'static Pool>, threads: Sender<String>) {
    assert_eq!(lazy.name(), "lazy");
    tell_thread(&threads);
}

#[test]
fn a_word_that_is_a_parameter_is_the_parameter() {
    static LAZY: LazyLock<&Pool> = LazyLock::new(|| pool("lazy", 1));
    let (threads, names) = signal();
    on_a_parameter(pool("first", 1), threads.clone());
    assert_eq!(names.receive(), "first-0");
    on_a_parameter(pool("second", 1), threads.clone());
    assert_eq!(names.receive(), "second-0");
    let watched = watch!(on_a_parameter_called_like_a_built_in_backend);
    let own: &Threads = Threads::new("own").leak();
    on_a_parameter_called_like_a_built_in_backend(own, threads.clone());
    names.receive();
    assert_eq!(watched.entry().backend(), "own");
    on_what_is_behind_a_parameter(&LAZY, threads);
    assert_eq!(names.receive(), "lazy-0");
}

static EVEN: Pool = Pool::new("even").threads(1);
static ODD: Pool = Pool::new("odd").threads(1);

#[fire_and_forget(backend = match number % 2 { 0 => &EVEN, _ => &ODD })]
fn on_one_of_two_statics(number: u32, threads: Sender<String>) {
    tell_thread(&threads);
}

#[fire_and_forget(backend = { let pools = POOLS.lock().unwrap(); pools[&*key] })]
fn on_what_a_map_has(key: String, threads: Sender<String>) {
    assert_eq!(key, "ada");
    tell_thread(&threads);
}

static POOLS: LazyLock<Mutex<HashMap<&str, &Pool>>> =
    LazyLock::new(|| Mutex::new(HashMap::from([("ada", pool("ada", 1))])));

#[fire_and_forget(backend = &EVEN, on_full = "reject")]
fn on_the_address_of_a_static(threads: Sender<String>) {
    tell_thread(&threads);
}

#[fire_and_forget(backend = pools[INDEX])]
fn on_an_element<const INDEX: usize>(pools: [&'static Pool; 2], threads: Sender<String>) {
    tell_thread(&threads);
}

#[test]
fn any_expression_may_choose() {
    let (threads, names) = signal();
    for number in 0..4 {
        on_one_of_two_statics(number, threads.clone());
        assert_eq!(names.receive(), ["even-0", "odd-0"][number as usize % 2]);
    }
    on_what_a_map_has("ada".into(), threads.clone());
    assert_eq!(names.receive(), "ada-0");
    on_the_address_of_a_static(threads.clone()).unwrap();
    assert_eq!(names.receive(), "even-0");
    let pools = [pool("zero", 1), pool("one", 1)];
    on_an_element::<0>(pools, threads.clone());
    assert_eq!(names.receive(), "zero-0");
    on_an_element::<1>(pools, threads);
    assert_eq!(names.receive(), "one-0");
}

/// Two of one type without a size may have the same address.
struct Unit<const NUMBER: usize>;

impl<const NUMBER: usize> Backend for Unit<NUMBER> {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        task.run();
        Ok(())
    }

    fn name(&self) -> &'static str {
        ["unit 0", "unit 1"][NUMBER]
    }
}

#[fire_and_forget(backend = backend)]
fn on_a_trait_object(backend: &'static dyn Backend) -> Result<(), String> {
    Err(backend.name().to_owned())
}

#[fire_and_forget(backend = backend)]
async fn on_a_trait_object_for_a_task(backend: &'static dyn Backend) -> Result<(), String> {
    Err(backend.name().to_owned())
}

#[test]
fn the_backend_may_be_a_trait_object() {
    let fns = watch!(on_a_trait_object);
    let tasks = watch!(on_a_trait_object_for_a_task);
    let backends: [&'static dyn Backend; 3] = [&Unit::<0>, &Unit::<1>, pool("third", 1)];
    for backend in backends {
        on_a_trait_object(backend);
        on_a_trait_object_for_a_task(backend);
    }
    for watched in [fns, tasks] {
        assert_eq!(watched.quiet(), row!(launched: 3, failed: 3));
        assert_eq!(watched.entry().backend(), "(several)");
        for seen in watched.reports() {
            assert_eq!(seen.text, format!("failed: {}", seen.backend));
        }
    }
}

/// Polls where it is called.
struct InPlace(&'static str);

impl Backend for InPlace {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        Err(task)
    }

    fn name(&self) -> &str {
        self.0
    }
}

impl Executor for InPlace {
    fn spawn(&'static self, future: impl Future<Output = ()> + Send + 'static) {
        ::smol::block_on(future);
    }
}

#[fire_and_forget(backend = executor)]
async fn on_an_executor(executor: &'static InPlace, threads: Sender<String>) {
    assert!(!executor.0.is_empty());
    tell_thread(&threads);
}

#[test]
fn an_async_fn_on_an_executor_is_a_task() {
    let watched = watch!(on_an_executor);
    let (threads, names) = signal();
    for name in ["executor a", "executor b"] {
        on_an_executor(Box::leak(Box::new(InPlace(name))), threads.clone());
    }
    let here = std::thread::current().name().unwrap().to_owned();
    assert_eq!(names.so_far(), [here.clone(), here]);
    watched.check(row!(launched: 2, ok: 2), &[]);
}

static CALLS: Mutex<Vec<&str>> = Mutex::new(Vec::new());

fn called<T>(name: &'static str, value: T) -> T {
    CALLS.lock().unwrap().push(name);
    value
}

#[fire_and_forget(
    max_in_flight = called("limit", text.len()),
    backend = called("backend", pool_of(&text)),
    on_full = "reject"
)]
fn is_evaluated(text: String, _more: Tracked) {
    assert_eq!(text, "abc");
}

fn pool_of(text: &str) -> &'static Pool {
    static POOL: OnceLock<&Pool> = OnceLock::new();
    assert_eq!(text, "abc");
    POOL.get_or_init(|| pool("evaluated", 16))
}

#[test]
fn the_expression_is_evaluated_once_for_each_launch_and_before_the_arguments_go() {
    let watched = watch!(is_evaluated);
    let drops = Drops::new();
    for _ in 0..3 {
        drop(is_evaluated("abc".into(), drops.tracked()));
    }
    watched.wait_until(|counts| counts.in_flight() == 0);
    assert_eq!(*CALLS.lock().unwrap(), ["backend", "limit"].repeat(3));
    assert_eq!(drops.count(), 3);
}

#[fire_and_forget(backend = no_pool(number))]
fn has_no_pool(number: u32, _more: Tracked) {
    assert!(number < 10);
}

fn no_pool(number: u32) -> &'static Pool {
    static POOL: OnceLock<&Pool> = OnceLock::new();
    assert!(number < 10, "deliberate, in an expression");
    POOL.get_or_init(|| pool("no pool", 16))
}

#[test]
fn a_panic_in_the_expression_is_the_callers_and_counts_nothing() {
    let watched = watch!(has_no_pool);
    let drops = Drops::new();
    has_no_pool(1, drops.tracked());
    let more = drops.tracked();
    catch_unwind(|| has_no_pool(10, more)).unwrap_err();
    watched.check(row!(launched: 1, ok: 1), &[]);
    assert_eq!(drops.count(), 2);
}

static EVALUATED: AtomicUsize = AtomicUsize::new(0);

#[fire_and_forget(backend = {
    EVALUATED.fetch_add(1, Ordering::Relaxed);
    pool
})]
fn counts_its_evaluations(pool: &'static Pool) {}

#[test]
fn many_threads_may_choose_at_once() {
    let watched = watch!(counts_its_evaluations);
    let pools: Vec<_> = (0..50).map(|_| pool("racing", 1000)).collect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| pools.iter().for_each(|pool| counts_its_evaluations(pool)));
        }
    });
    watched.check(row!(launched: 200, ok: 200), &[]);
    assert_eq!(EVALUATED.load(Ordering::Relaxed), 200);
    let ledger = fire_and_forget::ledger();
    let rows = ledger.entries().iter();
    let rows = rows.filter(|it| it.function() == watched.name());
    assert_eq!(rows.count(), 1, "a function is one row");
}
