//! Parameters and receivers that are copied: in traits, under the policies that run bodies in their callers, and before
//! anything is counted.

use std::ffi::{CStr, CString, OsStr};
use std::fmt::{Debug, Display};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use fire_and_forget::{Pool, fire_and_forget, ledger};
use waiting::{Gate, Pass, signal};

use super::texts::check;

trait Audit {
    fn line(&self, text: &str);

    #[fire_and_forget]
    fn twice(#[own] &self, #[own] text: &str)
    where
        Self: Clone + Send + 'static,
    {
        self.line(text);
        self.line(text);
    }
}

#[derive(Clone)]
struct Log {
    name: &'static str,
    texts: Sender<String>,
}

impl Audit for Log {
    #[fire_and_forget]
    fn line(#[own] &self, #[own] text: &str) {
        let _ = self.texts.send(format!("{}: {text}", self.name));
    }
}

struct Silent;

impl Audit for Silent {
    fn line(&self, _: &str) {}
}

#[test]
fn methods_of_traits_that_ask_for_borrows_launch() {
    let log = |texts| Log { name: "log", texts };
    check(|texts| log(texts).line("a"), ["log: a"]);
    check(|texts| log(texts).twice("a"), ["log: a", "log: a"]);
    check(
        |texts| {
            let audits: [Box<dyn Audit>; 2] = [Box::new(log(texts)), Box::new(Silent)];
            for audit in &audits {
                audit.line("b");
            }
        },
        ["log: b"],
    );
}

impl Log {
    /// In which `self` is written in every way.
    #[fire_and_forget(backend = "thread")]
    fn says_self(#[own] self: &Arc<Self>, #[own] mut other: &Arc<Self>) {
        use self::inner::NAME;

        struct Inner(&'static str);

        impl Inner {
            fn name(&self) -> &'static str {
                self.0
            }
        }

        macro_rules! name {
            ($this:expr) => {
                ($this.name, self.name)
            };
        }

        let mut names = vec![NAME, Inner("inner").name()];
        let closure = || self.name;
        names.extend([name!(self).0, name!(self).1, closure(), other.name]);
        other = self;
        names.push(other.name);
        let _ = self.texts.send(names.join(" "));
    }

    #[fire_and_forget]
    async fn says_self_in_a_task(#[own] &self, #[own] other: &Self) {
        let names = async { [self.name, other.name].join(" ") };
        ::tokio::task::yield_now().await;
        let _ = self.texts.send(names.await);
    }
}

mod inner {
    pub(super) const NAME: &str = "path";
}

#[test]
fn the_body_says_self_as_ever() {
    check(
        |texts| {
            let log = Arc::new(Log { name: "log", texts });
            log.says_self(&Arc::new(Log {
                name: "other",
                ..(*log).clone()
            }));
        },
        ["path inner log log log other log"],
    );
    check(
        |texts| {
            let log = Log { name: "log", texts };
            log.says_self_in_a_task(&Log {
                name: "other",
                ..log.clone()
            });
        },
        ["log other"],
    );
}

#[fire_and_forget]
fn shows<T: Clone + Debug + Send + 'static>(
    #[own] bytes: &[u8],
    #[own] path: &Path,
    #[own] c_text: &CStr,
    #[own] os_text: &OsStr,
    #[own] value: &T,
    #[own] shown: &(impl Display + Clone + Send + 'static),
    texts: Sender<String>,
) {
    let _ = texts.send(format!(
        "{bytes:?} {} {c_text:?} {} {value:?} {shown}",
        path.display(),
        os_text.display()
    ));
}

#[test]
fn whatever_has_an_owned_counterpart_is_copied() {
    check(
        |texts| {
            let c_text = CString::from(c"c");
            shows(
                &[1, 2],
                "path".as_ref(),
                &c_text,
                "os".as_ref(),
                &Some('v'),
                &1.5,
                texts,
            );
        },
        [r#"[1, 2] path "c" os Some('v') 1.5"#],
    );
}

static BLOCK: Pool = Pool::new("copies-block").threads(1).queue(1);
static CALLER_RUNS: Pool = Pool::new("copies-caller").threads(1).queue(1);

#[fire_and_forget(backend = BLOCK, on_full = "block")]
fn waits_for_room(#[own] text: &str, texts: Sender<String>, pass: Pass) {
    pass.wait();
    let _ = texts.send(text.to_owned());
}

#[fire_and_forget(backend = CALLER_RUNS, on_full = "caller_runs")]
fn runs_in_its_caller(#[own] text: &str, texts: Sender<String>, pass: Pass) {
    pass.wait();
    let _ = texts.send(text.to_owned());
}

#[test]
fn a_caller_that_waits_or_runs_the_body_itself_has_made_its_copy() {
    let (texts, received) = signal();
    let gate = Gate::holding(|pass| waits_for_room("a", texts.clone(), pass));
    waits_for_room("b", texts.clone(), gate.pass());
    std::thread::scope(|scope| {
        let caller = scope.spawn(|| waits_for_room("c", texts.clone(), Pass::open()));
        gate.open();
        caller.join().unwrap();
    });
    assert_eq!(received.receive_many(3), ["a", "b", "c"]);

    let gate = Gate::holding(|pass| runs_in_its_caller("d", texts.clone(), pass));
    runs_in_its_caller("e", texts.clone(), gate.pass());
    runs_in_its_caller("f", texts, Pass::open());
    assert_eq!(received.receive(), "f");
    gate.open();
    assert_eq!(received.receive_many(2), ["d", "e"]);
}

/// Notes how many launches of a function there are when it is copied.
struct Notes(&'static str, Sender<String>);

impl Clone for Notes {
    fn clone(&self) -> Self {
        let launched = ledger().get(self.0).map_or(0, |it| it.counts().launched);
        let _ = self.1.send(format!("{launched} launched"));
        Self(self.0, self.1.clone())
    }
}

#[fire_and_forget(max_in_flight = text.len())]
fn is_copied_first(#[own] _notes: &Notes, #[own] text: &str) {
    drop(text.to_owned());
}

#[test]
fn copies_are_made_before_the_launch_is_counted() {
    let name = concat!(module_path!(), "::is_copied_first");
    check(
        |texts| {
            let notes = Notes(name, texts);
            is_copied_first(&notes, "text");
            is_copied_first(&notes, "more");
        },
        ["0 launched", "1 launched"],
    );
}
