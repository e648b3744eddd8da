//! Spans of durable jobs, joined to those that launched them (feature `durable`).

use std::sync::{Mutex, Once};
use std::task::{Context, Poll, Waker};
use std::time::SystemTime;

use fire_and_forget::durable::{
    self, Execution, MOST_TRACE_BYTES, Propagation, Stored, Verdict, collect, propagate,
};
use fire_and_forget::fire_and_forget;
use tracing::{Span, info_span};

use crate::recorded::{Recorded, SpanSeen};

/// Describes a span by its name, and does what the name says.
struct ByName;

impl Propagation for ByName {
    fn describe(&self) -> Option<String> {
        let name = Span::current().metadata()?.name();
        match name {
            "longest" => Some("1".repeat(MOST_TRACE_BYTES)),
            "too long" => Some("1".repeat(MOST_TRACE_BYTES + 1)),
            "panics at the launch" => panic!("deliberate"),
            name => Some(format!("{name:?}")),
        }
    }

    fn open_as_child(&self, description: &str, open: &mut dyn FnMut()) {
        match description {
            r#""never""# => {}
            r#""twice""# => {
                open();
                open();
            }
            r#""panics before""# => panic!("deliberate"),
            r#""panics after""# => {
                open();
                panic!("deliberate");
            }
            name => info_span!("outer").in_scope(|| {
                note(name);
                open();
            }),
        }
    }

    fn link(&self, description: &str) {
        note(description);
        assert_ne!(description, r#""panics""#, "deliberate");
    }
}

/// Descriptions, and the span in which they were read.
static READ: Mutex<Vec<(String, &str)>> = Mutex::new(Vec::new());

fn note(description: &str) {
    let span = Span::current().metadata().unwrap().name();
    READ.lock().unwrap().push((description.to_owned(), span));
}

fn read(of: &str) -> Vec<(String, &'static str)> {
    let read = READ.lock().unwrap();
    read.iter().filter(|it| it.0 == of).cloned().collect()
}

#[fire_and_forget(backend = "durable", name = "followed")]
async fn followed() {}

#[fire_and_forget(backend = "durable", name = "child", trace = "child")]
fn child() {}

#[fire_and_forget(backend = "durable", name = "root", trace = "root")]
fn root() {}

#[fire_and_forget(backend = "durable", name = "off", trace = "off")]
fn off() {}

/// Launches in a span, and says how the span is described in the store.
fn launch(recorded: &Recorded, within: fn() -> Span, code: fn()) -> Option<String> {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| assert!(propagate(ByName)));
    recorded.during(|| {
        let launch = within()
            .in_scope(|| collect(code))
            .next()
            .expect("a launch");
        let launched_in = launch.launched_in().map(str::to_owned);
        launch.stored();
        launched_in
    })
}

/// Runs a job, and returns its span.
fn perform(recorded: &Recorded, function: &str, launched_in: Option<&str>) -> Vec<SpanSeen> {
    let stored = Stored {
        function,
        id: "1",
        queue: "default",
        attempt: 1,
        attempts: 1,
        arguments: b"{}",
        file: "x.rs",
        line: 1,
        launched_in,
        launched_on: SystemTime::now(),
    };
    let before = spans(recorded, function).len();
    let verdict = recorded.during(|| match durable::perform(stored).unwrap().unwrap() {
        Execution::Blocking(body) => body.block(),
        Execution::Async(body) => {
            match Box::pin(body)
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
            {
                Poll::Ready(verdict) => verdict,
                Poll::Pending => panic!("it waits for nothing"),
            }
        }
    });
    assert_eq!(verdict, Verdict::Done);
    spans(recorded, function).split_off(before)
}

fn spans(recorded: &Recorded, function: &str) -> Vec<SpanSeen> {
    let mut spans = recorded.spans(function);
    spans.retain(|span| span.fields["backend"] == "durable worker");
    spans
}

#[test]
fn a_job_is_joined_to_the_span_that_launched_it() {
    let recorded = Recorded::new();
    let description = launch(&recorded, || info_span!("joined"), followed);
    assert_eq!(description.as_deref(), Some(r#""joined""#));
    let [span] = &perform(&recorded, "followed", description.as_deref())[..] else {
        panic!("one span");
    };
    assert!(span.is_closed);
    assert_eq!(span.parent, None);
    // By whoever knows what the description means, in the span of the job.
    assert_eq!(
        read(r#""joined""#),
        [(r#""joined""#.to_owned(), "followed")]
    );
}

#[test]
fn a_child_is_opened_where_its_parent_is() {
    let recorded = Recorded::new();
    let description = launch(&recorded, || info_span!("parent"), child);
    let [span] = &perform(&recorded, "child", description.as_deref())[..] else {
        panic!("one span");
    };
    assert_eq!(span.parent, Some("outer"));
    assert_eq!(read(r#""parent""#), [(r#""parent""#.to_owned(), "outer")]);
}

#[test]
fn what_is_joined_to_nothing_is_not_described() {
    let recorded = Recorded::new();
    for code in [root as fn(), off] {
        assert_eq!(launch(&recorded, || info_span!("nothing"), code), None);
    }
    assert_eq!(launch(&recorded, Span::none, followed), None);
    for function in ["root", "off"] {
        perform(&recorded, function, Some(r#""nothing""#));
    }
    perform(&recorded, "followed", None);
    assert_eq!(read(r#""nothing""#), []);
}

#[test]
fn a_description_has_a_limit_where_it_is_written_and_where_it_is_read() {
    let recorded = Recorded::new();
    assert_eq!(launch(&recorded, || info_span!("too long"), followed), None);
    let longest = launch(&recorded, || info_span!("longest"), followed).unwrap();
    assert_eq!(longest.len(), MOST_TRACE_BYTES);
    let longer = format!("{longest}1");
    for description in [&longest, &longer] {
        for function in ["followed", "child"] {
            assert_eq!(perform(&recorded, function, Some(description)).len(), 1);
        }
    }
    assert_eq!(read(&longest).len(), 2);
    assert_eq!(read(&longer), []);
}

#[test]
fn a_propagation_that_panics_or_forgets_to_open_the_span_harms_nothing() {
    let recorded = Recorded::new();
    let within = || info_span!("panics at the launch");
    assert_eq!(launch(&recorded, within, followed), None);
    let names = ["never", "twice", "panics before", "panics after"];
    for (name, function) in names
        .map(|name| (name, "child"))
        .into_iter()
        .chain([("panics", "followed")])
    {
        let spans = perform(&recorded, function, Some(&format!("{name:?}")));
        assert_eq!(spans.len(), 1, "{name}");
        assert!(spans[0].is_closed, "{name}");
    }
}
