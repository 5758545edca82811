//! Audits that follow a drill: one that is interrupted, one that fails, one that is not to be had.

use std::fs;
use std::process::Command;
use std::time::Duration;

use mirrorwatch::recovery::judgement::{Found, Judgement};
use rustix::process::Signal;

use crate::site::{Site, send};

/// Why the one topic is not known, as the report and a judgement of the saved evidence have it, byte for byte.
fn unknown(site: &Site) -> String {
    let report = fs::read(site.out().join("report.json")).unwrap();
    let mut again = Command::new(env!("CARGO_BIN_EXE_mirrorwatch"));
    again.args(["evaluate", "--format", "json"]).arg(site.out());
    let again = again.output().unwrap().stdout;
    assert_eq!(String::from_utf8(again), String::from_utf8(report.clone()));
    let judgement: Judgement = serde_json::from_slice(&report).unwrap();
    match &judgement.audited[0].found {
        Found::Unknown { because } => because.code.clone(),
        found @ Found::Compared(_) => panic!("{found:?}"),
    }
}

#[test]
fn ctrl_c_during_the_audit_of_a_silent_cluster_ends_in_good_order_with_the_evidence_sealed() {
    let site = Site::audited("bootstrap.servers: '127.0.0.1:1'");
    let child = site.start();
    site.wait_for("drill_ended");
    // The evidence is sealed before the audit, and once more with it.
    let sealed = site.out().join("evidence.json");
    for _ in 0..3_000 {
        if sealed.exists() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(sealed.exists());
    std::thread::sleep(Duration::from_millis(500));
    send(&child, Signal::INT);
    let output = child.wait_with_output().unwrap();
    assert_ne!(output.status.code(), Some(0));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("auditing orders -> source.orders"), "{said}");
    site.assert_as_before("an interrupted audit");
    assert_eq!(unknown(&site), "audit_interrupted");
}

#[test]
fn an_audit_that_cannot_be_done_is_told_and_the_evidence_is_judged_all_the_same() {
    let site =
        Site::audited("bootstrap.servers: '127.0.0.1:1', broker.address.family: carrier-pigeon");
    let output = site.start().wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("The audit of `orders` failed"),
        "{said}{complaints}"
    );
    site.assert_as_before("a failed audit");
    assert_eq!(unknown(&site), "audit_failed");
}

#[test]
fn an_audit_that_the_configuration_does_not_have_is_refused_before_anything_is_done() {
    let site = Site::audited("bootstrap.servers: '127.0.0.1:1'");
    fs::remove_file(site.path("mirrorwatch.yml")).unwrap();
    let output = site.start().wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("audit.config") && said.contains("mirrorwatch.yml"),
        "{said}"
    );
    assert!(!site.out().exists());
}
