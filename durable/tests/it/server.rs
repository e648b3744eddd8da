//! A server that cuts its connections, loses its answers, or restarts.

use std::process::Command;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fire_and_forget::{durable, fire_and_forget};
use fire_and_forget_durable::{Jobs, Options};

use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::scenario::{Store, counts, note_of_body, say, scenarios_on, until};

#[fire_and_forget(backend = "durable", name = "cut off")]
async fn cut_off(number: u64) {
    note_of_body(number);
}

const CUT: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";

/// How many answers may come through yet before one is lost, with its connection; from `u64::MAX` on, all do.
static ANSWERS: AtomicU64 = AtomicU64::new(u64::MAX);
static LOST: AtomicU64 = AtomicU64::new(0);

/// The program that stops and starts the server.
const CONTROL: &str = "DURABLE_TEST_POSTGRES_CONTROL";

/// So many answers between two that are lost.
const BETWEEN: u64 = 13;

/// A network between this program and the server, that loses answers. The URL by which the store is found behind it.
async fn behind_a_network(url: &str) -> String {
    let options = PgConnectOptions::from_str(url).unwrap();
    let server = format!("{}:{}", options.get_host(), options.get_port());
    assert!(url.contains(&server), "the server is named with its port");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let network = listener.local_addr().unwrap().to_string();
    let url = url.replace(&server, &network);
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            let server = TcpStream::connect(&server).await.unwrap();
            tokio::spawn(carry(client, server));
        }
    });
    url
}

async fn carry(client: TcpStream, server: TcpStream) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let questions = tokio::spawn(async move {
        let _ = tokio::io::copy(&mut from_client, &mut to_server).await;
    });
    let mut answer = vec![0; 65536];
    while let Ok(length @ 1..) = from_server.read(&mut answer).await {
        let left = ANSWERS.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| match left {
            u64::MAX => None,
            0 => Some(BETWEEN),
            left => Some(left - 1),
        });
        if left == Ok(0) {
            // The server has done it, and nobody hears of it.
            LOST.fetch_add(1, Ordering::Relaxed);
            break;
        }
        if to_client.write_all(&answer[..length]).await.is_err() {
            break;
        }
    }
    questions.abort();
}

/// All that was launched is stored, and is done once.
async fn expect_each_once(store: &Store, jobs: &Jobs, launched: u64) {
    durable::flush(Duration::from_mins(1)).await.unwrap();
    assert_eq!(counts("cut off", "durable").ok, launched);
    until(async || {
        jobs.counts()
            .await
            .is_ok_and(|counts| counts.done() == launched)
    })
    .await;
    let notes = store.notes();
    let mut notes: Vec<u64> = notes.iter().map(|note| note.parse().unwrap()).collect();
    notes.sort_unstable();
    assert!(notes.into_iter().eq(0..launched));
}

scenarios_on! { on_postgres, true:
    async fn connections_that_are_cut_again_and_again_lose_nothing(store) {
        let jobs = store.open().await;
        jobs.work(4);
        for round in 0..50 {
            (0..20).for_each(|number| cut_off(round * 20 + number));
            store.execute(CUT).await;
        }
        expect_each_once(&store, &jobs, 1000).await;
    }

    async fn answers_that_are_lost_again_and_again_lose_nothing(store) {
        let jobs = Options::new(behind_a_network(&store.url).await)
            .heartbeat(Duration::from_millis(200))
            .poll_interval(Duration::from_millis(20))
            .open()
            .await
            .unwrap();
        jobs.work(4);
        ANSWERS.store(BETWEEN, Ordering::Relaxed);
        let mut launched = 0;
        while LOST.load(Ordering::Relaxed) < 100 {
            (0..5).for_each(|number| cut_off(launched + number));
            launched += 5;
            let lost = LOST.load(Ordering::Relaxed);
            until(async || LOST.load(Ordering::Relaxed) > lost).await;
        }
        ANSWERS.store(u64::MAX, Ordering::Relaxed);
        expect_each_once(&store, &jobs, launched).await;
    }

    async fn a_server_that_crashes_and_restarts_in_the_middle_of_work_loses_nothing(store) {
        if store.process == 0 {
            // A server of its own: other scenarios are on the common one.
            let Ok(_) = std::env::var(CONTROL) else {
                return say("left out: `.ci/postgres` says how a server is restarted");
            };
            let other = store.other(1);
            let own_server = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.ci/postgres"))
                .args(["sh", "-c", "DURABLE_SCENARIO_URL=$DURABLE_TEST_POSTGRES exec \"$@\"", "sh"])
                .arg(other.get_program())
                .args(other.get_args())
                .env("DURABLE_SCENARIO_URL", "")
                .env("DURABLE_SCENARIO_PROCESS", "1")
                .output()
                .unwrap();
            assert!(own_server.status.success(), "{own_server:?}");
            return;
        }
        let jobs = store.open().await;
        jobs.work(4);
        let mut launched = 0;
        for _ in 0..3 {
            (0..500).for_each(|number| cut_off(launched + number));
            launched += 500;
            until(async || counts("cut off", "durable worker").ok > launched - 400).await;
            let control = std::env::var(CONTROL).unwrap();
            for step in ["crash", "start"] {
                assert!(Command::new(&control).arg(step).status().unwrap().success());
            }
        }
        expect_each_once(&store, &jobs, launched).await;
    }
}
