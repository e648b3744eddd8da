//! Every form of function is asked for by itself.

use std::fmt::Display;
use std::pin::Pin;
use std::sync::Arc;

use fire_and_forget::{Backend, Executor, Pool, Task, fire_and_forget, testing};
use testing_elsewhere::{Notify, Pager, index, store};

use ::testing as testing_elsewhere;

use crate::panic_of;

#[test]
fn functions_of_another_crate() {
    let launches = testing::capture();
    index("a".into());
    store(1_u8);
    store("text");
    assert_eq!(launches.take(index), [("a".to_owned(),)]);
    assert_eq!(launches.take(store::<&'static str>), [("text",)]);
    assert_eq!(launches.count(store::<u8>), 1);
    assert_eq!(launches.count(store::<u16>), 0);
}

#[test]
fn methods_of_traits_wherever_their_impl_is() {
    let launches = testing::capture();
    Pager(1_u8).notify("one".into());
    Pager("two").notify("two".into());
    Pager(()).alert(3);
    let none: Vec<Box<dyn Fn(u8) -> u16 + Send>> = Vec::new();
    none.notify("four".into());
    assert_eq!(
        launches.take(Pager::<u8>::notify),
        [(Pager(1), "one".to_owned())]
    );
    assert_eq!(
        launches.take(<Pager<&'static str> as Notify>::notify),
        [(Pager("two"), "two".to_owned())]
    );
    assert_eq!(launches.take(Pager::<()>::alert), [(Pager(()), 3)]);
    assert_eq!(
        launches.count(<Vec<Box<dyn Fn(u8) -> u16 + Send>> as Notify>::notify),
        1
    );
}

#[test]
fn associated_functions_wherever_their_impl_is() {
    let launches = testing::capture();
    Pager::<u64>::ring(3);
    assert_eq!(launches.take(Pager::<u64>::ring), [(3,)]);
}

#[derive(Debug, Clone, PartialEq)]
struct Mailer(&'static str);

impl Mailer {
    #[fire_and_forget]
    fn by_value(self, to: String) {
        drop(to);
    }

    #[fire_and_forget]
    fn shared(self: Arc<Self>, to: String) {
        drop(to);
    }

    #[fire_and_forget]
    fn boxed(self: Box<Self>) {}

    #[fire_and_forget]
    async fn pinned(self: Pin<Arc<Self>>, number: u8) {
        let _ = number;
    }

    #[fire_and_forget]
    fn forever(&'static self) {}
}

#[test]
fn methods_of_every_receiver() {
    static FOREVER: Mailer = Mailer("forever");
    let launches = testing::capture();
    let mailer = Mailer("smtp");
    mailer.clone().by_value("a".into());
    Arc::new(mailer.clone()).shared("b".into());
    Box::new(mailer.clone()).boxed();
    Arc::pin(mailer.clone()).pinned(4);
    FOREVER.forever();
    assert_eq!(
        launches.take(Mailer::by_value),
        [(mailer.clone(), "a".to_owned())]
    );
    assert_eq!(
        launches.take(Mailer::shared),
        [(Arc::new(mailer.clone()), "b".to_owned())]
    );
    assert_eq!(launches.take(Mailer::boxed), [(Box::new(mailer.clone()),)]);
    assert_eq!(launches.take(Mailer::pinned), [(Arc::pin(mailer), 4)]);
    assert_eq!(launches.take(Mailer::forever), [(&FOREVER,)]);
    launches.assert_empty();
}

trait Job: Send + 'static {
    fn work(self: Box<Self>, load: u8);
}

impl Job for Mailer {
    #[fire_and_forget]
    fn work(self: Box<Self>, load: u8) {
        let _ = load;
    }
}

#[test]
fn a_call_through_a_trait_object_is_one_of_the_type_behind_it() {
    let launches = testing::capture();
    let job: Box<dyn Job> = Box::new(Mailer("smtp"));
    job.work(7);
    let message = panic_of(|| launches.take(<dyn Job>::work));
    assert!(message.contains("a method of a trait object"), "{message}");
    let message = panic_of(|| launches.take(<dyn Job + Sync>::work));
    assert!(message.contains("a method of a trait object"), "{message}");
    assert_eq!(
        launches.take(<Mailer as Job>::work),
        [(Box::new(Mailer("smtp")), 7)]
    );
}

#[test]
fn a_call_through_a_function_pointer_is_one_of_the_function() {
    let launches = testing::capture();
    let pointer: fn(String) = index;
    pointer("a".into());
    assert_eq!(launches.count(index), 1);
}

#[fire_and_forget]
fn same<T: Send + 'static, const N: usize>(values: [T; N]) {
    drop(values);
}

#[test]
fn instances_of_a_generic_function_are_told_apart() {
    let launches = testing::capture();
    same([1_u8, 2]);
    same([1_u8]);
    same(["a"]);
    assert_eq!(launches.take(same::<u8, 2>), [([1, 2],)]);
    assert_eq!(launches.take(same::<&str, 1>), [(["a"],)]);
    assert_eq!(launches.take(same::<_, 1>), [([1_u8],)]);
}

#[test]
fn instances_for_types_of_many_words() {
    type Translate = Box<dyn for<'a> Fn(&'a str) -> &'a str + Send>;
    type Parse = fn(&str) -> <Vec<u8> as IntoIterator>::Item;

    let launches = testing::capture();
    let translate: Translate = Box::new(|text| text);
    let parse: Parse = |text| text.as_bytes()[0];
    store(translate);
    store(parse);
    Pager(parse).notify("parse".into());
    assert_eq!(launches.count(store::<Translate>), 1);
    assert_eq!(launches.count(store::<Parse>), 1);
    assert_eq!(launches.count(Pager::<Parse>::notify), 1);
    assert_eq!(launches.count(Pager::<fn(&str) -> u16>::notify), 0);
}

#[test]
fn methods_in_an_impl_in_an_unnamed_constant() {
    struct Local;

    const _: () = {
        impl Local {
            #[fire_and_forget]
            fn inherent(self) {}
        }

        impl Notify for Local {
            #[fire_and_forget]
            fn notify(self, text: String) {
                drop(text);
            }
        }
    };

    let launches = testing::capture();
    Local.inherent();
    Local.notify("a".into());
    assert_eq!(launches.count(Local::inherent), 1);
    assert_eq!(launches.count(Local::notify), 1);
}

#[fire_and_forget]
fn print(what: impl Display + Send + 'static) {
    println!("{what}");
}

#[test]
fn an_instance_of_an_impl_trait_is_meant_by_the_expected_arguments() {
    let launches = testing::capture();
    print("text");
    print(7_u8);
    let texts: Vec<(&str,)> = launches.take(print);
    assert_eq!(texts, [("text",)]);
    assert_eq!(launches.take::<_, (u8,)>(print), [(7,)]);
}

#[fire_and_forget(backend = "thread")]
async fn on_a_thread(number: u8) {
    let _ = number;
}

#[fire_and_forget(backend = "tokio")]
fn in_a_runtime(number: u8) {
    let _ = number;
}

#[fire_and_forget(on_full = "reject")]
async fn rejecting(number: u8, text: String) -> Result<(), String> {
    let _ = number;
    Err(text)
}

struct Inline;

static INLINE: Inline = Inline;

impl Backend for Inline {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        Err(task)
    }

    fn name(&self) -> &'static str {
        "inline"
    }
}

