//! The account of each function: every launch is counted when it begins, and ends in exactly one class.

pub(crate) mod class;
pub(crate) mod counts;
pub(crate) mod daemon_marks;
pub(crate) mod end;
pub(crate) mod functions;
pub(crate) mod in_flight;
pub(crate) mod ledger;
pub(crate) mod name;
pub(crate) mod namesakes;
pub(crate) mod outcome;
mod registration;
pub(crate) mod site;
pub(crate) mod sites;
