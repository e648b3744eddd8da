//! Stores that cannot be opened, and what is said of them.

use std::time::Duration;

use fire_and_forget_durable::{Options, open};

use crate::scenario::scenarios;

/// What opening says; it is to say it soon, and may be tried again.
async fn refusal(url: &str) -> String {
    let opened = tokio::time::timeout(Duration::from_secs(20), open(url)).await;
    let error = opened.expect("it is said soon").expect_err(url);
    assert!(
        !format!("{error:?} {error}").contains("hunter2"),
        "{error:?}"
    );
    error.to_string()
}

scenarios! {
    async fn a_second_store_is_refused(store) {
        let _jobs = store.open().await;
        let error = store.options().open().await.unwrap_err();
        assert_eq!(error.to_string(), "this process has opened a store already: clone its `Jobs`");
    }

    async fn tables_of_another_version_are_refused(store) {
        let table = if store.is_postgres() { "apalis._sqlx_migrations" } else { "_apalis_migrations" };
        if store.process == 0 {
            store.open().await;
            let (now, bytes) = if store.is_postgres() { ("now()", r"'\x00'") } else { ("unixepoch()", "x'00'") };
            let sql = format!("INSERT INTO {table} (version, description, installed_on, success, checksum, execution_time) VALUES (99999999999999, 'later', {now}, true, {bytes}, 0)");
            store.execute(&sql).await;
            crate::scenario::next_process();
        }
        let error = store.options().open().await.unwrap_err().to_string();
        assert!(error.contains("its tables belong to another version of apalis-"), "{error}");
    }
}

#[test]
fn a_store_is_opened_inside_a_runtime() {
    let mut opening = Box::pin(open("sqlite:never.db"));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(Err(error)) = opening.as_mut().poll(&mut context) else {
        panic!("it is refused at once");
    };
    assert_eq!(
        error.to_string(),
        "`open` must be called inside a tokio runtime, which runs the bodies"
    );
}

#[test]
fn options_do_not_show_a_password() {
    let options = Options::new("postgres://app:hunter2@localhost/jobs?password=hunter2");
    assert!(!format!("{options:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_store_that_is_none_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let sqlite = |name: &str| format!("sqlite:{}", path(name));
    assert_eq!(
        refusal("").await,
        "the URL of a store must begin with `sqlite:` or `postgres:`"
    );
    assert_eq!(
        refusal("mysql://root:hunter2@localhost/x").await,
        "the URL of a store must begin with `sqlite:` or `postgres:`"
    );
    for in_memory in [
        "sqlite::memory:",
        "sqlite:%3Amemory%3A",
        "sqlite://?mode=memory",
    ] {
        assert_eq!(
            refusal(in_memory).await,
            "a SQLite database in memory does not survive the process: name a file"
        );
    }
    for nameless in [
        "sqlite:",
        "sqlite://",
        "sqlite:?mode=rwc",
        "sqlite://?mode=rwc",
    ] {
        assert_eq!(
            refusal(nameless).await,
            "the URL names no SQLite file: write `sqlite:` and a path"
        );
    }
    std::fs::write(
        path("text"),
        "this is not a database, and long enough to be read as one: ".repeat(100),
    )
    .unwrap();
    assert_eq!(
        refusal(&sqlite("text")).await,
        format!(
            "cannot open the SQLite file `{}`: it is not a SQLite database",
            path("text")
        )
    );
    assert_eq!(
        refusal(&sqlite("no/such/jobs.db")).await,
        format!(
            "cannot open the SQLite file `{}`: its folder does not exist",
            path("no/such/jobs.db")
        )
    );
    let refused = refusal("postgres://app:hunter2@127.0.0.1:1/jobs?application_name=hunter2").await;
    assert!(
        refused.starts_with("cannot open `postgres://app@127.0.0.1:1/jobs`: "),
        "{refused}"
    );
    assert!(refused.contains("refused"), "{refused}");
    refusal("postgres://app:hunter2@127.0.0.1:no/jobs").await;
}
