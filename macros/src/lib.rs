//! The attribute macro of the `fire-and-forget` crate, which re-exports it. Do not depend on this crate directly.

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

/// Makes a function a launcher: the call hands its arguments over and returns. The body runs elsewhere.
///
/// Without options, a `fn` runs on the built-in pool, and an `async fn` becomes a task on tokio.
///
/// | option | value | default |
/// |---|---|---|
/// | [`backend`](#backend) | `"thread"`, `"pool"`, `"tokio"` or `"durable"`; the path of a static that implements [`Backend`][trait], such as a [`Pool`][pool]; or an expression that returns a `&'static` reference to one | `"pool"` for a `fn`, `"tokio"` for an `async fn`, `"thread"` for a `fn` that is a daemon |
/// | [`daemon`](#daemon) | no value: the function runs until the process stops; implied by `-> !` | it ends by itself |
/// | [`restart`](#restart) | `"on_failure"` or `"always"`: when a daemon is launched again | never |
/// | [`on_full`](#on_full) | `"drop"` or `"reject"`, for a `fn` also `"block"` and (not on `"durable"`) `"caller_runs"`: what happens to a launch that does not fit | `"drop"`: it is refused, counted and reported |
/// | [`max_in_flight`](#max_in_flight) | a `usize`: how many launches of this function may be queued and running | as many as the backend admits; 16,384 for an `async fn` on `"tokio"` or an executor |
/// | [`name`](#name) | a constant string: the name in reports and in the ledger | module, type and function |
/// | [`context`](#context) | the path of a type that implements [`Context`][context], or several: captured in the caller, and in force around the body | none |
/// | [`on_error`](#on_error) | the path of a `fn(E)`, which is called with the error | the error is reported |
/// | [`trace`](#trace) | `"follows"`, `"child"`, `"root"` or `"off"`: how the span of a launch relates to the caller's span; with the feature `tracing` | `"follows"`: a root that follows from it |
/// | [`queue`](#queue-attempts-and-timeout) | a constant string: the queue of its jobs; on `"durable"` | `"default"` |
/// | [`attempts`](#queue-attempts-and-timeout) | a constant `u32`: after so many failed attempts, a job is given up; on `"durable"` | 5 |
/// | [`timeout`](#queue-attempts-and-timeout) | a `Duration`: an attempt fails after this time; for an `async fn` on `"durable"` | none |
/// | [`crate`](#crate) | the path of `fire_and_forget`, if it is renamed or re-exported | `::fire_and_forget` |
/// | [`#[own]`](#own) | not in the parentheses, but before a parameter or `&self`: the launch copies what is borrowed | parameters are owned |
///
/// A string names something built in, a path names a value of yours. The expressions of `backend` and `max_in_flight` are
/// evaluated at each launch, and may name the parameters and `self`.
///
/// An [`Executor`][executor] spawns an `async fn` as a task. On any other backend, a thread blocks on its future.
///
/// The guide has pages about [backends][backends], [overload][overload] and [failures][failures].
///
/// # What the launcher returns
///
/// It returns `()`, whatever the function returns. Under `on_full = "reject"` it returns `Result<(), Rejected<Args>>`: a
/// refused call gives its arguments back in the tuple `Args`, the receiver first.
///
/// # What the function may be
///
/// - It returns `()`, `!` or `Result<(), E>` with `E: Display` (with `on_error`, any `E`). Any other return type is an
///   error, because the value would be thrown away.
/// - Its parameters are owned and `Send`, because the body outlives the call. So is its receiver: `self`,
///   `self: Arc<Self>`, `self: Box<Self>`, `self: Pin<Arc<Self>>` or `&'static self`. With [`#[own]`](#own), a parameter
///   may be a reference, and the launch copies what it refers to: `#[own] &self`, `#[own] text: &str`.
/// - It has a body. It is not `const`, `unsafe`, variadic, `main` or a test, and does not return `impl Trait`. (If `#[test]`
///   stands above this attribute, the attribute cannot see it, and the test always passes.)
/// - Under `"reject"`, its parameters are neither `impl Trait` nor under a `#[cfg]`.
/// - On `"durable"`, its arguments are stored by the names of their parameters, and the process that runs the body reads
///   them back. So each parameter is a name with a type that implements `serde`'s `Serialize` and `DeserializeOwned`. The
///   function has no receiver, no type parameters and no `Self`, and does not return `!`.
///
/// A launcher returns no future. So a trait declares the method as a plain `fn`, also if the body is an `async fn`.
///
/// Everything else stays as it is written: patterns, generics, attributes, visibility, and the order in which arguments
/// are dropped. A function that calls itself launches again.
///
/// # Other attributes
///
/// A macro such as `#[instrument]` sees the function as it is written, above this attribute or below it.
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
