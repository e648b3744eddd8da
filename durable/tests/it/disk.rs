//! A disk that is full, and one that cannot be written: of memory, and mounted for the scenario alone.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use fire_and_forget::{durable, fire_and_forget};

use crate::scenario::{Store, counts, say, scenarios_on, until};

#[fire_and_forget(backend = "durable", name = "large")]
fn large(number: u64, text: String) {
    let _ = (number, text);
}

fn launch(numbers: std::ops::Range<u64>) {
    for number in numbers {
        large(number, "x".repeat(1000));
    }
}

/// The file of a store on the disk.
fn url(disk: &Path) -> String {
    format!("sqlite:{}", disk.join("jobs.db").display())
}

/// Where the scenario's disk is, and a command that mounts it and runs a script. None where it must not.
fn on_a_disk(store: &Store, script: &str) -> Option<(PathBuf, Command)> {
    let disk = store.folder.join("disk");
    std::fs::create_dir_all(&disk).unwrap();
    let mount = "mount -t tmpfs -o size=8m none \"$0\"";
    let mounted = |script: &str| {
        let mut command = Command::new("unshare");
        command
            .args(["--map-root-user", "--mount", "sh", "-c", script])
            .arg(&disk);
        command
    };
    if !mounted(mount)
        .output()
        .is_ok_and(|output| output.status.success())
    {
        say("left out: this user may mount nothing, not even for itself");
        return None;
    }
    let other = store.other(1);
    let mut command = mounted(&format!("{mount} && {script}"));
    command.arg(other.get_program()).args(other.get_args());
    command
        .env("DURABLE_SCENARIO_URL", url(&disk))
        .env("DURABLE_SCENARIO_PROCESS", "1");
    Some((disk, command))
}

/// Fills the disk up to the last byte.
fn fill(disk: &Path) -> PathBuf {
    let path = disk.join("junk");
    let mut file = File::create(&path).unwrap();
    for size in [65536, 512, 1] {
        while file.write_all(&vec![0; size]).is_ok() {}
    }
    path
}

scenarios_on! { on_sqlite, false:
    async fn launches_and_outcomes_wait_while_the_disk_is_full(store) {
        let disk = store.folder.join("disk");
        if store.process == 1 {
            let jobs = store.open().await;
            jobs.stored(|| launch(0..1)).await.unwrap();
            let junk = fill(&disk);
            launch(1..1000);
            let mut waits = Box::pin(jobs.stored(|| launch(1000..1001)));
            until(async || {
                assert!(tokio::time::timeout(Duration::ZERO, &mut waits).await.is_err());
                store.notes().contains(&"launches wait".into())
            }).await;
            assert_eq!(counts("large", "durable").lost, 0);
            assert!(counts("large", "durable").in_flight() > 0);
            std::fs::remove_file(junk).unwrap();
            waits.await.unwrap();
            durable::flush(Duration::from_mins(1)).await.unwrap();
            assert_eq!(jobs.counts().await.unwrap().waiting(), 1001);

            let junk = fill(&disk);
            jobs.work(4);
            until(async || store.notes().contains(&"work waits".into())).await;
            std::fs::remove_file(junk).unwrap();
            until(async || jobs.counts().await.unwrap().done() == 1001).await;
            assert_eq!(counts("large", "durable worker").ok, 1001);
            return;
        }
        let Some((_, mut command)) = on_a_disk(&store, "exec \"$@\"") else { return };
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut said = Vec::new();
        for line in BufReader::new(child.stderr.take().unwrap()).lines() {
            let line = line.unwrap();
            if line.contains("full") {
                store.note(if line.contains("launches wait") { "launches wait" } else { "work waits" });
            }
            said.push(line);
        }
        assert!(child.wait().unwrap().success(), "{said:#?}");
    }

    async fn a_relative_path_is_that_of_the_directory_at_open(store) {
        std::env::set_current_dir(&store.folder).unwrap();
        let jobs = fire_and_forget_durable::open("sqlite:relative.db").await.unwrap();
        std::env::set_current_dir("/").unwrap();
        jobs.stored(|| launch(0..10)).await.unwrap();
        // As many at once as there are: more than any store counts.
        jobs.work(usize::MAX);
        until(async || jobs.counts().await.unwrap().done() == 10).await;
    }

    async fn a_disk_that_cannot_be_written_is_said_to_be_one(store) {
        if store.process == 1 {
            store.open().await.stored(|| launch(0..1)).await.unwrap();
            return;
        }
        if store.process == 2 {
            for option in ["", "?mode=ro"] {
                let error = fire_and_forget_durable::open(&format!("{}{option}", store.url)).await.unwrap_err();
                assert!(error.to_string().ends_with("jobs.db`: it cannot be written"), "{error}");
            }
            return;
        }
        let script = "\"$@\" && mount -o remount,ro \"$0\" && DURABLE_SCENARIO_PROCESS=2 exec \"$@\"";
        let Some((_, mut command)) = on_a_disk(&store, script) else { return };
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
