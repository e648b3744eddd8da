//! The arguments of a launch as a JSON object with a field for each parameter, written for a store and read back.
//!
//! Fields have names and not positions, so that a refactoring cannot swap two parameters of one type; a missing field reads as
//! `null`, so that a parameter may be added as an `Option`. Size and depth are checked on the bytes before anything is decoded,
//! because stored bytes may come from anywhere. No error quotes a value: arguments are in no report.

use std::any::{Any, type_name};
use std::collections::HashMap;
use std::error::Error;
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_json::value::RawValue;

use crate::task::context::Kept;

/// The largest size of one launch's arguments as JSON, in bytes: 1 MiB. Larger data belongs into a store of its own.
pub const MOST_BYTES: usize = 1 << 20;

/// How deep arrays and objects may be nested in an argument.
pub const DEEPEST: usize = 64;

/// An argument that can be stored by one process and read back by another.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored",
    label = "a worker cannot read this back",
    note = "derive `serde::Serialize` and `serde::Deserialize` for this type, and let it own its data"
)]
pub trait Storable: Sized {
    /// Writes the argument to the record.
    fn put(&self, record: &mut Record, name: &'static str);

    /// Reads the argument back. A missing one is read as `null`, so that an `Option` parameter can be added.
    ///
    /// # Errors
    ///
    /// Fails if the stored value is not of the type that the function takes now.
    fn take(arguments: &Arguments<'_>, name: &str) -> Result<Self, Undecodable>;
}

// The bounds stand here and not on the trait, where each would be an error of its own beside the message above.
#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send> Storable for T {
    fn put(&self, record: &mut Record, name: &'static str) {
        if let Ok(json) = &mut record.json
            && let Err(error) = write(json, name, self)
        {
            record.json = Err(format!("{} cannot be written as JSON: {error}", what(name)));
        }
    }

    fn take(arguments: &Arguments<'_>, name: &str) -> Result<Self, Undecodable> {
        let (text, missing) = match arguments.0.get(name) {
            Some(value) => (value.get(), ""),
            None => ("null", ", and it was stored without"),
        };
        // The error of `serde_json` is dropped, because it quotes the value.
        serde_json::from_str(text).map_err(|_| {
            Undecodable(format!(
                "{} is no `{}`{missing}",
                what(name),
                type_name::<Self>()
            ))
        })
    }
}

/// Returns how to call the field of this name in a message: an argument or a context.
fn what(name: &str) -> String {
    match name.strip_prefix(OF_CONTEXT) {
        Some(context) => format!("the context `{context}`"),
        None => format!("the argument `{name}`"),
    }
}

/// The prefix of a context's field. No parameter has a colon in its name.
pub(super) const OF_CONTEXT: &str = "context:";

/// Appends a field to the object.
fn write(
    json: &mut Vec<u8>,
    name: &str,
    value: &(impl Serialize + ?Sized),
) -> serde_json::Result<()> {
    if json.len() > 1 {
        json.push(b',');
    }
    // The name of a parameter or of a type needs no escapes in JSON.
    json.push(b'"');
    json.extend_from_slice(name.as_bytes());
    json.extend_from_slice(b"\":");
    serde_json::to_writer(json, value)
}

/// The arguments of one launch as JSON, while they are being written.
#[derive(Debug)]
pub struct Record {
    /// The `Definition` of its function, which this file does not know.
    pub(super) function: &'static (dyn Any + Send + Sync),
    /// The object without its closing brace, or why an argument could not be written.
    pub(super) json: Result<Vec<u8>, String>,
    /// The context that the launch is reported in.
    pub(super) context: Option<Kept>,
}

impl Record {
    pub(crate) fn keep(&mut self, context: Option<Kept>) {
        self.context = context;
    }

    pub(super) fn take_context(&mut self) -> Option<Kept> {
        self.context.take()
    }

    pub(super) fn into_json(self) -> Result<Vec<u8>, String> {
        let mut json = self.json?;
        json.push(b'}');
        match excess(&json) {
            None => Ok(json),
            Some(excess) => Err(format!("its arguments cannot be stored: {excess}")),
        }
    }
}

/// The arguments of a stored launch, by name; none is decoded yet.
#[derive(Debug)]
pub struct Arguments<'a>(HashMap<String, &'a RawValue>);

impl<'a> Arguments<'a> {
    pub(super) fn read(json: &'a [u8]) -> Result<Self, Undecodable> {
        if let Some(excess) = excess(json) {
            return Err(Undecodable(format!("its arguments are {excess}")));
        }
        serde_json::from_slice(json).map(Self).map_err(|error| {
            Undecodable(match error.classify() {
                Category::Data => "its arguments are no JSON object".to_owned(),
                _ => format!(
                    "its arguments are no JSON, at line {} column {}",
                    error.line(),
                    error.column()
                ),
            })
        })
    }
}

/// Returns how this JSON exceeds a limit, if it does. Reads bytes only, and decodes nothing.
fn excess(json: &[u8]) -> Option<String> {
    if json.len() > MOST_BYTES {
        return Some(format!("larger than {MOST_BYTES} bytes"));
    }
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut is_in_string = false;
    let mut bytes = json.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' if is_in_string => {
                bytes.next();
            }
            b'"' => is_in_string = !is_in_string,
            _ if is_in_string => {}
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    // The object around the arguments does not count.
    (deepest > DEEPEST + 1).then(|| format!("nested more than {DEEPEST} deep"))
}

/// The error of stored arguments that the function does not take. It names the argument, and does not show its value.
#[derive(Debug)]
pub struct Undecodable(String);

impl fmt::Display for Undecodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Undecodable {}
