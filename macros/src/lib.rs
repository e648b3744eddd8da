//! The attribute of the `fire-and-forget` crate, which re-exports it.

mod args;
mod attrs;
mod borrow;
mod check;
mod diag;
mod expand;
#[cfg(test)]
mod fuzz;
mod item;
mod launcher;
mod pipeline;
mod returns;
mod this;

use proc_macro::TokenStream;

/// Makes a function a launcher: the call hands its arguments over and returns, and the body runs elsewhere.
///
/// Without options, a `fn` runs on the built-in pool, and an `async fn` becomes a task on tokio.
///
/// | option | value | default |
/// |---|---|---|
/// | [`backend`](#backend) | `"thread"`, `"pool"`, `"tokio"`, `"durable"`, the path of a static that implements [`Backend`][trait], a [`Pool`][pool] for example, or an expression of type `&'static` of one, evaluated at each launch; an [`Executor`][executor] spawns an `async fn`, on others a thread blocks on it | `"pool"` for a `fn`, `"tokio"` for an `async fn`; `"thread"` for a `fn` that is a daemon |
/// | [`daemon`](#daemon) | no value: the function goes on until the process stops; implied by `-> !` | it ends by itself |
/// | [`restart`](#restart) | `"on_failure"` or `"always"`: after which ends a daemon is launched again | it is not |
/// | [`on_full`](#on_full) | what a launch does that does not fit: `"drop"`, `"reject"`, and for a `fn` also `"block"` and, in memory, `"caller_runs"` | `"drop"`: it is refused, counted and reported |
/// | [`max_in_flight`](#max_in_flight) | a `usize`: how many launches of this function may be queued and running | as many as the backend admits; for an `async fn` on `"tokio"` or an executor 16,384 |
/// | [`name`](#name) | a string, or a constant that is one: what reports and the ledger call the function | module, type and function |
/// | [`context`](#context) | the path of a type that implements [`Context`][context], or several: what a launch captures of its caller, and its code runs in | none |
/// | [`on_error`](#on_error) | the path of an `fn(E)`, which takes the error instead of the report | the error is reported |
/// | [`trace`](#trace) | `"follows"`, `"child"`, `"root"` or `"off"`: what the span of a launch is to that of its caller; with the feature `tracing` | `"follows"`: a root that follows from it |
/// | [`queue`](#queue-attempts-and-timeout) | a string, or a constant that is one: the queue of its jobs; with `"durable"` | `"default"` |
/// | [`attempts`](#queue-attempts-and-timeout) | a `u32`, a constant: how often a job may fail until it is given up; with `"durable"` | 5 |
/// | [`timeout`](#queue-attempts-and-timeout) | a `Duration`, after which an attempt has failed; for an `async fn` with `"durable"` | none |
/// | [`crate`](#crate) | the path of `fire_and_forget`, if it is renamed or re-exported | `::fire_and_forget` |
///
/// A string is the name of something built in, a path is a value of yours. The expressions of `backend` and `max_in_flight` may
/// name the parameters and `self`.
///
/// The guide has whole pages about [backends][backends], [overload][overload] and [failures][failures].
///
/// # What the launcher returns
///
/// `()`, whatever the function was written to return. Under `on_full = "reject"`, `Result<(), Rejected<Args>>`: a
/// refused call gives its arguments back in the tuple `Args`, the receiver first.
///
/// # What the function may be
///
/// - It returns `()`, `!` or `Result<(), E>` with `E: Display` (any `E`, with `on_error`). Another value would be thrown
///   away, and is an error.
/// - Its parameters are owned and `Send`, because the body outlives the call; so is its receiver: `self`,
///   `self: Arc<Self>`, `self: Box<Self>`, `self: Pin<Arc<Self>>` or `&'static self`. What a parameter under
///   [`#[own]`](#own) refers to is copied: `#[own] &self`, `#[own] text: &str`.
/// - It is neither `const` nor `unsafe` nor variadic, has a body, is no test (one whose `#[test]` stands above this
///   attribute cannot be seen, and would always pass) and not `main`, and returns no `impl Trait`. Under `"reject"`, its parameters are neither `impl Trait` nor under a `#[cfg]`.
///
/// - On `"durable"`, its arguments are stored by the names of their parameters, and read back by whichever process runs the
///   body. So each parameter is a name with a type that implements `serde`'s `Serialize` and `DeserializeOwned`, and the
///   function has no receiver, no type parameters and no `Self`, and returns.
///
/// Where a trait declares a method as `async fn`, it expects a future of the launcher: declare a plain `fn` there.
///
/// Everything else stays as it was written: patterns, generics, attributes, visibility, the order in which arguments
/// are dropped. A function that calls itself launches again.
///
/// # Other attributes
///
/// A macro such as `#[instrument]` sees the function as it was written, whether it stands above this attribute or below.
///
/// # In tests
///
/// With the feature `testing`, a test [captures][testing] launches: it looks at their arguments, or runs them itself.
///
/// [testing]: ../fire_and_forget/testing/index.html
/// [executor]: ../fire_and_forget/trait.Executor.html
/// [trait]: ../fire_and_forget/trait.Backend.html
/// [pool]: ../fire_and_forget/struct.Pool.html
///
#[doc = include_str!("examples.md")]
#[proc_macro_attribute]
pub fn fire_and_forget(args: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::run(&args.into(), &item.into()).into()
}
