//! The numbers that the example serves are those of its ledger.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

/// The columns at the end of each row of the ledger.
const CLASSES: [&str; 5] = ["ok", "failed", "panicked", "lost", "refused"];

#[test]
fn what_prometheus_scrapes_is_what_the_ledger_says() {
    let mut example = Command::new(env!("CARGO_BIN_EXE_prometheus"))
        .env("METRICS_ADDRESS", "127.0.0.1:0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the example starts");
    let output = BufReader::new(example.stdout.take().expect("it is piped"));
    let mut ledger = Vec::new();
    let mut address = None;
    for line in output.lines() {
        let line = line.expect("the example prints text");
        if let Some(served) = line.strip_prefix("serving http://") {
            address = Some(served.to_owned());
            break;
        }
        ledger.push(line);
    }
    let address = address.expect("it serves");
    let (host, path) = address.split_once('/').expect("a path");
    let mut connection = TcpStream::connect(host).expect("it listens");
    write!(
        connection,
        "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )
    .expect("it reads");
    let mut page = String::new();
    connection.read_to_string(&mut page).expect("it answers");
    // End of its input: it ends.
    drop(example.stdin.take());
    assert!(example.wait().expect("it ends").success());

    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    let mut functions = 0;
    for row in &ledger {
        let cells: Vec<&str> = row.split_whitespace().collect();
        let [function, backend, launched, in_flight, ended @ ..] = cells.as_slice() else {
            continue;
        };
        if !["thumbnail", "mail"].contains(function) {
            continue;
        }
        let labels = format!("function=\"{function}\",backend=\"{backend}\"");
        let scraped = |name: &str, more: &str| value(&page, &format!("{name}{{{labels},"), more);
        assert_eq!(
            scraped("fire_and_forget_launched_total", ""),
            Some(*launched)
        );
        assert_eq!(scraped("fire_and_forget_in_flight", ""), Some(*in_flight));
        assert_eq!(ended.len(), CLASSES.len(), "{row}");
        for (class, count) in CLASSES.into_iter().zip(ended) {
            let class = format!(",class=\"{class}\"}}");
            let counted = scraped("fire_and_forget_ended_total", &class);
            assert_eq!(counted.unwrap_or("0"), *count, "{function}{class}");
        }
        // Every launch of this example ran.
        for histogram in ["queue_wait", "run"] {
            let count = scraped(&format!("fire_and_forget_{histogram}_seconds_count"), "");
            assert_eq!(count, Some(*launched), "{function}: {histogram}");
        }
        functions += 1;
    }
    assert_eq!(functions, 2);
    assert!(page.contains("# HELP fire_and_forget_launched_total "));
}

/// What the line of the page says that begins so, and has this in it.
fn value<'page>(page: &'page str, beginning: &str, more: &str) -> Option<&'page str> {
    let mut lines = page.lines();
    let line = lines.find(|line| line.starts_with(beginning) && line.contains(more))?;
    line.split_whitespace().last()
}
