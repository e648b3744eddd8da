//! Loom's models of the queue: every interleaving of a few threads and steps.
//!
//! `RUSTFLAGS="--cfg fire_and_forget_loom" cargo test -p fire-and-forget --no-default-features --lib --release`

use loom::sync::Arc;
use loom::thread;

use super::Ring;
use crate::sync::in_each_interleaving;

/// Takes items until there are `count` of them.
fn take(queue: &Ring<u32, ()>, count: usize) -> Vec<u32> {
    let mut taken = Vec::new();
    while taken.len() < count {
        match queue.pop() {
            Some(item) => taken.push(item),
            None => thread::yield_now(),
        }
    }
    taken
}

fn push(queue: &Ring<u32, ()>, item: u32) {
    let mut item = Some(item);
    while !queue.push(&mut item) {
        thread::yield_now();
    }
}

fn model(run: impl Fn() + Sync + Send + 'static) {
    in_each_interleaving(3, run);
}

#[test]
fn items_of_two_producers_arrive_once_each() {
    model(|| {
        let queue = Arc::new(Ring::new(2, ()));
        let producers = [1, 2].map(|item| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || push(&queue, item))
        });
        let mut taken = take(&queue, 2);
        taken.sort_unstable();
        assert_eq!(taken, [1, 2]);
        producers.into_iter().for_each(|it| it.join().unwrap());
        assert!(queue.is_quiet());
    });
}

#[test]
fn items_of_one_producer_keep_their_order_over_the_end_of_a_lap() {
    model(|| {
        let queue = Arc::new(Ring::new(1, ()));
        let producer = thread::spawn({
            let queue = Arc::clone(&queue);
            move || (1..=3).for_each(|item| push(&queue, item))
        });
        assert_eq!(take(&queue, 3), [1, 2, 3]);
        producer.join().unwrap();
    });
}

#[test]
fn two_consumers_never_take_the_same_item() {
    model(|| {
        let queue = Arc::new(Ring::new(2, ()));
        push(&queue, 1);
        push(&queue, 2);
        assert!(!queue.push(&mut Some(3)));
        let consumer = thread::spawn({
            let queue = Arc::clone(&queue);
            move || take(&queue, 1)
        });
        let mut taken = take(&queue, 1);
        taken.extend(consumer.join().unwrap());
        taken.sort_unstable();
        assert_eq!(taken, [1, 2]);
    });
}

#[test]
fn what_is_left_is_dropped_with_the_queue() {
    loom::model(|| {
        let queue = Ring::new(2, ());
        let item = Arc::new(());
        assert!(queue.push(&mut Some(Arc::clone(&item))));
        drop(queue);
        assert_eq!(Arc::strong_count(&item), 1);
    });
}

#[test]
fn items_in_work_take_the_place_of_items_that_wait() {
    model(|| {
        let queue = Arc::new(Ring::new(2, ()));
        queue.allow(2);
        push(&queue, 1);
        let consumer = thread::spawn({
            let queue = Arc::clone(&queue);
            move || {
                let item = queue.take_as_busy().map(super::Occupied::into_item);
                assert_eq!(item, Some(1));
            }
        });
        thread::yield_now();
        // The first item takes one of the two places, whether it waits or is in work.
        assert!(queue.push(&mut Some(2)));
        assert!(!queue.push(&mut Some(3)));
        consumer.join().unwrap();
        assert!(!queue.push(&mut Some(3)));
        assert!(!queue.is_quiet());
        queue.end_busy();
        assert!(queue.push(&mut Some(3)));
        assert!(!queue.push(&mut Some(4)));
        assert_eq!(take(&queue, 2), [2, 3]);
        assert!(queue.is_quiet());
    });
}

#[test]
fn one_who_goes_from_item_to_item_makes_room_with_each() {
    model(|| {
        let queue = Arc::new(Ring::new(2, ()));
        let producer = thread::spawn({
            let queue = Arc::clone(&queue);
            move || (1..=3).for_each(|item| push(&queue, item))
        });
        let mut first = None;
        while first.is_none() {
            first = queue.take_as_busy().map(super::Occupied::into_item);
            thread::yield_now();
        }
        assert_eq!(first, Some(1));
        assert_eq!(take(&queue, 2), [2, 3]);
        producer.join().unwrap();
        assert!(!queue.is_quiet());
        queue.end_busy();
        assert!(queue.is_quiet());
    });
}

#[test]
fn whoever_finds_it_quiet_sees_all_that_was_done() {
    model(|| {
        let queue = Arc::new(Ring::new(2, ()));
        let done = Arc::new(loom::cell::UnsafeCell::new(0));
        push(&queue, 1);
        let consumer = thread::spawn({
            let (queue, done) = (Arc::clone(&queue), Arc::clone(&done));
            move || {
                let item = queue.take_as_busy().map(super::Occupied::into_item);
                assert_eq!(item, Some(1));
                // SAFETY: no thread reads it before the queue is quiet, as the model checks.
                done.with_mut(|done| unsafe { *done = 1 });
                queue.end_busy();
            }
        });
        thread::yield_now();
        if queue.is_quiet() {
            // SAFETY: no thread writes it after the queue is quiet, as the model checks.
            assert_eq!(done.with(|done| unsafe { *done }), 1);
        }
        consumer.join().unwrap();
    });
}

