#!/usr/bin/env bash
# What the attribute costs whoever compiles it: time to expand, a clean build, machine code per function.
# Usage: benches/compile.sh [RUNS]    (default: 5, in turns; medians are printed). Needs `size` of binutils.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
runs=${1:-5}
work=$PWD/target/compile
rm -rf "$work"
mkdir -p "$work"
unset RUSTFLAGS CARGO_BUILD_TARGET
# What is built once is shared by all packages below; the clean builds have a folder of their own.
export CARGO_TARGET_DIR=$work/target

runtime="path = \"$PWD/runtime\""
ours="fire-and-forget = { $runtime }"

say() { printf '%s…\n' "$*" >&2; }
median() { sort -g | awk '{ values[NR] = $1 } END { print values[int((NR + 1) / 2)] }'; }
compute() { awk "BEGIN { printf \"$1\", $2 }"; }

# package NAME DEPENDENCIES: with the locked versions of this workspace; standard input is its code.
package() {
    mkdir -p "$work/$1/src"
    cat >"$work/$1/src/main.rs"
    cp Cargo.lock "$work/$1/"
    printf '[package]\nname = "%s"\nedition = "2024"\n\n[workspace]\n\n[dependencies]\n%s\n' "$1" "$2" >"$work/$1/Cargo.toml"
}

build() {
    local name=$1
    shift
    cargo build --quiet --manifest-path "$work/$name/Cargo.toml" "$@"
}

# ---- Time to expand 300 functions of 23 lines, in seconds; without the attribute, that of their own macros.

# functions_of_23_lines ATTRIBUTE
functions_of_23_lines() {
    echo '#![allow(dead_code)]'
    for number in $(seq 300); do
        cat <<RUST
$1
fn job_$number(name: String, numbers: Vec<u64>, limit: u64) -> Result<(), String> {
    if name.is_empty() {
        return Err(format!("job {} has no name", $number));
    }
    let mut sum = 0_u64;
    let mut skipped = 0_usize;
    for number in numbers {
        if number > limit {
            skipped += 1;
            continue;
        }
        sum = match sum.checked_add(number) {
            Some(sum) => sum,
            None => return Err(format!("{name}: the sum is too large")),
        };
    }
    let average = if sum == 0 { 0.0 } else { sum as f64 / 2.0 };
    if average > limit as f64 {
        println!("{name}: the average is above the limit");
    }
    println!("{name}: {sum} and {skipped} left out");
    Ok(())
}
RUST
    done
    echo 'fn main() {}'
}

seconds_to_expand() {
    touch "$work/$1/src/main.rs"
    RUSTC_BOOTSTRAP=1 cargo rustc --quiet --manifest-path "$work/$1/Cargo.toml" -- -Ztime-passes 2>&1 |
        awk '$1 == "time:" && $NF == "macro_expand_crate" { sub(";", "", $2); print $2 }'
}

functions_of_23_lines '#[fire_and_forget::fire_and_forget]' | package annotated "$ours"
functions_of_23_lines '' | package plain "$ours"
say 'expanding 300 functions'
for run in $(seq 0 "$runs"); do
    for name in annotated plain; do
        seconds=$(seconds_to_expand "$name")
        # The first run builds the dependencies.
        [ "$run" = 0 ] || echo "$seconds" >>"$work/$name.expand"
    done
done
annotated=$(median <"$work/annotated.expand")
plain=$(median <"$work/plain.expand")

# ---- A clean build of a service with this crate, against the same service without it; and of one function alone,
# against an empty program.

service='serde = { version = "1", features = ["derive"] }
thiserror = "2"
tokio = { version = "1", features = ["full"] }
tracing = "0.1"'

# service ATTRIBUTE: what each of these crates is for, once.
service() {
    cat <<RUST
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Order {
    number: u64,
    to: String,
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("order {0} has nobody to go to")]
    Nobody(u64),
}

