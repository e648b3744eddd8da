//! The ledger: rows, look-up, total, and the table it prints. Other tests launch meanwhile, so only rows are exact.

use std::time::Duration;

use fire_and_forget::{Counts, Pool, fire_and_forget, ledger};
use waiting::{Gate, Pass};

use crate::recorder::{row, watch, watch_named};
use crate::values::ends::{End, Failure, end};

static COUNTED: Pool = Pool::new("ledger").threads(1);
static POOL: Pool = Pool::new("ledger").threads(1);

#[fire_and_forget(backend = COUNTED)]
fn ends_in_every_class(how: End, pass: Pass) -> Result<(), Failure> {
    pass.wait();
    end(how)
}

#[test]
fn a_row_holds_the_equation_and_names_the_place() {
    let watched = watch!(ends_in_every_class);
    let gate = Gate::new();
    for how in [End::Ok, End::Failed, End::Panicked, End::Ok] {
        ends_in_every_class(how, Pass::open());
        watched.quiet();
    }
    ends_in_every_class(End::Ok, gate.pass());
    let counts = watched.counts();
    assert_eq!(counts, row!(launched: 5, ok: 2, failed: 1, panicked: 1));
    assert_eq!(counts.in_flight(), 1);
    let entry = watched.entry();
    assert_eq!(
        entry.function(),
        "behavior::account::ledger::ends_in_every_class"
    );
    assert_eq!(entry.backend(), "ledger");
    assert_eq!(entry.defined_at().file(), file!());
    gate.open();
    let counts = watched.quiet();
    assert_eq!(counts, row!(launched: 5, ok: 3, failed: 1, panicked: 1));
    assert_eq!(counts.in_flight(), 0);
}

#[fire_and_forget(backend = POOL)]
fn is_shown() {}

#[fire_and_forget(backend = "thread", name = "größer")]
fn is_shown_under_another_name(pass: Pass) {
    pass.wait();
}

#[fire_and_forget(backend = POOL, name = "mail\nforged 1 1 0 0 0 0 0\x1b[2J")]
fn has_a_name_of_several_lines(pass: Pass) {
    pass.wait();
}

#[test]
fn a_name_with_control_characters_stays_in_its_line() {
    let watched = watch_named("mail\nforged 1 1 0 0 0 0 0\x1b[2J");
    let gate = Gate::holding(has_a_name_of_several_lines);
    let shown = r"mail\nforged 1 1 0 0 0 0 0\u{1b}[2J";
    let table = ledger().to_string();
    assert_eq!(
        table.lines().filter(|line| line.starts_with(shown)).count(),
        1,
        "{table}"
    );
    assert!(
        !table.contains("\nforged") && !table.contains('\x1b'),
        "{table}"
    );
    let unfinished = POOL.flush(Duration::ZERO).wait().unwrap_err().to_string();
    assert!(unfinished.contains(shown), "{unfinished}");
    gate.open();
    watched.quiet();
}

/// A difference, as a dashboard makes it, of counts that were read in the wrong order.
#[test]
fn counts_of_which_more_ended_than_were_launched_have_none_in_flight() {
    assert_eq!(row!(launched: 1, ok: 2).in_flight(), 0);
}

#[test]
fn backends_and_waits_may_cross_a_caught_panic() {
    fn check<T: std::panic::UnwindSafe + std::panic::RefUnwindSafe>() {}
    check::<Pool>();
    check::<fire_and_forget::Threads>();
    check::<fire_and_forget::Wait>();
}

#[test]
fn the_table_is_aligned_and_ends_with_a_total() {
    let watched = watch!(is_shown);
    let other = watch_named("größer");
    let gate = Gate::new();
    is_shown();
    watched.quiet();
    is_shown_under_another_name(gate.pass());
    let table = ledger().to_string();
    let lines: Vec<_> = table.lines().collect();
    let width = lines[0].chars().count();
    for line in &lines {
        assert_eq!(line.chars().count(), width, "`{line}` in\n{table}");
    }
    let cells = |line: &str| {
        line.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        cells(lines[0]),
        [
            "function", "backend", "launched", "in", "flight", "ok", "failed", "panicked", "lost",
            "refused"
        ]
    );
    let row = |name: &str| {
        let line = lines
            .iter()
            .find(|line| line.starts_with(&format!("{name} ")));
        cells(line.unwrap_or_else(|| panic!("no `{name}` in\n{table}")))
    };
    assert_eq!(
        row(watched.name())[1..],
        ["ledger", "1", "0", "1", "0", "0", "0", "0"]
    );
    assert_eq!(
        row("größer")[1..],
        ["thread", "1", "1", "0", "0", "0", "0", "0"]
    );
    assert!(lines[lines.len() - 1].starts_with("total "));
    assert!(!table.ends_with('\n'));
    gate.open();
    other.check(row!(launched: 1, ok: 1), &[]);
}

#[fire_and_forget(backend = POOL)]
fn is_first() {}

#[fire_and_forget(backend = POOL)]
fn is_second() {}

#[fire_and_forget(backend = POOL)]
fn is_never_launched() {}

#[test]
fn a_function_appears_with_its_first_launch_in_that_order() {
    let (second, first) = (watch!(is_second), watch!(is_first));
    assert!(ledger().get(first.name()).is_none());
    is_first();
    is_second();
    is_first();
    if first.name().is_empty() {
        is_never_launched();
    }
    first.quiet();
    second.quiet();
    let ledger = ledger();
    let position = |name| {
        ledger
            .entries()
            .iter()
            .position(|entry| entry.function() == name)
    };
    assert!(position(first.name()).unwrap() < position(second.name()).unwrap());
    assert!(position("behavior::account::ledger::is_never_launched").is_none());
    assert!(ledger.get("no such function").is_none());
}

#[test]
fn the_total_is_the_sum_of_the_rows_of_one_snapshot() {
    let ledger = ledger();
    let mut total = Counts::default();
    for entry in ledger.entries() {
        let counts = entry.counts();
        total.launched += counts.launched;
        total.ok += counts.ok;
        total.failed += counts.failed;
        total.panicked += counts.panicked;
        total.lost += counts.lost;
        total.refused += counts.refused;
    }
    assert_eq!(ledger.total(), total);
    assert_eq!(ledger.clone().total(), total);
}
