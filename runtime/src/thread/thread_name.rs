//! Names for threads that stay useful when the system cuts them to 15 bytes, as Linux does.

/// Returns the last 15 bytes of `name`, cut between path segments if one fits.
///
/// Linux itself keeps the first 15 bytes, which are the same for `app::mail::welcome` and `app::mail::webhook`.
pub(crate) fn tail(name: &str) -> String {
    let mut start = name.len().saturating_sub(MAX_BYTES);
    while !name.is_char_boundary(start) {
        start += 1;
    }
    if start > 0
        && let Some(separator) = name[start..].find("::")
    {
        start += separator + "::".len();
    }
    // A NUL would end the name early, and `std` refuses it with a panic.
    name[start..].replace('\0', " ")
}

/// Returns the first 15 bytes of `name-function`, with the last segment of the function's path.
pub(crate) fn of(name: &str, function: &str) -> String {
    let last = function.rsplit("::").next().unwrap_or(function);
    let name = format!("{name}-{last}").replace('\0', " ");
    let mut end = name.len().min(MAX_BYTES);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name[..end].to_owned()
}

/// Returns `name-index`, with the name cut at its beginning and the index whole.
pub(crate) fn numbered(name: &str, index: usize) -> String {
    tail(&format!("{name}-{index}"))
}

const MAX_BYTES: usize = 15;
