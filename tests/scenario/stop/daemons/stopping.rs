//! `stopping()` and `is_stopping()`, in bodies and outside of them.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use fire_and_forget::{Pool, fire_and_forget, is_stopping, shutdown, stopping};
use waiting::{Gate, PATIENCE, in_time, signal, work_until_stopping};

crate::scenarios!(
    stopping_is_ready_outside_of_bodies,
    stopping_is_ready_in_any_body,
    stopping_that_is_dropped_leaves_no_waker_behind,
    stopping_wakes_the_last_waker_alone,
    stopping_whose_waker_panics,
    stopping_whose_waker_is_stuck_keeps_no_caller,
);

static POOL: Pool = Pool::new("pool").threads(2);

fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(future)
}

/// Nothing has been launched.
fn stopping_is_ready_outside_of_bodies() {
    assert!(!is_stopping());
    let (polled, polls) = signal();
    let waits = waiting::begin(move || {
        let mut stop = pin!(stopping());
        block_on(std::future::poll_fn(|context| {
            let poll = stop.as_mut().poll(context);
            let _ = polled.send(());
            poll
        }));
    });
    polls.receive();
    shutdown(Duration::MAX).wait().unwrap();
    waits.end("it is woken");
    assert!(is_stopping());
    in_time("it is ready at once", || block_on(stopping()));
}

#[fire_and_forget(backend = POOL)]
fn looks(begun: Sender<&'static str>) {
    let _ = begun.send("begun");
    work_until_stopping();
    let _ = begun.send("told");
}

#[fire_and_forget(backend = POOL)]
async fn awaits_on_a_pool(begun: Sender<&'static str>) {
    let _ = begun.send("begun");
    stopping().await;
    let _ = begun.send("told");
}

#[fire_and_forget]
async fn awaits(begun: Sender<&'static str>) {
    let _ = begun.send("begun");
    stopping().await;
    let _ = begun.send("told");
}

fn stopping_is_ready_in_any_body() {
    let (begun, received) = signal();
    looks(begun.clone());
    awaits_on_a_pool(begun.clone());
    awaits(begun);
    assert_eq!(received.receive_many(3), ["begun"; 3]);
    shutdown(Duration::MAX).wait().unwrap();
    assert_eq!(received.so_far(), ["told"; 3]);
}

/// Tells how often it was woken by how often it is held.
struct Counts(Sender<()>);

impl Wake for Counts {
    fn wake(self: Arc<Self>) {
        let _ = self.0.send(());
    }
}

fn stopping_that_is_dropped_leaves_no_waker_behind() {
    let (woken, news) = signal();
    let counted = Arc::new(Counts(woken));
    let waker = Waker::from(counted.clone());
    let mut context = Context::from_waker(&waker);
    for _ in 0..10 {
        let mut many: Vec<_> = (0..100).map(|_| Box::pin(stopping())).collect();
        for stop in &mut many {
            assert!(stop.as_mut().poll(&mut context).is_pending());
        }
        assert!(Arc::strong_count(&counted) > 100);
        // In another order than that in which they came.
        many.swap(3, 50);
        many.truncate(40);
        drop(many);
        assert_eq!(Arc::strong_count(&counted), 2);
    }
    shutdown(PATIENCE).wait().unwrap();
    assert!(news.so_far().is_empty());
}

fn stopping_wakes_the_last_waker_alone() {
    let ((woken, first), (woken_last, last)) = (signal(), signal());
    let [before, after] = [woken, woken_last].map(|it| Waker::from(Arc::new(Counts(it))));
    let mut stop: Pin<Box<dyn Future<Output = ()>>> = Box::pin(stopping());
    for waker in [&before, &after, &after] {
        let mut context = Context::from_waker(waker);
        assert!(stop.as_mut().poll(&mut context).is_pending());
    }
    shutdown(PATIENCE).wait().unwrap();
    last.receive();
    assert!(first.so_far().is_empty() && last.so_far().is_empty());
    let mut context = Context::from_waker(&after);
    assert_eq!(stop.as_mut().poll(&mut context), Poll::Ready(()));
}

struct PanicsAwake;

impl Wake for PanicsAwake {
    fn wake(self: Arc<Self>) {
        panic!("deliberate");
    }
}

/// Pitfall 14: each by itself.
fn stopping_whose_waker_panics() {
    std::panic::set_hook(Box::new(|_| {}));
    let (woken, news) = signal();
    let wakers = [
        Waker::from(Arc::new(PanicsAwake)),
        Waker::from(Arc::new(Counts(woken))),
    ];
    let mut stops = wakers.map(|waker| {
        let mut stop = Box::pin(stopping());
        assert!(
            stop.as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
        stop
    });
    shutdown(PATIENCE).wait().unwrap();
    news.receive();
    let mut context = Context::from_waker(Waker::noop());
    for stop in &mut stops {
        assert!(stop.as_mut().poll(&mut context).is_ready());
    }
}

/// Not even where nothing has been launched.
fn stopping_whose_waker_is_stuck_keeps_no_caller() {
    let gate = Gate::new();
    let waker = gate.waker();
    let mut stop = pin!(stopping());
    assert!(
        stop.as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_pending()
    );
    let wait = shutdown(Duration::from_millis(10));
    gate.reached_by(1);
    wait.wait().unwrap();
    gate.open();
}
