//! Errors, panics and attempts that take too long.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fire_and_forget::{Event, Report, fire_and_forget};

use crate::scenario::{counts, scenarios, until};

static ATTEMPTS: Mutex<Vec<Instant>> = Mutex::new(Vec::new());
static IS_CURED: AtomicBool = AtomicBool::new(false);

#[fire_and_forget(backend = "durable", name = "fails", attempts = 2)]
async fn fails(secret: String) -> Result<(), String> {
    ATTEMPTS.lock().unwrap().push(Instant::now());
    if IS_CURED.load(Ordering::SeqCst) {
        Ok(())
    } else {
        Err(format!("no route for {} letters", secret.len()))
    }
}

#[fire_and_forget(backend = "durable", name = "panics", attempts = 1)]
fn panics() {
    panic!("at \0 the disco");
}

#[fire_and_forget(backend = "durable", name = "hangs", attempts = 1, timeout = Duration::from_millis(50))]
async fn hangs() {
    std::future::pending::<()>().await;
}

static GIVEN_UP: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn observe() {
    fire_and_forget::set_observer(|report: &Report<'_>| {
        if let Event::GivenUp { attempts, error } = report.event() {
            GIVEN_UP
                .lock()
                .unwrap()
                .push(format!("{} {attempts} {error}", report.function()));
        }
    })
    .unwrap();
}

scenarios! {
    async fn what_fails_too_often_is_given_up_once_and_can_be_revived(store) {
        observe();
        let jobs = store.open().await;
        jobs.work(4);
        jobs.stored(|| fails("secret".into())).await.unwrap();
        until(async || jobs.counts().await.unwrap().dead() == 1).await;
        {
            let attempts = ATTEMPTS.lock().unwrap();
            assert_eq!(attempts.len(), 2);
            assert!(attempts[1] - attempts[0] >= Duration::from_secs(1), "there is a pause between them");
        }
        until(async || !GIVEN_UP.lock().unwrap().is_empty()).await;
        assert_eq!(*GIVEN_UP.lock().unwrap(), ["fails 2 no route for 6 letters"]);
        assert_eq!(counts("fails", "durable worker").failed, 2);
        let dead = jobs.dead().await.unwrap();
        assert_eq!(dead.len(), 1);
        assert_eq!((dead[0].function(), dead[0].queue(), dead[0].tries()), (Some("fails"), "default", 2));
        assert_eq!(dead[0].error(), "no route for 6 letters");
        assert_eq!(dead[0].arguments(), r#"{"secret":"secret"}"#);
        assert!(!format!("{dead:?}").contains(r#""secret""#), "{dead:?}");
        assert!(dead[0].died_on().is_some());
        assert!(dead[0].launched_at().unwrap().0.ends_with("failures.rs"));

        IS_CURED.store(true, Ordering::SeqCst);
        assert!(jobs.revive(dead[0].id()).await.unwrap());
        until(async || jobs.counts().await.unwrap().done() == 1).await;
        assert!(!jobs.discard(dead[0].id()).await.unwrap());
        assert!(!jobs.revive("nobody").await.unwrap());
    }

    async fn what_is_given_up_is_dead_in_the_store_before_anybody_is_told(store) {
        if store.process == 0 {
            // Nobody has been told anything by then.
            fire_and_forget::set_observer(|report: &Report<'_>| {
                if matches!(report.event(), Event::GivenUp { .. }) {
                    std::process::abort();
                }
            })
            .unwrap();
            let jobs = store.open().await;
            jobs.stored(|| panics()).await.unwrap();
            jobs.work(1);
            return std::future::pending().await;
        }
        observe();
        IS_CURED.store(true, Ordering::SeqCst);
        let jobs = store.open().await;
        assert_eq!(jobs.counts().await.unwrap().dead(), 1);
        jobs.work(1);
        jobs.stored(|| fails("secret".into())).await.unwrap();
        until(async || jobs.counts().await.unwrap().done() == 1).await;
        fire_and_forget::shutdown(Duration::from_mins(1)).await.unwrap();
        assert_eq!(*GIVEN_UP.lock().unwrap(), Vec::<String>::new(), "it is told once at most");
    }

    async fn a_panic_is_a_failure(store) {
        observe();
        let jobs = store.open().await;
        jobs.work(4);
        jobs.stored(|| panics()).await.unwrap();
        until(async || jobs.counts().await.unwrap().dead() == 1).await;
        let dead = jobs.dead().await.unwrap();
        assert!(dead[0].error().starts_with("panicked: at "), "{dead:?}");
        assert_eq!(counts("panics", "durable worker").panicked, 1);
        assert!(jobs.discard(dead[0].id()).await.unwrap());
        assert!(jobs.dead().await.unwrap().is_empty());
    }

    async fn an_attempt_that_takes_too_long_has_failed(store) {
        let jobs = store.open().await;
        jobs.work(4);
        jobs.stored(|| hangs()).await.unwrap();
        until(async || jobs.counts().await.unwrap().dead() == 1).await;
        assert_eq!(jobs.dead().await.unwrap()[0].error(), "timed out after 50ms");
        assert_eq!(counts("hangs", "durable worker").failed, 1);
    }
}
