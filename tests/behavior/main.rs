//! What annotated functions do at run time, through the public names alone.
//!
//! Lines of the table "The runtime" in the project's list of pitfalls are named where they are tested, as "pitfall 4".

mod around;
mod copied;
mod ending;
mod recorder;
mod tracked;

mod backend;
mod chosen;
mod contexts;
mod executor;
mod instrument;
mod launcher;
mod ledger;
mod load;
mod outcomes;
mod pool;
mod process;
mod refusal;
mod reports;
mod statics;
mod suite;
mod threads;
mod tokio;
