//! Arguments on their way to a store and back: a JSON object with a field for each parameter.

use std::any::type_name;
use std::collections::HashMap;
use std::error::Error;
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::definition::Definition;
use crate::task::context::Kept;

/// How many bytes the arguments of one launch may take as JSON: 1 MiB. What is larger belongs into a store of its own.
pub const MOST_BYTES: usize = 1 << 20;

/// How deep arrays and objects may be in each other, in the arguments of one launch.
pub const DEEPEST: usize = 64;

/// An argument that can be written down here and read back elsewhere.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored",
    label = "a worker could not read this back",
    note = "with `backend = \"durable\"` arguments and contexts go through a store: derive `serde::Serialize` and `serde::Deserialize` for \
            this type, and own what it has"
)]
pub trait Storable: Sized {
    /// Writes the argument down.
    fn put(&self, record: &mut Record, name: &'static str);

    /// Reads the argument back. One that is not there is read as `null`: a parameter that was added may be an `Option`.
    ///
    /// # Errors
    ///
    /// When it is not what the function takes now.
    fn take(arguments: &Arguments<'_>, name: &str) -> Result<Self, Undecodable>;
}

// Bounds of the trait itself would be errors of their own, beside the one that is worded here.
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
        // The error of `serde_json` quotes what it found: arguments are in no report.
        serde_json::from_str(text).map_err(|_| {
            Undecodable(format!(
                "{} is no `{}`{missing}",
                what(name),
                type_name::<Self>()
            ))
        })
    }
}

/// What the attribute calls so.
fn what(name: &str) -> String {
    match name.strip_prefix(OF_CONTEXT) {
        Some(context) => format!("the context `{context}`"),
        None => format!("the argument `{name}`"),
    }
}

/// What stands before the name of a context: no parameter has it in its own.
pub(super) const OF_CONTEXT: &str = "context:";

fn write(
    json: &mut Vec<u8>,
    name: &str,
    value: &(impl Serialize + ?Sized),
) -> serde_json::Result<()> {
    if json.len() > 1 {
        json.push(b',');
    }
    // The name of a parameter or a type needs no escapes.
    json.push(b'"');
    json.extend_from_slice(name.as_bytes());
    json.extend_from_slice(b"\":");
    serde_json::to_writer(json, value)
}

/// The arguments of one launch, written down.
#[derive(Debug)]
pub struct Record {
    definition: &'static Definition,
    /// Or why not.
    json: Result<Vec<u8>, String>,
    /// What the launch is to be reported in.
    context: Option<Kept>,
}

impl Record {
    /// Of no arguments yet.
    #[must_use]
    pub fn new(definition: &'static Definition) -> Self {
        Self {
            definition,
            json: Ok(vec![b'{']),
            context: None,
        }
    }

    pub(crate) fn keep(&mut self, context: Option<Kept>) {
        self.context = context;
    }

    pub(super) fn take_context(&mut self) -> Option<Kept> {
        self.context.take()
    }

    pub(super) fn definition(&self) -> &'static Definition {
        self.definition
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

/// What came out of a store.
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

/// What is too much of this JSON, if anything is. Looks at bytes alone: nothing is decoded yet.
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
    // The object of all arguments is not counted.
    (deepest > DEEPEST + 1).then(|| format!("nested more than {DEEPEST} deep"))
}

/// Why stored arguments are not those of the function. It names the argument, and does not show it.
#[derive(Debug)]
pub struct Undecodable(String);

impl fmt::Display for Undecodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Undecodable {}
