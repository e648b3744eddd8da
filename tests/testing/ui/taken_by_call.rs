use fire_and_forget::{fire_and_forget, testing};

#[fire_and_forget]
fn submit(job: impl FnOnce() + Send + 'static) {
    job();
}

fn main() {
    let launches = testing::capture();
    submit(|| ());
    let jobs = launches.take(testing::by_call(|| submit(|| ())));
    assert_eq!(jobs.len(), 1);
}