impl Executor for Inline {
    fn spawn(&'static self, future: impl Future<Output = ()> + Send + 'static) {
        drop(future);
    }
}

#[fire_and_forget(backend = INLINE)]
async fn on_an_executor(number: u8) {
    let _ = number;
}

#[fire_and_forget(backend = INLINE, on_full = "reject")]
async fn rejecting_on_an_executor(number: u8) {
    let _ = number;
}

static POOL: Pool = Pool::new("captured");

#[fire_and_forget(backend = POOL)]
async fn on_a_pool(number: u8) {
    let _ = number;
}

#[test]
fn functions_of_every_backend_and_policy() {
    let launches = testing::capture();
    on_an_executor(4);
    rejecting_on_an_executor(5).expect("captured");
    on_a_pool(6);
    assert_eq!(launches.take(on_an_executor), [(4,)]);
    assert_eq!(launches.take(rejecting_on_an_executor), [(5,)]);
    assert_eq!(launches.take(on_a_pool), [(6,)]);
    on_a_thread(1);
    in_a_runtime(2);
    rejecting(3, "three".into()).expect("captured");
    assert_eq!(launches.take(on_a_thread), [(1,)]);
    assert_eq!(launches.take(in_a_runtime), [(2,)]);
    assert_eq!(launches.take(rejecting), [(3, "three".to_owned())]);
}

