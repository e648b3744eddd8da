//! The full name of a function, with the type of a method. The attribute sees only the function, and a static cannot
//! name `Self`, so the type is read at run time from the compiler's path of an item inside the function.

use crate::sync::get_or_make;
use crate::sync::process::OnceLock;

/// Completes the written name of a function: part of a [`Site`](crate::account::site::Site).
#[derive(Debug)]
pub(crate) struct WholeName {
    /// Returns the compiler's path of an item in the function. `None` keeps the name as it is written.
    item: Option<fn() -> &'static str>,
    /// The full name, once it has been made. `None` keeps the name as it is written.
    made: OnceLock<Option<Box<Made>>>,
}

/// Boxed to one word, because a site is full.
#[derive(Debug)]
struct Made(String);

impl WholeName {
    pub(crate) const fn as_written() -> Self {
        Self {
            item: None,
            made: OnceLock::new(),
        }
    }

    /// Sets the item that the function contains.
    pub(crate) const fn contains<T>(&mut self) {
        self.item = Some(std::any::type_name::<T>);
    }

    /// Returns the full name. The first call allocates it; later calls return the same text.
    pub(crate) fn get(&'static self, written: &'static str) -> &'static str {
        let Some(item) = self.item else {
            return written;
        };
        let make = || Some(Box::new(Made(with_type(written, item())?)));
        match get_or_make(&self.made, make) {
            Some(whole) => &whole.0,
            None => written,
        }
    }
}

/// Returns `app::mail::Mail::send` for `app::mail::send` and `app::mail::Mail<_>::send::{{closure}}::Item`.
///
/// The compiler promises no format for this text, so an unexpected one gives no name.
fn with_type(written: &str, item: &str) -> Option<String> {
    let (module, function) = written.rsplit_once("::")?;
    let of = type_around(item, function)?;
    Some(format!("{module}::{of}::{function}"))
}

/// Returns the name of the type, or of the trait, that the function is a method of.
fn type_around<'a>(item: &'a str, function: &str) -> Option<&'a str> {
    let mut parts = parts(item)?;
    // The item itself, and the closures around it.
    parts.pop();
    while parts.pop_if(|part| *part == "{{closure}}").is_some() {}
    if without_raw(parts.pop()?) != function {
        return None;
    }
    let around = parts.pop()?;
    let Some(implementation) = around.strip_prefix('<').and_then(|it| it.strip_suffix('>')) else {
        // A lower-case part is a module or a function, which the written name already has.
        let name = without_parameters(around);
        return Some(name).filter(|it| it.starts_with(char::is_uppercase) && is_name(it));
    };
    // The text is `<app::Mail as app::Send>`, `<impl app::Send for app::Mail>`, or either without the trait.
    let (of_type, of_trait) = match implementation.strip_prefix("impl ") {
        Some(rest) => match split_once(rest, " for ") {
            Some((of_trait, of_type)) => (of_type, Some(of_trait)),
            None => (rest, None),
        },
        None => match split_once(implementation, " as ") {
            Some((of_type, of_trait)) => (of_type, Some(of_trait)),
            None => (implementation, None),
        },
    };
    // An array or a type parameter has no name, so the trait's name is used.
    last_name(of_type).or_else(|| last_name(of_trait?))
}

/// Returns `Mail` for `&mut app::Mail<u8>` and for `dyn app::Mail + Send`.
fn last_name(ty: &str) -> Option<&str> {
    let ty = ["&", "mut ", "dyn "]
        .iter()
        .fold(ty, |ty, prefix| ty.strip_prefix(prefix).unwrap_or(ty));
    let ty = split_once(ty, " + ").map_or(ty, |(first, _)| first);
    let name = without_raw(without_parameters(parts(ty)?.pop()?));
    is_name(name).then_some(name)
}

fn without_parameters(part: &str) -> &str {
    part.split_once('<').map_or(part, |(name, _)| name)
}

fn without_raw(name: &str) -> &str {
    name.strip_prefix("r#").unwrap_or(name)
}

fn is_name(text: &str) -> bool {
    let is_part = |char: char| char.is_alphanumeric() || char == '_';
    text != "_"
        && text.starts_with(|char| is_part(char) && !char.is_numeric())
        && text.chars().all(is_part)
}

/// Returns the parts of a path, or `None` if its brackets do not match.
fn parts(path: &str) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let mut rest = path;
    while let Some((part, behind)) = split_once(rest, "::") {
        parts.push(part);
        rest = behind;
    }
    parts.push(rest);
    parts
        .iter()
        .all(|part| depth(part) == Some(0))
        .then_some(parts)
}

