//! The default name: module, type and function.

use std::pin::pin;
use std::task::{Context, Waker};

use fire_and_forget::{Pool, fire_and_forget, ledger};
use waiting::{Gate, Pass};

use crate::recorder::{row, watch_named};

/// Launches once, and looks for the one launch and its report under this name.
#[track_caller]
fn check(name: &'static str, launch: impl FnOnce()) {
    let watched = watch_named(name);
    launch();
    watched.check(row!(launched: 1, failed: 1), &["failed: as meant"]);
    let reports = watched.reports();
    assert!(
        reports[0].line.starts_with(&format!("`{name}` (")),
        "{name}"
    );
}

type Fails = Result<(), &'static str>;
const FAILS: Fails = Err("as meant");

struct Mail;
struct Letter<T, const PAGES: usize>(T);
struct Card<'a>(&'a str);
struct Stamp;

trait Post {
    fn post(self);

    #[fire_and_forget]
    fn send_back(self) -> Fails
    where
        Self: Send + Sized + 'static,
    {
        FAILS
    }
}

impl Mail {
    #[fire_and_forget]
    fn send(self) -> Fails {
        FAILS
    }

    #[fire_and_forget(backend = "thread")]
    async fn send_later(self) -> Fails {
        FAILS
    }

    #[fire_and_forget]
    async fn send_as_a_task(self) -> Fails {
        FAILS
    }

    #[fire_and_forget(on_full = "reject")]
    fn offer(self) -> Fails {
        FAILS
    }

    #[fire_and_forget]
    fn r#match() -> Fails {
        FAILS
    }

    #[fire_and_forget(name = "mail, by a name of its own")]
    fn named(self) -> Fails {
        FAILS
    }

    fn launches_what_is_in_it() {
        #[fire_and_forget]
        fn inner() -> Fails {
            FAILS
        }

        inner();
    }
}

impl Post for Mail {
    #[fire_and_forget]
    fn post(self) -> Fails {
        FAILS
    }
}

impl<T: Send + 'static, const PAGES: usize> Letter<T, PAGES> {
    #[fire_and_forget]
    fn send(self) -> Fails {
        drop(self.0);
        FAILS
    }
}

impl<T: Send + 'static, const PAGES: usize> Post for Letter<T, PAGES> {
    #[fire_and_forget]
    fn post(self) -> Fails {
        FAILS
    }
}

impl Card<'static> {
    #[fire_and_forget]
    fn send(self) -> Fails {
        self.0.parse::<u8>().map(drop).map_err(|_| "as meant")
    }
}

impl Post for Vec<u8> {
    #[fire_and_forget]
    fn post(self) -> Fails {
        FAILS
    }
}

impl Post for &'static str {
    #[fire_and_forget]
    fn post(self) -> Fails {
        FAILS
    }
}

impl Post for [u8; 3] {
    #[fire_and_forget]
    fn post(self) -> Fails {
        FAILS
    }
}

impl dyn Post {
    #[fire_and_forget]
    fn count() -> Fails {
        FAILS
    }
}

const _: () = {
    impl Stamp {
        #[fire_and_forget]
        fn send(self) -> Fails {
            FAILS
        }
    }
};

mod elsewhere {
    use super::{FAILS, Fails, Mail, Post, Stamp};
    use fire_and_forget::fire_and_forget;

    impl Mail {
        #[fire_and_forget]
        pub(super) fn travel(self) -> Fails {
            FAILS
        }
    }

    impl Post for Stamp {
        #[fire_and_forget]
        fn post(self) -> Fails {
            FAILS
        }
    }
}

macro_rules! sends {
    ($($type:ident),*) => {$(
        struct $type;

        impl $type {
            #[fire_and_forget]
            fn send(self) -> Fails {
                FAILS
            }
        }
    )*};
}

sends!(Parcel, Crate);