#[fire_and_forget]
fn patterns((left, right): (u8, u8), [first, ..]: [u8; 3], mut last: String, _: bool) {
    last.push(char::from(left + right + first));
}

#[test]
fn arguments_behind_patterns_come_whole() {
    let launches = testing::capture();
    patterns((1, 2), [3, 4, 5], "six".into(), true);
    assert_eq!(
        launches.take(patterns),
        [((1, 2), [3, 4, 5], "six".to_owned(), true)]
    );
}

#[fire_and_forget]
fn conditional(
    first: u8,
    #[cfg(feature = "extra")] second: u16,
    #[cfg(not(feature = "extra"))] second: String,
    #[cfg(any())] never: Nothing,
    third: bool,
) {
    let _ = (first, second, third);
}

#[cfg(not(feature = "extra"))]
#[test]
fn conditional_parameters_are_those_that_are_there() {
    let launches = testing::capture();
    conditional(1, "two".into(), true);
    assert_eq!(launches.take(conditional), [(1, "two".to_owned(), true)]);
}

#[cfg(feature = "extra")]
#[test]
fn conditional_parameters_are_those_that_are_there() {
    let launches = testing::capture();
    conditional(1, 2, true);
    assert_eq!(launches.take(conditional), [(1, 2, true)]);
}

#[fire_and_forget]
#[expect(clippy::too_many_arguments, clippy::many_single_char_names)]
fn twelve(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8, i: u8, j: u8, k: u8, l: u8) {
    let _ = (a, b, c, d, e, f, g, h, i, j, k, l);
}

#[test]
fn twelve_arguments() {
    let launches = testing::capture();
    twelve(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
    let taken = launches.take(twelve);
    assert_eq!(taken.len(), 1);
    assert_eq!((taken[0].0, taken[0].11), (1, 12));
}

#[test]
fn a_function_within_a_function_or_a_closure() {
    #[fire_and_forget]
    fn local(number: u8) {
        let _ = number;
    }

    let launches = testing::capture();
    local(1);
    let in_a_closure = || {
        #[fire_and_forget]
        fn local(number: u8) {
            let _ = number;
        }

        local(2);
        testing::capture().count(local);
        launches.take(local)
    };
    assert_eq!(in_a_closure(), [(2,)]);
    assert_eq!(launches.take(local), [(1,)]);
}

#[test]
fn functions_under_another_attribute() {
    #[tracing::instrument]
    #[fire_and_forget]
    fn above(number: u8) {
        let _ = number;
    }

    #[fire_and_forget]
    #[tracing::instrument]
    async fn below(number: u8) {
        let _ = number;
    }

    let launches = testing::capture();
    above(1);
    below(2);
    assert_eq!(launches.take(above), [(1,)]);
    assert_eq!(launches.take(below), [(2,)]);
}

#[test]
fn functions_without_parameters() {
    #[fire_and_forget]
    fn nothing() {}

    let launches = testing::capture();
    nothing();
    nothing();
    assert_eq!(launches.take(nothing), [(), ()]);
}

#[test]
fn a_raw_identifier() {
    #[fire_and_forget]
    fn r#match(r#type: u8) {
        let _ = r#type;
    }

    let launches = testing::capture();
    r#match(1);
    assert_eq!(launches.take(r#match), [(1,)]);
}

#[test]
fn functions_that_only_differ_in_their_block_are_named() {
    let launches = testing::capture();
    {
        #[fire_and_forget]
        fn twin(number: u8) {
            let _ = number;
        }
        twin(1);
    }
    let message = {
        #[fire_and_forget]
        fn twin(number: u8) {
            let _ = number;
        }
        twin(2);
        panic_of(|| launches.take(twin))
    };
    assert!(message.starts_with("two functions are called"), "{message}");
}

#[test]
fn a_function_pointer_does_not_say_which_function_is_meant() {
    let launches = testing::capture();
    index("a".into());
    let pointer: fn(String) = index;
    let message = panic_of(|| launches.take(pointer));
    assert!(
        message.contains("closure or a function pointer"),
        "{message}"
    );
    let message = panic_of(|| launches.count(|text: String| index(text)));
    assert!(
        message.contains("closure or a function pointer"),
        "{message}"
    );
    assert_eq!(launches.len(), 1);
}