$1
async fn mail(order: Order) -> Result<(), Failure> {
    tracing::info!(order.number, "mail");
    if order.to.is_empty() { Err(Failure::Nobody(order.number)) } else { Ok(()) }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let _ = mail(Order { number: 1, to: "ada@example.com".into() });
    Ok(())
}
RUST
}
service '#[fire_and_forget::fire_and_forget]' | package service_with "$service
$ours"
service '' | package service_without "$service"
package launcher "fire-and-forget = { $runtime, default-features = false }" <<'RUST'
#[fire_and_forget::fire_and_forget]
fn greet(name: String) {
    println!("hello, {name}");
}

fn main() {
    greet("Ada".into());
}
RUST
package empty '' <<'RUST'
fn main() {
    println!("hello, Ada");
}
RUST
# What is to be downloaded is downloaded before.
for name in service_with service_without launcher empty; do
    cargo fetch --quiet --manifest-path "$work/$name/Cargo.toml"
done
TIMEFORMAT='%R %U %S'
for run in $(seq "$runs"); do
    for name in service_with service_without launcher empty; do
        say "clean build $run of $name"
        rm -rf "$work/clean"
        # What comes from crates.io is never compiled incrementally, what comes by path is, in twice the time.
        { time CARGO_INCREMENTAL=0 CARGO_TARGET_DIR=$work/clean build "$name"; } 2>"$work/time"
        awk '{ print $1 }' "$work/time" >>"$work/$name.seconds"
        awk '{ print $2 + $3 }' "$work/time" >>"$work/$name.processor"
    done
done
for name in service_with service_without launcher empty; do
    printf -v "$name" %s "$(median <"$work/$name.seconds")"
    printf -v "${name}_processor" %s "$(median <"$work/$name.processor")"
done

# ---- Machine code of 200 functions, in bytes each: what 201 have more than one.

# launcher_by KIND NUMBER
launcher_by() {
    case $1 in
    annotated_task) cat <<RUST
#[fire_and_forget::fire_and_forget]
async fn launch_$2(text: String, number: u64) -> Result<(), String> {
    std::future::ready(()).await;
    body(text, number + $2)
}
RUST
        ;;
    spawned_task) cat <<RUST
async fn work_$2(text: String, number: u64) -> Result<(), String> {
    std::future::ready(()).await;
    body(text, number + $2)
}
fn launch_$2(text: String, number: u64) {
    tokio::spawn(async move {
        match AssertUnwindSafe(work_$2(text, number)).catch_unwind().await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => eprintln!("work_$2 failed: {error}"),
            Err(_) => eprintln!("work_$2 panicked"),
        }
    });
}
RUST
        ;;
    annotated_job) cat <<RUST
#[fire_and_forget::fire_and_forget(backend = POOL)]
fn launch_$2(text: String, number: u64) -> Result<(), String> {
    body(text, number + $2)
}
RUST
        ;;
    boxed_job) cat <<RUST
fn launch_$2(text: String, number: u64) {
    let work = move || body(text, number + $2);
    send(Box::new(move || match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(())) => {}
        Ok(Err(error)) => eprintln!("work_$2 failed: {error}"),
        Err(_) => eprintln!("work_$2 panicked"),
    }));
}
RUST
        ;;
    esac
}

# program KIND COUNT
program() {
    cat <<'RUST'
#![allow(unused)]
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;
use crossbeam_channel::{Sender, bounded};
use futures::FutureExt;

static POOL: fire_and_forget::Pool = fire_and_forget::Pool::new("jobs").threads(2);

type Job = Box<dyn FnOnce() + Send>;

static SENDER: LazyLock<Sender<Job>> = LazyLock::new(|| {
    let (sender, jobs) = bounded::<Job>(16_384);
    for _ in 0..2 {
        let jobs = jobs.clone();
        std::thread::spawn(move || jobs.into_iter().for_each(|job| job()));
    }
    sender
});

#[inline(never)]
fn send(job: Job) {
    SENDER.send(job).unwrap();
}

#[inline(never)]
fn body(text: String, number: u64) -> Result<(), String> {
    if text.is_empty() { Err(format!("{number}")) } else { Ok(()) }
}
RUST
    for number in $(seq "$2"); do launcher_by "$1" "$number"; done
    cat <<'RUST'
fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _entered = runtime.enter();
    let text = std::env::args().next().unwrap();
RUST
    for number in $(seq "$2"); do echo "    launch_$number(text.clone(), $number);"; done
    echo '}'
}