#[test]
fn a_method_has_the_name_of_its_type() {
    check("behavior::launcher::names::Mail::send", || Mail.send());
    check("behavior::launcher::names::Mail::send_later", || {
        Mail.send_later();
    });
    check("behavior::launcher::names::Mail::send_as_a_task", || {
        Mail.send_as_a_task();
    });
    check("behavior::launcher::names::Mail::offer", || {
        assert!(Mail.offer().is_ok());
    });
    check("behavior::launcher::names::Mail::match", Mail::r#match);
    check("behavior::launcher::names::Mail::post", || Mail.post());
    check("behavior::launcher::names::Card::send", || Card("").send());
    check("behavior::launcher::names::Stamp::send", || Stamp.send());
    check("behavior::launcher::names::Parcel::send", || Parcel.send());
    check("behavior::launcher::names::Crate::send", || Crate.send());
    check("behavior::launcher::names::Post::count", || {
        <dyn Post>::count();
    });
}

#[test]
fn a_method_written_in_another_module_than_its_type_has_the_name_of_that_module() {
    check("behavior::launcher::names::elsewhere::Mail::travel", || {
        Mail.travel();
    });
    check("behavior::launcher::names::elsewhere::Stamp::post", || {
        Stamp.post();
    });
    check("behavior::launcher::names::Vec::post", || vec![1].post());
    check("behavior::launcher::names::str::post", || "".post());
}

#[test]
fn a_method_of_a_type_without_a_name_has_that_of_the_trait() {
    check("behavior::launcher::names::Post::post", || [1, 2, 3].post());
    check("behavior::launcher::names::Post::send_back", || {
        Mail.send_back();
    });
}

#[test]
fn instances_of_a_generic_type_share_a_name_without_parameters() {
    let watched = watch_named("behavior::launcher::names::Letter::send");
    Letter::<_, 1>(1_u8).send();
    Letter::<_, 2>("two").send();
    assert_eq!(watched.quiet(), row!(launched: 2, failed: 2));
    check("behavior::launcher::names::Letter::post", || {
        Letter::<_, 1>(1_u8).post();
    });
}

#[test]
fn a_function_in_a_function_has_the_name_of_the_module() {
    struct Local;

    impl Local {
        #[fire_and_forget]
        fn send(self) -> Fails {
            FAILS
        }
    }

    #[fire_and_forget]
    fn nested() -> Fails {
        FAILS
    }

    check("behavior::launcher::names::nested", nested);
    check("behavior::launcher::names::inner", || {
        Mail::launches_what_is_in_it();
    });
    check("behavior::launcher::names::in_a_closure", || {
        #[fire_and_forget]
        fn in_a_closure() -> Fails {
            FAILS
        }

        in_a_closure();
    });
    check("behavior::launcher::names::in_a_future", || {
        let future = pin!(async {
            #[fire_and_forget]
            fn in_a_future() -> Fails {
                FAILS
            }

            in_a_future();
        });
        assert!(
            future
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_ready()
        );
    });
    // That of a type that is written there has its type, too.
    check("behavior::launcher::names::Local::send", || Local.send());
}

#[test]
fn a_name_that_is_given_has_no_type() {
    check("mail, by a name of its own", || Mail.named());
}

static TWO: Pool = Pool::new("of one name").threads(3);

#[fire_and_forget(backend = TWO, name = "of one name")]
fn one(pass: Pass) {
    pass.wait();
}

#[fire_and_forget(backend = TWO, name = "of one name")]
fn other(pass: Pass) {
    pass.wait();
}

#[fire_and_forget(backend = TWO, name = "of a name of its own")]
fn a_third(pass: Pass) {
    pass.wait();
}

#[test]
fn two_functions_of_one_name_are_told_apart_by_their_places() {
    let gates = [one, other, a_third].map(Gate::holding);
    let ledger = ledger();
    let entries: Vec<_> = ledger.get_all("of one name").collect();
    let places: Vec<_> = entries.iter().map(|it| it.defined_at()).collect();
    assert!(places.is_sorted() && places.len() == 2, "{places:?}");
    let first = ledger.get("of one name").expect("it was launched");
    assert_eq!(first.defined_at(), places[0]);
    assert_eq!(ledger.get_all("of no name").count(), 0);

    let table = ledger.to_string();
    let unfinished = TWO.flush(std::time::Duration::ZERO).wait().unwrap_err();
    let unfinished = unfinished.to_string();
    for place in places {
        let name = format!("of one name at {place} ");
        let rows = table.lines().filter(|row| row.starts_with(&name));
        assert_eq!(rows.count(), 1, "{table}");
        let name = format!("`of one name` at {place} (1 in flight)");
        assert!(unfinished.contains(&name), "{unfinished}");
    }
    let own = table
        .lines()
        .filter(|row| row.starts_with("of a name of its own  "));
    assert_eq!(own.count(), 1, "{table}");
    let widths: Vec<_> = table.lines().map(|row| row.chars().count()).collect();
    assert!(widths.iter().all(|width| *width == widths[0]), "{table}");
    drop(gates);
}
