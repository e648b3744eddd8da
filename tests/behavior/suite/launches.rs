//! The call: it returns while the body runs, on any thread and inside bodies, too.

use super::backends::for_each_backend;

macro_rules! suite {
    ($backend:tt, $named:literal, [$($function:tt)+], [$($pass:tt)+]) => {
        use std::sync::atomic::{AtomicUsize, Ordering};
        use std::sync::mpsc::Sender;
        use std::sync::Arc;
        use std::thread::{self, ThreadId};

        use fire_and_forget::fire_and_forget;
        use waiting::{Gate, Pass, begin, signal};

        use crate::recorder::{row, watch};

        #[fire_and_forget(backend = $backend)]
        $($function)+ waits_for_its_caller(pass: Pass, done: Sender<ThreadId>) {
            pass $($pass)+;
            let _ = done.send(thread::current().id());
        }

        #[test]
        fn the_caller_goes_on_while_the_body_runs() {
            let watched = watch!(waits_for_its_caller);
            let _inside = inside();
            let gate = Gate::new();
            let (done, ids) = signal();
            waits_for_its_caller(gate.pass(), done);
            assert_eq!(watched.counts(), row!(launched: 1));
            assert_eq!(watched.counts().in_flight(), 1);
            gate.open();
            assert_ne!(ids.receive(), thread::current().id());
            watched.check(row!(launched: 1, ok: 1), &[]);
            assert_eq!(watched.entry().backend(), $named);
        }

        #[fire_and_forget(backend = $backend)]
        $($function)+ counts_down(from: u32, done: Sender<u32>) {
            if from > 0 {
                counts_down(from - 1, done.clone());
                is_counted(from, done);
            }
        }

        #[fire_and_forget(backend = $backend)]
        $($function)+ is_counted(number: u32, done: Sender<u32>) {
            let _ = done.send(number);
        }

        #[test]
        fn a_body_launches_itself_and_others() {
            let watched = watch!(counts_down);
            let others = watch!(is_counted);
            let _inside = inside();
            let (done, numbers) = signal();
            counts_down(50, done);
            let mut numbers = numbers.receive_many(50);
            numbers.sort_unstable();
            assert!(numbers.into_iter().eq(1..=50));
            watched.wait_until(|counts| counts.launched == 51 && counts.in_flight() == 0);
            watched.check(row!(launched: 51, ok: 51), &[]);
            others.check(row!(launched: 50, ok: 50), &[]);
        }

        #[fire_and_forget(backend = $backend)]
        $($function)+ is_launched_by_many(sum: Arc<AtomicUsize>, number: usize) {
            sum.fetch_add(number, Ordering::Relaxed);
        }

        #[test]
        fn many_threads_launch_at_once() {
            const THREADS: usize = 8;
            const EACH: usize = 100;
            let watched = watch!(is_launched_by_many);
            let sum = Arc::new(AtomicUsize::new(0));
            let callers: Vec<_> = (0..THREADS)
                .map(|_| {
                    let sum = sum.clone();
                    begin(move || {
                        let _inside = inside();
                        for number in 1..=EACH {
                            is_launched_by_many(sum.clone(), number);
                        }
                    })
                })
                .collect();
            for caller in callers {
                caller.end("a caller has launched all of its own");
            }
            let launched = (THREADS * EACH).try_into().unwrap();
            watched.check(row!(launched: launched, ok: launched), &[]);
            assert_eq!(sum.load(Ordering::Relaxed), THREADS * EACH * (EACH + 1) / 2);
        }
    };
}

for_each_backend!(suite);
