//! What the ledger, waits and reports say of a function whose launches are on several pools.

use std::time::Duration;

use fire_and_forget::{Backend, Pool, fire_and_forget, flush};
use waiting::{Gate, PATIENCE, Pass, in_time};

use super::pool;
use crate::recorder::{row, watch};

#[fire_and_forget(backend = pool)]
fn waits_on_its_pool(pool: &'static Pool, pass: Pass) {
    pass.wait();
}

fn unfinished(pool: &'static Pool) -> String {
    in_time("a wait ends at its deadline", || {
        let unfinished = pool.flush(Duration::ZERO).wait().unwrap_err();
        let entries = unfinished.entries();
        assert_eq!(entries.len(), 1, "{unfinished}");
        assert_eq!(entries[0].backend(), pool.name());
        unfinished.to_string()
    })
}

#[test]
fn flush_of_each_pool_waits_for_what_is_on_it_and_names_no_more() {
    let watched = watch!(waits_on_its_pool);
    let [first, second, third] = ["first", "second", "third"].map(|name| pool(name, 16));
    let (gate, other) = (Gate::new(), Gate::new());
    waits_on_its_pool(first, gate.pass());
    assert_eq!(watched.entry().backend(), "first");
    for _ in 0..3 {
        waits_on_its_pool(second, other.pass());
    }
    assert_eq!(watched.entry().backend(), "(several)");
    assert_eq!(watched.counts().in_flight(), 4);
    let text = |count| {
        format!(
            "the deadline has passed; unfinished: `{}` ({count} in flight)",
            watched.name()
        )
    };
    assert_eq!(unfinished(first), text(1));
    assert_eq!(unfinished(second), text(3));
    third.flush(Duration::ZERO).wait().unwrap();

    // Of all launches, the function has one entry.
    let all = in_time("a wait ends at its deadline", || {
        flush(Duration::ZERO).wait().unwrap_err()
    });
    let entries = all.entries().iter();
    let mut entries = entries.filter(|it| it.function() == watched.name());
    assert_eq!(entries.next().unwrap().counts().in_flight(), 4);
    assert!(entries.next().is_none(), "{all}");

    gate.open();
    in_time("the first pool is quiet", || {
        first.flush(PATIENCE).wait().unwrap();
    });
    assert_eq!(watched.counts().in_flight(), 3);
    assert_eq!(unfinished(second), text(3));
    let wait = second.flush(PATIENCE);
    other.open();
    in_time("the second pool is quiet", || wait.wait().unwrap());
    watched.check(row!(launched: 4, ok: 4), &[]);
}

#[fire_and_forget(backend = pool)]
fn fails(pool: &'static Pool) -> Result<(), String> {
    Err(format!("on {}", pool.name()))
}

#[test]
fn a_report_has_the_name_of_the_backend_that_was_chosen() {
    let watched = watch!(fails);
    for name in ["one", "two", "three"] {
        fails(pool(name, 1));
    }
    assert_eq!(watched.quiet(), row!(launched: 3, failed: 3));
    let mut reports: Vec<_> = watched
        .reports()
        .into_iter()
        .map(|it| (it.backend, it.text))
        .collect();
    reports.sort();
    let expected = ["one", "three", "two"].map(|name| (name.into(), format!("failed: on {name}")));
    assert_eq!(reports, expected);
}

#[fire_and_forget(backend = pool)]
fn has_pools_of_one_name(pool: &'static Pool) {}

#[test]
fn pools_of_one_name_are_one_backend_in_the_ledger() {
    let watched = watch!(has_pools_of_one_name);
    for _ in 0..3 {
        has_pools_of_one_name(pool("tenant", 1));
    }
    watched.check(row!(launched: 3, ok: 3), &[]);
    assert_eq!(watched.entry().backend(), "tenant");
}