#[test]
fn an_empty_queue_begins_anew_while_items_come() {
    model(|| {
        let queue = Arc::new(Ring::new(3, ()));
        push(&queue, 1);
        let consumer = thread::spawn({
            let queue = Arc::clone(&queue);
            move || {
                let mut taken = Vec::new();
                while taken.len() < 3 {
                    match queue.take_as_busy().map(super::Occupied::into_item) {
                        Some(item) => {
                            taken.push(item);
                            queue.begin_anew();
                            queue.end_busy();
                        }
                        None => thread::yield_now(),
                    }
                }
                assert_eq!(taken, [1, 2, 3]);
            }
        });
        // There are never more items than the queue may hold, so none is refused.
        assert!(queue.push(&mut Some(2)));
        assert!(queue.push(&mut Some(3)));
        consumer.join().unwrap();
        assert!(queue.is_quiet());
    });
}

#[test]
fn a_full_queue_stays_full_when_it_has_begun_anew() {
    model(|| {
        let queue = Arc::new(Ring::new(2, ()));
        push(&queue, 1);
        let consumer = thread::spawn({
            let queue = Arc::clone(&queue);
            move || {
                let item = queue.take_as_busy().map(super::Occupied::into_item);
                assert_eq!(item, Some(1));
                queue.begin_anew();
            }
        });
        // The consumer stays busy with the first item.
        let second = queue.push(&mut Some(2));
        let third = queue.push(&mut Some(3));
        assert_eq!((second, third), (true, false));
        consumer.join().unwrap();
        assert_eq!(take(&queue, 1), [2]);
    });
}

#[test]
fn positions_begin_anew_after_the_last_one() {
    model(|| {
        let queue = Arc::new(Ring::new(3, ()));
        queue.begin_in_the_last_lap();
        let producer = thread::spawn({
            let queue = Arc::clone(&queue);
            move || (1..=4).for_each(|item| push(&queue, item))
        });
        assert_eq!(take(&queue, 4), [1, 2, 3, 4]);
        producer.join().unwrap();
        assert!(queue.is_quiet());
        (5..=7).for_each(|item| push(&queue, item));
        assert!(!queue.push(&mut Some(8)));
        assert_eq!(take(&queue, 3), [5, 6, 7]);
    });
}

/// A queue whose slots have all been used, and are free.
fn deep() -> Arc<Ring<u32, ()>> {
    let queue = Arc::new(Ring::new(4, ()));
    (1..=4).for_each(|item| push(&queue, item));
    assert_eq!(take(&queue, 4), [1, 2, 3, 4]);
    queue
}

#[test]
fn memory_is_given_back_while_items_come_and_none_is_refused() {
    model(|| {
        let queue = deep();
        let worker = thread::spawn({
            let queue = Arc::clone(&queue);
            move || queue.trim()
        });
        for item in 5..=8 {
            assert!(queue.push(&mut Some(item)));
        }
        assert!(!queue.push(&mut Some(9)));
        worker.join().unwrap();
        assert_eq!(take(&queue, 4), [5, 6, 7, 8]);
        assert!(queue.is_quiet());
    });
}

#[test]
fn memory_is_given_back_while_items_come_and_go() {
    model(|| {
        let queue = deep();
        let worker = thread::spawn({
            let queue = Arc::clone(&queue);
            move || {
                queue.trim();
                take(&queue, 2)
            }
        });
        push(&queue, 5);
        push(&queue, 6);
        assert_eq!(worker.join().unwrap(), [5, 6]);
        assert!(queue.is_quiet());
    });
}

#[test]
fn a_queue_is_quiet_while_its_memory_is_given_back() {
    model(|| {
        let queue = deep();
        let worker = thread::spawn({
            let queue = Arc::clone(&queue);
            move || queue.trim()
        });
        assert!(queue.is_quiet());
        push(&queue, 5);
        assert!(!queue.is_quiet());
        worker.join().unwrap();
        assert_eq!(take(&queue, 1), [5]);
    });
}

#[test]
fn a_slot_that_is_being_emptied_keeps_its_memory() {
    model(|| {
        let queue = Arc::new(Ring::new(4, ()));
        (1..=4).for_each(|item| push(&queue, item));
        let consumer = thread::spawn({
            let queue = Arc::clone(&queue);
            move || queue.pop()
        });
        let mut taken = Vec::new();
        while let Some(item) = queue.pop() {
            taken.push(item);
        }
        queue.trim();
        taken.extend(consumer.join().unwrap());
        taken.sort_unstable();
        assert_eq!(taken, [1, 2, 3, 4]);
    });
}

#[test]
fn two_give_memory_back_at_once() {
    model(|| {
        let queue = deep();
        let worker = thread::spawn({
            let queue = Arc::clone(&queue);
            move || queue.trim()
        });
        queue.trim();
        push(&queue, 5);
        worker.join().unwrap();
        assert_eq!(take(&queue, 1), [5]);
        queue.trim();
        assert!(queue.is_quiet() && !queue.keeps_much());
    });
}
