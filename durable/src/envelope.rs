//! The envelope: the JSON object that the store keeps of one launch, in the column `job`.
//!
//! Its fields are the arguments (`a`, the bytes as they were written), the launching line (`at`), the function (`f`), the
//! allowed attempts (`n`), the time (`on`, in milliseconds since 1970), the span (`trace`), the version (`v`), and two
//! counters that are added later: failures (`tries`) and deaths of the process (`deaths`). Fields that this version does
//! not know are kept.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fire_and_forget::durable::Launch;
use serde_json::value::{RawValue, to_raw_value};

/// An envelope that was read.
#[derive(Debug)]
pub(crate) struct Envelope {
    fields: BTreeMap<String, Box<RawValue>>,
    /// The name of the function.
    pub(crate) function: String,
    /// The number of failures after which the job is given up.
    pub(crate) attempts: u32,
    /// The number of failures so far.
    pub(crate) tries: u32,
    /// How often its worker died while the job ran, or may have run.
    pub(crate) deaths: u32,
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) launched_on: SystemTime,
}

impl Envelope {
    /// Reads an envelope, and decodes all but the arguments. The text of an error contains nothing of what was read.
    pub(crate) fn read(json: &[u8]) -> Result<Self, &'static str> {
        let fields: BTreeMap<String, Box<RawValue>> =
            serde_json::from_slice(json).map_err(|_| "it is not the envelope of a launch")?;
        let text = |name: &str| fields.get(name).map(|value| value.get());
        let number =
            |name: &str| text(name).and_then(|text| serde_json::from_str::<u32>(text).ok());
        if number("v") != Some(VERSION) {
            return Err("its envelope has another version");
        }
        let function = text("f").and_then(|text| serde_json::from_str(text).ok());
        let function = function.ok_or("its envelope names no function")?;
        if !fields.contains_key("a") {
            return Err("its envelope has no arguments");
        }
        let place = text("at").and_then(|text| serde_json::from_str::<(String, u32)>(text).ok());
        let (file, line) = place.unwrap_or_else(|| ("unknown".into(), 0));
        let launched_on = text("on").and_then(|text| serde_json::from_str::<u64>(text).ok());
        let launched_on = UNIX_EPOCH.checked_add(Duration::from_millis(launched_on.unwrap_or(0)));
        Ok(Self {
            function,
            attempts: number("n").unwrap_or(DEFAULT_ATTEMPTS),
            tries: number("tries").unwrap_or(0),
            deaths: number("deaths").unwrap_or(0),
            file,
            line,
            launched_on: launched_on.unwrap_or(UNIX_EPOCH),
            fields,
        })
    }

    /// Returns its arguments, a JSON object.
    pub(crate) fn arguments(&self) -> &str {
        self.fields
            .get("a")
            .map_or("{}", |arguments| arguments.get())
    }

    /// Returns the span that launched it, as JSON, if there is one.
    pub(crate) fn launched_in(&self) -> Option<&str> {
        self.fields.get("trace").map(|span| span.get())
    }

    /// Writes the envelope with the current counters.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        let numbers = [("tries", self.tries), ("deaths", self.deaths)];
        let numbers = numbers.map(|(name, number)| Some((name, to_raw_value(&number).ok()?)));
        let mut fields: BTreeMap<&str, &RawValue> = self
            .fields
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        fields.extend(
            numbers
                .iter()
                .flatten()
                .map(|(name, value)| (*name, &**value)),
        );
        serde_json::to_vec(&fields).unwrap_or_default()
    }
}

/// Writes the envelope of a launch. Fails if its arguments are no JSON.
pub(crate) fn seal(launch: &Launch) -> Result<Vec<u8>, serde_json::Error> {
    let arguments: &RawValue = serde_json::from_slice(launch.arguments())?;
    let at = launch.launched_at();
    let on = launch
        .launched_on()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let on = u64::try_from(on.as_millis()).unwrap_or(u64::MAX);
    // Written field by field, because a map of values would allocate for each.
    let mut json = br#"{"a":"#.to_vec();
    json.extend_from_slice(arguments.get().as_bytes());
    json.extend_from_slice(br#","at":"#);
    serde_json::to_writer(&mut json, &(at.file(), at.line()))?;
    json.extend_from_slice(br#","f":"#);
    serde_json::to_writer(&mut json, launch.function())?;
    json.extend_from_slice(br#","n":"#);
    serde_json::to_writer(&mut json, &launch.attempts())?;
    json.extend_from_slice(br#","on":"#);
    serde_json::to_writer(&mut json, &on)?;
    let span = launch.launched_in().map(serde_json::from_str::<&RawValue>);
    if let Some(Ok(span)) = span {
        json.extend_from_slice(br#","trace":"#);
        json.extend_from_slice(span.get().as_bytes());
    }
    json.extend_from_slice(br#","v":"#);
    serde_json::to_writer(&mut json, &VERSION)?;
    json.push(b'}');
    Ok(json)
}

const VERSION: u32 = 1;

/// The attempts of an envelope without the field `n`.
const DEFAULT_ATTEMPTS: u32 = 5;
