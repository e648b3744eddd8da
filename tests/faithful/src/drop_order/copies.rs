//! Copies of what is borrowed go as the temporary values of a call do.

use super::*;

/// Only its copies say its name.
#[derive(Debug)]
struct Lent(&'static str, Sender<&'static str>, bool);

impl Clone for Lent {
    fn clone(&self) -> Self {
        Self(self.0, self.1.clone(), true)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if self.2 {
            let _ = self.1.send(self.0);
        }
    }
}

impl Parts {
    fn plain_with_copies(self, _first: &Lent, argument: Noisy, _: &Lent, _ignored: Noisy) {
        drop(self.second);
        drop(Noisy("local", argument.1.clone()));
    }

    #[fire_and_forget]
    fn annotated_with_copies(
        self,
        #[own] _first: &Lent,
        argument: Noisy,
        #[own] _: &Lent,
        _ignored: Noisy,
    ) {
        drop(self.second);
        drop(Noisy("local", argument.1.clone()));
    }

    async fn plain_task_with_copies(
        self,
        _first: &Lent,
        argument: Noisy,
        _: &Lent,
        _ignored: Noisy,
    ) {
        drop(self.second);
        pause().await;
        drop(Noisy("local", argument.1.clone()));
    }

    #[fire_and_forget]
    async fn annotated_task_with_copies(
        self,
        #[own] _first: &Lent,
        argument: Noisy,
        #[own] _: &Lent,
        _ignored: Noisy,
    ) {
        drop(self.second);
        pause().await;
        drop(Noisy("local", argument.1.clone()));
    }

    #[fire_and_forget(backend = "thread", on_full = "reject")]
    async fn annotated_blocking_with_copies(
        self,
        #[own] _first: &Lent,
        argument: Noisy,
        #[own] _: &Lent,
        _ignored: Noisy,
    ) {
        drop(self.second);
        pause().await;
        drop(Noisy("local", argument.1.clone()));
    }
}

impl Lent {
    fn plain(&self, _other: &Lent, argument: Noisy) {
        drop(Noisy("local", argument.1.clone()));
    }

    #[fire_and_forget]
    fn annotated(#[own] &self, #[own] _other: &Lent, argument: Noisy) {
        drop(Noisy("local", argument.1.clone()));
    }
}

macro_rules! call {
    ($run:expr, $log:ident, [$($copy:tt)*]) => {{
        let (first, second) = (
            Lent("first", $log.clone(), false),
            Lent("second", $log.clone(), false),
        );
        let (argument, ignored) = (Noisy("argument", $log.clone()), Noisy("ignored", $log.clone()));
        let parts = Parts::new(&$log);
        drop($log);
        $run(parts, &first$($copy)*, argument, &second$($copy)*, ignored)
    }};
}

/// As the temporary values of the call are.
#[test]
fn are_dropped_after_all_else() {
    let plain = drops(|log| call!(Parts::plain_with_copies, log, [.clone()]));
    assert_eq!(
        plain,
        [
            "self.second",
            "local",
            "ignored",
            "argument",
            "self.first",
            "self.last",
            "second",
            "first"
        ]
    );
    assert_eq!(
        drops(|log| call!(Parts::annotated_with_copies, log, [])),
        plain
    );
    let task = |log: Sender<&'static str>| {
        call!(
            |parts: Parts, first: &Lent, argument, second: &Lent, ignored| poll_to_the_end(
                parts.plain_task_with_copies(first, argument, second, ignored)
            ),
            log,
            [.clone()]
        );
    };
    let plain = drops(task);
    assert_eq!(plain.len(), 8, "{plain:?}");
    assert_eq!(
        drops(|log| call!(Parts::annotated_task_with_copies, log, [])),
        plain
    );
    let blocking = |log: Sender<&'static str>| {
        call!(Parts::annotated_blocking_with_copies, log, []).expect("there is room");
    };
    assert_eq!(drops(blocking), plain);
}

#[test]
fn of_a_receiver_are_dropped_last() {
    let lend = |run: &dyn Fn(&Lent, &Lent, Noisy)| {
        drops(|log| {
            let lent = |name| Lent(name, log.clone(), false);
            let (this, other) = (lent("self"), lent("other"));
            let argument = Noisy("argument", log.clone());
            drop(log);
            run(&this, &other, argument);
        })
    };
    let plain = lend(&|this, other, argument| this.clone().plain(&other.clone(), argument));
    assert_eq!(plain, ["local", "argument", "other", "self"]);
    assert_eq!(
        lend(&|this, other, argument| this.annotated(other, argument)),
        plain
    );
}
