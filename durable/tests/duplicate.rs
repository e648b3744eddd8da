//! Two functions of one name in one program: `open` fails, and names both places.

use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "durable", name = "twice")]
fn one() {}

#[fire_and_forget(backend = "durable", name = "twice")]
fn other() {}

#[tokio::test]
async fn two_functions_of_one_name_are_refused() {
    // They are linked in, called or not.
    let _ = [one, other];
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("jobs.db").display());
    let error = fire_and_forget_durable::open(&url)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("two durable functions are called `twice`, at "),
        "{error}"
    );
    assert_eq!(error.matches("tests/duplicate.rs:").count(), 2, "{error}");
}