/// Splits the text at the first separator that is outside of all brackets.
fn split_once<'a>(text: &'a str, separator: &str) -> Option<(&'a str, &'a str)> {
    text.match_indices(separator)
        .map(|(at, _)| (&text[..at], &text[at + separator.len()..]))
        .find(|(before, _)| depth(before) == Some(0))
}

/// Returns how many brackets are open at the end, or `None` if one was closed that was not open.
fn depth(text: &str) -> Option<u32> {
    let mut depth = 0_u32;
    let mut before = ' ';
    for char in text.chars() {
        match char {
            '<' | '(' | '[' | '{' => depth += 1,
            '>' if before == '-' => {} // An arrow.
            '>' | ')' | ']' | '}' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        before = char;
    }
    Some(depth)
}

#[cfg(test)]
mod tests {
    use super::with_type;

    #[track_caller]
    fn check(item: &str, expected: Option<&str>) {
        let whole = with_type("app::mail::send", item);
        assert_eq!(whole.as_deref(), expected, "{item}");
    }

    #[test]
    fn a_method_has_the_name_of_its_type() {
        for item in [
            "app::mail::Mail::send::Item",
            "app::mail::Mail::send::{{closure}}::Item",
            "app::mail::Mail::send::{{closure}}::{{closure}}::Item",
            "app::mail::Mail<_, N>::send::{{closure}}::Item",
            "app::mail::Mail<'_, (u8, alloc::vec::Vec<&str>), 3>::send::{{closure}}::Item",
            "app::mail::Mail<fn(u8) -> app::Other>::send::{{closure}}::Item",
            "<app::Mail as app::Send>::send::{{closure}}::Item",
            "<app::Mail<<_ as app::Has>::It> as app::Send<alloc::vec::Vec<u8>>>::send::{{closure}}::Item",
            "<&app::Mail as app::Send>::send::{{closure}}::Item",
            "<&mut app::Mail as app::Send>::send::{{closure}}::Item",
            "<dyn app::Mail>::send::{{closure}}::Item",
            "<&dyn app::Mail + core::marker::Send as app::Send>::send::{{closure}}::Item",
            "app::mail::<impl app::Mail>::send::{{closure}}::Item",
            "app::mail::_::<impl app::Mail<_>>::send::{{closure}}::Item",
            "app::mail::<impl app::Send for app::Mail<_>>::send::{{closure}}::Item",
            "app::mail::outer::{{closure}}::Mail::send::{{closure}}::Item",
            "app::mail::Mail::r#send::{{closure}}::Item",
            "<app::r#Mail as app::Send>::send::{{closure}}::Item",
        ] {
            check(item, Some("app::mail::Mail::send"));
        }
    }

    #[test]
    fn where_the_type_has_no_name_the_trait_has_one() {
        for of_type in [
            "_",
            "[u8; 3]",
            "(u8, app::Mail)",
            "fn(&u8) -> &u8",
            "*const u8",
            "!",
        ] {
            for around in [
                format!("<{of_type} as app::Send<_>>"),
                format!("app::mail::<impl app::Send<_> for {of_type}>"),
            ] {
                check(
                    &format!("{around}::send::Item"),
                    Some("app::mail::Send::send"),
                );
            }
        }
    }

    #[test]
    fn a_name_stays_as_it_is_written_where_there_is_no_type_or_the_text_is_not_as_expected() {
        for item in [
            "app::mail::send::{{closure}}::Item",
            "app::mail::outer::send::{{closure}}::Item",
            "app::mail::Mail::outer::send::{{closure}}::Item",
            "app::mail::Mail::outer::{{closure}}::send::{{closure}}::Item",
            "app::mail::_::send::{{closure}}::Item",
            "app::mail::Mail::deliver::{{closure}}::Item",
            "<[u8; 3]>::send::Item",
            "app::mail::Ma il::send::Item",
            "app::mail::Mail<'>'>::send::Item",
            "app::mail::Mail<::send::Item",
            "send::Item",
            "Item",
            "::::",
            "<>::send::Item",
            "< as >::send::Item",
            "<impl >::send::Item",
            "",
        ] {
            check(item, None);
        }
    }

    #[test]
    fn no_text_makes_it_panic() {
        let pieces = [
            "<",
            ">",
            "::",
            "send",
            "Item",
            " as ",
            " for ",
            "impl ",
            "é",
            "{{closure}}",
        ];
        for number in 0..pieces.len().pow(4) {
            let text: String = (0..4)
                .map(|place| pieces[number / pieces.len().pow(place) % pieces.len()])
                .collect();
            let _ = with_type("app::mail::send", &format!("{text}::send::Item"));
            let _ = with_type(&text, &text);
        }
    }
}
