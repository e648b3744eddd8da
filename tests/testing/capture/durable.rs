//! Durable launches are captured like others, and run with what a worker would read.

use fire_and_forget::{durable, fire_and_forget, ledger, testing};
use serde::{Deserialize, Serialize};

#[fire_and_forget(backend = "durable")]
fn stored(to: String, order: u64) {
    unreachable!("the launch of {order} for {to} is captured");
}

#[test]
fn the_arguments_of_a_durable_launch_are_taken_as_they_are() {
    let launches = testing::capture();
    stored("ada".into(), 7);
    assert_eq!(launches.count(stored), 1);
    assert_eq!(launches.take(stored), [("ada".to_owned(), 7)]);
}

/// Is written as what it was made of, and read back as that, doubled.
#[derive(Debug, PartialEq)]
struct Doubles(u8);

impl Serialize for Doubles {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(to)
    }
}

impl<'de> Deserialize<'de> for Doubles {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        u8::deserialize(from).map(|number| Self(number * 2))
    }
}

#[fire_and_forget(backend = "durable", name = "is read back")]
fn is_read_back(number: Doubles) -> Result<(), String> {
    assert!(durable::job().is_none());
    Err(format!("{number:?}"))
}

#[fire_and_forget(backend = "durable", name = "is read back later")]
async fn is_read_back_later(number: Doubles) -> Result<(), String> {
    tokio::task::yield_now().await;
    Err(format!("{number:?}"))
}

#[tokio::test]
async fn a_body_gets_what_a_worker_would_read() {
    let launches = testing::capture();
    is_read_back(Doubles(2));
    is_read_back_later(Doubles(3));
    assert_eq!(launches.run().await, ["Doubles(4)", "Doubles(6)"]);
    assert!(ledger().get("is read back").is_none());
}

/// Is written in a way that it cannot be read.
#[derive(Debug, Deserialize)]
struct OneWay {
    #[allow(dead_code, reason = "it is never read back")]
    number: u8,
}

impl Serialize for OneWay {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str("not a struct")
    }
}

#[fire_and_forget(backend = "durable")]
fn never_runs(way: OneWay) {
    unreachable!("{way:?} cannot be read back");
}

#[test]
fn an_argument_that_a_worker_could_not_read_is_found_by_the_test() {
    let launches = testing::capture();
    never_runs(OneWay { number: 1 });
    let errors = launches.run().errors();
    assert_eq!(errors.len(), 1);
    assert!(
        errors[0].starts_with("the argument `way` is no `"),
        "{errors:?}"
    );
}
