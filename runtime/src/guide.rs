//! Pages about whole topics; every item has its own documentation besides. The [front page](crate) has the backends,
//! what happens to a launch, overload, stopping, and the limits; [`testing`](../testing/index.html) is a page about tests.

#![allow(clippy::doc_markdown, reason = "pages are prose")]

#[doc = include_str!("guide/migrating.md")]
pub mod migrating {}

#[doc = include_str!("guide/executors.md")]
pub mod executors {}

#[doc = include_str!("guide/questions.md")]
pub mod questions {}

#[cfg(feature = "tracing")]
pub mod tracing;
