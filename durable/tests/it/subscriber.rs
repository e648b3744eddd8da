//! A subscriber of the user's: what it hears of the store, and what its panics do.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use fire_and_forget::fire_and_forget;
use tokio::sync::Semaphore;
use tracing::Subscriber;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::scenario::{Store, counts, scenarios, scenarios_on, until};

static RUNNING: AtomicUsize = AtomicUsize::new(0);
static GATE: Semaphore = Semaphore::const_new(0);

#[fire_and_forget(backend = "durable", name = "heard")]
async fn heard(number: u64) {
    let _ = number;
    RUNNING.fetch_add(1, Ordering::SeqCst);
    GATE.acquire().await.unwrap().forget();
    RUNNING.fetch_sub(1, Ordering::SeqCst);
}

/// Hears of all that sqlx tells.
struct Hears;

static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());
static IS_LISTENING: AtomicBool = AtomicBool::new(false);
/// It panics at the next message of the server.
static PANICS: AtomicBool = AtomicBool::new(false);

impl<S: Subscriber> Layer<S> for Hears {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let target = event.metadata().target();
        if IS_LISTENING.load(Ordering::SeqCst) && target.starts_with("sqlx::") {
            HEARD.lock().unwrap().push(target.to_owned());
        }
        assert!(
            target != "sqlx::postgres::notice" || !PANICS.swap(false, Ordering::SeqCst),
            "the subscriber panics"
        );
    }
}

/// Has the server say something for each job that is stored, fetched or ended.
async fn say_something(store: &Store, how: &str) {
    let sql = format!(
        "CREATE FUNCTION say() RETURNS trigger LANGUAGE plpgsql {how} AS $$ BEGIN RAISE WARNING 'a job'; RETURN NULL; END $$;
         CREATE TRIGGER say AFTER INSERT OR UPDATE ON {{jobs}} FOR EACH ROW EXECUTE FUNCTION say()"
    );
    store.execute(&sql).await;
}

scenarios! {
    async fn a_subscriber_hears_of_no_statement_and_of_no_message_of_the_server(store) {
        tracing_subscriber::registry().with(Hears).init();
        let jobs = store.open().await;
        if store.is_postgres() {
            say_something(&store, "").await;
        }
        GATE.add_permits(2);
        IS_LISTENING.store(true, Ordering::SeqCst);
        jobs.work(1);
        heard(0);
        jobs.stored(|| heard(1)).await.unwrap();
        until(async || counts("heard", "durable worker").ok == 2).await;
        fire_and_forget::shutdown(Duration::from_mins(1)).await.unwrap();
        assert_eq!(*HEARD.lock().unwrap(), Vec::<String>::new());
    }
}

scenarios_on! {
    on_postgres_alone, true:

    async fn a_panic_in_a_fetch_leaves_no_place_taken(store) {
        tracing_subscriber::registry().with(Hears).init();
        let jobs = store.open().await;
        jobs.stored(|| (0..2).for_each(heard)).await.unwrap();
        // A function with a setting of its own is heard. The first to change a row now is the fetch.
        say_something(&store, "SET client_min_messages = 'warning'").await;
        PANICS.store(true, Ordering::SeqCst);
        jobs.work(2);
        until(async || !PANICS.load(Ordering::SeqCst)).await;
        until(async || RUNNING.load(Ordering::SeqCst) == 2).await;
        GATE.add_permits(2);
        until(async || counts("heard", "durable worker").ok == 2).await;
        fire_and_forget::shutdown(Duration::from_mins(1)).await.unwrap();
        assert_eq!(counts("heard", "durable worker").launched, 2);
    }
}
