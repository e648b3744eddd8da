//! The dashboard shows a killed job, to whoever knows the password and to nobody else.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;

/// The program, on free ports; killed in the end.
struct Running {
    process: Child,
    board: String,
    service: String,
    _folder: tempfile::TempDir,
}

const PASSWORD: &str = "correct horse";

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dashboard"));
    command.env_remove("DASHBOARD_PASSWORD");
    command
}

impl Running {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut process = program()
            .env("DASHBOARD_PASSWORD", PASSWORD)
            .env("DASHBOARD_ADDRESS", "127.0.0.1:0")
            .env("SERVICE_ADDRESS", "127.0.0.1:0")
            .env("STORE", folder.path().join("jobs.db"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let [board, service] = ["dashboard on ", "service on "].map(|says| (says, None::<String>));
        let mut found = [board, service];
        for line in lines {
            let line = line.unwrap();
            for (says, url) in &mut found {
                if let Some(there) = line.strip_prefix(*says) {
                    *url = Some(there.to_owned());
                }
            }
            if found.iter().all(|it| it.1.is_some()) {
                break;
            }
        }
        let [board, service] = found.map(|it| it.1.expect("it says where it listens"));
        Self {
            process,
            board,
            service,
            _folder: folder,
        }
    }

    fn ask(&self, path: &str) -> RequestBuilder {
        Client::new().get(format!("{}{path}", self.board))
    }

    async fn json(&self, path: &str) -> Value {
        let request = self.ask(path).basic_auth("admin", Some(PASSWORD));
        let answer = request.send().await.unwrap().error_for_status().unwrap();
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }

    /// The killed jobs, once there are as many.
    async fn killed(&self, number: usize) -> Vec<Value> {
        loop {
            let jobs = self.json("/api/v1/queues/mail/tasks?status=Killed").await;
            let jobs = jobs.as_array().unwrap();
            if jobs.len() >= number {
                return jobs.clone();
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One of each kind: the page and its parts, the API, and what is not there.
const PATHS: [&str; 16] = [
    "/",
    "/index.html",
    "/queues",
    "/queues/mail",
    "/apalis-board-web-5f43ae260a03616d.js",
    "/apalis-board-web-5f43ae260a03616d_bg.wasm",
    "/input-2a95b2ef12d8c39a.css",
    "/api/v1/queues",
    "/api/v1/tasks",
    "/api/v1/workers",
    "/api/v1/overview",
    "/api/v1/events",
    "/api/v1/queues/mail/tasks?status=Killed",
    "/api/v1/queues/mail/stats",
    "/api/v1/nothing",
    "/nothing.png",
];

#[tokio::test]
async fn a_killed_job_is_there_for_who_knows_the_password() {
    let service = Running::start();
    let killed = &service.killed(1).await[0];
    assert_eq!(killed["ctx"]["status"], "Killed");
    assert_eq!(killed["args"]["f"], "dashboard::welcome");
    assert_eq!(killed["args"]["a"]["to"], "nobody");
    let id = killed["ctx"]["task_id"].as_str().unwrap();
    let one = service
        .json(&format!("/api/v1/queues/mail/tasks/{id}"))
        .await;
    assert_eq!(one["ctx"]["status"], "Killed");
    assert_eq!(service.json("/api/v1/queues").await[0]["name"], "mail");
    let worker = &service.json("/api/v1/queues/mail/workers").await[0];
    assert_eq!(worker["queue"], "mail");
    let page = service.ask("/").basic_auth("admin", Some(PASSWORD));
    let page = page.send().await.unwrap().text().await.unwrap();
    assert!(page.contains("<title>Apalis Board</title>"), "{page}");

    // What the service launches is shown as well.
    let sign_up = Client::new().post(format!("{}/sign-ups", service.service));
    let answer = sign_up.body("no address").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    let killed = service.killed(2).await;
    assert!(
        killed
            .iter()
            .any(|job| job["args"]["a"]["to"] == "no address")
    );
}

#[tokio::test]
async fn no_path_is_there_for_who_does_not_know_the_password() {
    let service = Running::start();
    let wrong = [
        ("admin", ""),
        ("admin", "wrong"),
        ("admin", "correct hors"),
        ("admin", "correct horse "),
        ("root", PASSWORD),
        ("", PASSWORD),
    ];
    for path in PATHS {
        let mut requests = vec![
            service.ask(path),
            service.ask(path).bearer_auth(PASSWORD),
            service.ask(path).header("authorization", "Basic"),
            service.ask(path).header("authorization", "Basic %%%"),
            service.ask(path).header("authorization", PASSWORD),
        ];
        requests.extend(wrong.map(|(name, it)| service.ask(path).basic_auth(name, Some(it))));
        let url = format!("{}{path}", service.board);
        let methods = [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS];
        requests.extend(methods.map(|method| Client::new().request(method, &url)));
        for request in requests {
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
            assert!(answer.headers().contains_key("www-authenticate"), "{path}");
            assert_eq!(answer.text().await.unwrap(), "", "{path}");
        }
    }
    for path in PATHS {
        let request = service.ask(path).basic_auth("admin", Some(PASSWORD));
        let status = request.send().await.unwrap().status();
        assert_ne!(status, StatusCode::UNAUTHORIZED, "{path}");
        assert!(!status.is_server_error(), "{path}: {status}");
    }
}

#[tokio::test]
async fn the_dashboard_adds_no_jobs() {
    let service = Running::start();
    let before = service.killed(1).await.len();
    let put = Client::new()
        .put(format!("{}/api/v1/queues/mail/tasks", service.board))
        .basic_auth("admin", Some(PASSWORD))
        .header("content-type", "application/json")
        .body(r#"{"a":{"to":"nobody"},"f":"dashboard::welcome","v":1}"#);
    let status = put.send().await.unwrap().status();
    assert!(!status.is_success(), "{status}");
    let sign_up = Client::new().post(format!("{}/sign-ups", service.service));
    sign_up.body("no address").send().await.unwrap();
    service.killed(before + 1).await;
    // The three that the program begins with, and this one.
    let mut jobs = 0;
    for status in ["Pending", "Queued", "Running", "Done", "Failed", "Killed"] {
        let path = format!("/api/v1/queues/mail/tasks?status={status}");
        jobs += service.json(&path).await.as_array().unwrap().len();
    }
    assert_eq!(jobs, 4);
}

#[test]
fn nothing_starts_without_a_password() {
    for password in [None, Some("")] {
        let mut program = program();
        if let Some(password) = password {
            program.env("DASHBOARD_PASSWORD", password);
        }
        let output = program
            .env("STORE", "/nowhere/jobs.db")
            .env("DASHBOARD_ADDRESS", "127.0.0.1:0")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains("DASHBOARD_PASSWORD"), "{error}");
    }
}
