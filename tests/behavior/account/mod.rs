//! Every launch ends in one class, is counted there, and is reported.

mod contexts;
mod faults;
mod ledger;
mod limited;
mod observer;
mod outcomes;
mod panics;
mod reports;
