//! Launches of functions that copy what they borrow: taken as what is owned.

use std::path::{Path, PathBuf};

use fire_and_forget::{Refusal, Rejected, fire_and_forget, testing};

use crate::panic_of;

#[derive(Debug, Clone, PartialEq)]
struct Mail(&'static str);

trait Audit {
    fn line(&self, text: &str, number: u8);

    fn try_line(&self, text: &str) -> Result<(), Rejected<(Mail, String)>>;
}

impl Audit for Mail {
    #[fire_and_forget]
    fn line(#[own] &self, #[own] text: &str, number: u8) {
        unreachable!("the launch of {text} {number} is captured, {}", self.0);
    }

    #[fire_and_forget(on_full = "reject")]
    fn try_line(#[own] &self, #[own] text: &str) {
        unreachable!("the launch of {text} is captured, {}", self.0);
    }
}

#[fire_and_forget]
async fn task(#[own] text: &str, #[own] path: &Path, literal: &'static str) {
    unreachable!(
        "the launch of {text} is captured, {} {literal}",
        path.display()
    );
}

#[fire_and_forget]
fn conditional(
    #[own] text: &str,
    #[cfg(feature = "extra")] extra: u8,
    #[cfg(not(feature = "extra"))] usual: &'static str,
) {
    #[cfg(feature = "extra")]
    let usual = extra;
    unreachable!("the launch of {text} {usual} is captured");
}

#[test]
fn copies_are_taken_by_value() {
    let launches = testing::capture();
    let text = String::from("text");
    Mail("ada").line(&text, 1);
    task(&text, Path::new("path"), "literal");
    assert!(Mail("bob").try_line(&text).is_ok());
    drop(text);
    let lines: Vec<(Mail, String, u8)> = launches.take_copies(<Mail as Audit>::line);
    assert_eq!(lines, [(Mail("ada"), "text".to_owned(), 1)]);
    let tasks: Vec<(String, PathBuf, &str)> = launches.take_copies(task);
    assert_eq!(tasks, [("text".into(), "path".into(), "literal")]);
    let lines: Vec<(Mail, String)> = launches.take_copies(Mail::try_line);
    assert_eq!(lines, [(Mail("bob"), "text".to_owned())]);
    assert!(launches.is_empty());
}

#[test]
fn copies_beside_a_conditional_parameter_are_taken_by_value() {
    let launches = testing::capture();
    #[cfg(feature = "extra")]
    conditional("text", 1);
    #[cfg(not(feature = "extra"))]
    conditional("text", "usual");
    #[cfg(feature = "extra")]
    let taken: Vec<(String, u8)> = launches.take_copies(conditional);
    #[cfg(not(feature = "extra"))]
    let taken: Vec<(String, &str)> = launches.take_copies(conditional);
    assert_eq!(taken[0].0, "text");
}

#[test]
fn launches_with_copies_are_counted_by_the_function_itself() {
    let launches = testing::capture();
    Mail("ada").line("a", 1);
    Mail("ada").line("b", 2);
    task("a", Path::new(""), "literal");
    assert_eq!(launches.count(<Mail as Audit>::line), 2);
    assert_eq!(launches.count(task), 1);
    assert_eq!(launches.count(<Mail as Audit>::try_line), 0);
    launches.discard();
}

#[test]
fn a_function_without_copies_is_taken_in_either_way() {
    #[fire_and_forget]
    fn literal(_text: &'static str) {}

    let launches = testing::capture();
    literal("a");
    assert_eq!(launches.take(literal), [("a",)]);
    literal("b");
    let taken: Vec<(&str,)> = launches.take_copies(literal);
    assert_eq!(taken, [("b",)]);
}

/// Never an empty list, which would pass for no launch.
#[test]
fn types_that_are_not_those_of_the_copies_are_an_error() {
    let launches = testing::capture();
    Mail("ada").try_line("text").unwrap();
    let expected = "`<capture::copies::Mail as capture::copies::Audit>::try_line` was launched with \
                    `(capture::copies::Mail, alloc::string::String)`, which cannot be taken as ";
    let panic = panic_of(|| drop(launches.take(Mail::try_line)));
    assert!(panic.starts_with(expected), "{panic}");
    let panic = panic_of(|| {
        let _: Vec<(Mail, u8)> = launches.take_copies(Mail::try_line);
    });
    assert!(panic.starts_with(expected), "{panic}");
    assert_eq!(launches.len(), 1);
    launches.discard();
}

#[test]
fn bodies_that_are_run_borrow_from_the_copies() {
    #[fire_and_forget]
    fn fails(#[own] mail: &Mail, #[own] text: &str) -> Result<(), String> {
        Err(format!("{} {text}", mail.0))
    }

    let launches = testing::capture();
    fails(&Mail("ada"), &String::from("text"));
    assert_eq!(launches.run().errors(), ["ada text"]);
}

#[test]
fn refused_launches_give_the_copies_back() {
    let refused = testing::refuse(Refusal::Full);
    let rejected = Mail("ada").try_line("text").unwrap_err();
    assert_eq!(rejected.into_args(), (Mail("ada"), "text".to_owned()));
    drop(refused);
}

#[test]
fn one_function_with_copies_is_refused_or_named_by_a_call() {
    let launches = testing::capture();
    let refused = testing::refuse_only(<Mail as Audit>::try_line, Refusal::Full);
    let rejected = Mail("ada").try_line("text").unwrap_err();
    assert_eq!(rejected.into_args(), (Mail("ada"), "text".to_owned()));
    task("text", Path::new(""), "literal");
    drop(refused);
    Mail("ada").try_line("text").unwrap();
    let tried = testing::by_call(|| Mail("bob").try_line("any"));
    assert_eq!((launches.count(tried), launches.count(task)), (1, 1));
    launches.discard();
}