# sizes PACKAGE: of machine code, and of all that is loaded.
sizes() {
    size -A "$CARGO_TARGET_DIR/release/$1" | awk '$1 == ".text" { print $2 }'
    size -B "$CARGO_TARGET_DIR/release/$1" | awk 'NR == 2 { print $4 }'
}

needed=$ours'
crossbeam-channel = "0.5"
futures = "0.3"
tokio = { version = "1", features = ["rt-multi-thread"] }'
for kind in annotated_task spawned_task annotated_job boxed_job; do
    say "machine code of the ${kind/_/ }"
    for count in 1 201; do
        program "$kind" "$count" | package "${kind}_$count" "$needed"
        build "${kind}_$count" --release
        sizes "${kind}_$count" >"$work/$kind.$count"
    done
    paste "$work/$kind.1" "$work/$kind.201" | awk '{ printf "%.0f\n", ($2 - $1) / 200 }' >"$work/$kind.each"
    # shellcheck disable=SC2034 # Read through the names below.
    { read -r "${kind}_code" && read -r "${kind}_all"; } <"$work/$kind.each"
done

# ---- The table.

# row WHAT OURS OTHERS COMPARED BAR HOLDS
row() { printf '%-58s %9s %9s %9s  %-9s %s\n' "$@"; }
holds() { awk "BEGIN { print ($1 <= $2) ? \"holds\" : \"fails\" }"; }
ratio() { compute %.3f "$1 / $2"; }

extra=$(compute %.3f "$annotated - $plain")
clean=$(ratio "$service_with" "$service_without")
task=$(ratio "$annotated_task_code" "$spawned_task_code")
job=$(ratio "$annotated_job_code" "$boxed_job_code")
row '' ours other '' bar ''
row 'expand 300 functions of 23 lines, s (other: not annotated)' "$annotated" "$plain" "+$extra" '<= +0.40' "$(holds "$extra" 0.40)"
row 'clean build of a service, s (other: without this crate)' "$service_with" "$service_without" "x $clean" '<= 1.06' "$(holds "$clean" 1.06)"
row '  the same in processor time, s' "$service_with_processor" "$service_without_processor" "x $(ratio "$service_with_processor" "$service_without_processor")" '' ''
row 'clean build of one function, no features, s (other: empty)' "$launcher" "$empty" "+$(compute %.1f "$launcher - $empty")" '' ''
row '  the same in processor time, s' "$launcher_processor" "$empty_processor" "+$(compute %.1f "$launcher_processor - $empty_processor")" '' ''
row 'machine code per async fn, bytes (other: by hand on tokio)' "$annotated_task_code" "$spawned_task_code" "x $task" '<= 1' "$(holds "$task" 1)"
row '  all that is loaded, bytes' "$annotated_task_all" "$spawned_task_all" "x $(ratio "$annotated_task_all" "$spawned_task_all")" '' ''
row 'machine code per fn, bytes (other: by hand on a channel)' "$annotated_job_code" "$boxed_job_code" "x $job" '<= 1' "$(holds "$job" 1)"
row '  all that is loaded, bytes' "$annotated_job_all" "$boxed_job_all" "x $(ratio "$annotated_job_all" "$boxed_job_all")" '' ''
printf '%s; %s\n' "$(date +%F)" "$(rustc --version)"
