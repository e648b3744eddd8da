//! The service under load, stopped by a real SIGTERM: of every order it accepted, each of the three jobs is done.

#![cfg(unix)]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// Clients that send one request after the other, each on a connection of its own.
const CLIENTS: usize = 8;
/// So many answers come before the signal is sent; the clients go on until nobody answers.
const BEFORE_THE_SIGNAL: u64 = 400;

#[test]
fn of_every_accepted_request_all_three_jobs_are_done_after_a_sigterm() {
    for repetition in 0..3 {
        let folder = Folder::new(repetition);
        let (mut service, mut output, address) = start(&folder.0);
        let answers = AtomicU64::new(0);
        let accepted: BTreeSet<(u64, &str)> = thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS as u64)
                .map(|client| {
                    let (address, answers) = (&address, &answers);
                    scope.spawn(move || send(client, address, answers))
                })
                .collect();
            while answers.load(Ordering::Relaxed) < BEFORE_THE_SIGNAL {
                thread::yield_now();
            }
            let process = service.id().to_string();
            let killed = Command::new("kill").args(["-TERM", &process]).status();
            assert!(killed.expect("`kill` runs").success());
            clients
                .into_iter()
                .flat_map(|client| client.join().expect("no client panics"))
                .collect()
        });
        let mut rest = String::new();
        output.read_to_string(&mut rest).expect("it prints text");
        assert!(service.wait().expect("it ends").success(), "{rest}");

        assert!(accepted.len() as u64 >= BEFORE_THE_SIGNAL);
        for (job, done) in [
            ("confirm", lines(&folder.0.join("mails.txt"))),
            ("announce", lines(&folder.0.join("webhooks.txt"))),
            ("audit", rows(&folder.0.join("audit.db"))),
        ] {
            let missing: Vec<_> = accepted
                .iter()
                .filter(|(number, what)| !done.contains(&format!("{number} {what}")))
                .collect();
            assert!(
                missing.is_empty(),
                "{job} is missing for {missing:?}; {rest}"
            );
        }
    }
}

/// Starts the service, and reads where it listens.
fn start(folder: &Path) -> (Child, BufReader<ChildStdout>, String) {
    let mut service = Command::new(env!("CARGO_BIN_EXE_web"))
        .arg(folder)
        .env("SERVICE_ADDRESS", "127.0.0.1:0")
        .stdout(Stdio::piped())
        .spawn()
        .expect("the example starts");
    let mut output = BufReader::new(service.stdout.take().expect("it is piped"));
    let mut line = String::new();
    output.read_line(&mut line).expect("it prints text");
    let address = line.trim_end().strip_prefix("listening on ");
    let address = address.unwrap_or_else(|| panic!("{line}")).to_owned();
    (service, output, address)
}

/// Sends until nobody answers; returns what was accepted.
fn send(client: u64, address: &str, answers: &AtomicU64) -> Vec<(u64, &'static str)> {
    let kinds = [
        ("order", "order"),
        ("cancel", "cancellation"),
        ("complain", "complaint"),
    ];
    let mut accepted = Vec::new();
    for (number, (route, what)) in (client..).step_by(CLIENTS).zip(kinds.iter().cycle()) {
        let Some(answer) = post(address, &format!("/{route}/{number}")) else {
            break;
        };
        answers.fetch_add(1, Ordering::Relaxed);
        if answer.starts_with("HTTP/1.1 202") {
            accepted.push((number, *what));
        }
    }
    accepted
}

/// The answer to a request; none where there is nobody to answer.
fn post(address: &str, path: &str) -> Option<String> {
    let mut connection = TcpStream::connect(address).ok()?;
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    connection.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).ok()?;
    (!answer.is_empty()).then_some(answer)
}

fn lines(path: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(path).expect("the outside has a file");
    text.lines().map(str::to_owned).collect()
}

fn rows(path: &Path) -> BTreeSet<String> {
    let database = rusqlite::Connection::open(path).expect("there is a database");
    let mut select = database
        .prepare("SELECT number || ' ' || what FROM audit")
        .expect("a table");
    let rows = select.query_map([], |row| row.get(0)).expect("a table");
    rows.map(|row| row.expect("a text")).collect()
}

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(repetition: u32) -> Self {
        let name = format!("web-test-{}-{repetition}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
