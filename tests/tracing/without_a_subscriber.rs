//! Reports that no subscriber is there to see.

use std::process::Command;

#[test]
fn a_report_that_no_subscriber_sees_goes_to_standard_error() {
    let played = Command::new(env!("CARGO_BIN_EXE_scenario"))
        .arg("observer_of_events_without_a_subscriber")
        .output()
        .unwrap();
    assert!(played.status.success());
    let stderr = String::from_utf8(played.stderr).unwrap();
    let lines: Vec<_> = stderr.lines().collect();
    let [failed, refused] = lines[..] else {
        panic!("two reports, not {stderr}");
    };
    assert!(failed.starts_with("fire-and-forget: `mail.welcome` ("));
    assert!(failed.contains(") failed: number 1; launched at "));
    assert!(refused.starts_with("fire-and-forget: `mail.refused` ("));
    assert!(refused.contains(") was refused: "));
}
