//! Audits on a real lab: what a copier did to a users' topic in known number, and what MM2 did when a worker was killed.

mod going_on;

use std::process::{Command, Output};
use std::thread::sleep;
use std::time::Duration;

use mirrorwatch::audit::report::{Report, Verdict};
use mirrorwatch_lab::Deed;
use mirrorwatch_lab::truth::Window;

use crate::hop;
use crate::site::{MIRRORWATCH, Site, said};
use crate::tuned::tuned;

/// Runs an audit on the lab.
pub(crate) fn audit(site: &Site, arguments: &[&str]) -> Output {
    command(site, arguments).output().expect("mirrorwatch runs")
}

fn command(site: &Site, arguments: &[&str]) -> Command {
    let mut command = Command::new(MIRRORWATCH);
    command.arg("audit").args(arguments).arg("--config");
    command.arg(site.file("mirrorwatch.yml"));
    command
}

/// Its report as JSON, and its exit code.
fn report(site: &Site, arguments: &[&str]) -> (Report, Option<i32>) {
    let output = audit(site, &[arguments, &["--format", "json"]].concat());
    let report = serde_json::from_slice(&output.stdout);
    let report = report.unwrap_or_else(|error| panic!("{error}: {}", said(&output)));
    (report, output.status.code())
}

/// All that MM2 ever copied of the load is compared, and the lab's own consumer has seen as many duplicates.
pub(crate) fn agrees_with_the_lab(site: &Site) {
    site.lab.act(&Deed::PauseLoad).expect("the load pauses");
    sleep(Duration::from_secs(2));
    let now = mirrorwatch::clock::wall().as_micros();
    let window = Window {
        from_us: 0,
        to_us: now,
    };
    let truth = site
        .lab
        .truth(window, Duration::from_secs(1))
        .expect("the lab notes the truth");
    let (report, code) = report(site, &["test-orders"]);
    site.lab.act(&Deed::ResumeLoad).expect("the load goes on");
    assert_eq!(
        (report.verdict, code),
        (Verdict::Complete, Some(0)),
        "{:?}",
        report.total
    );
    assert_eq!(truth.lost, 0);
    assert!(truth.duplicates > 0, "the kill was felt");
    assert_eq!(report.total.duplicate, truth.duplicates);
    let arrived: u64 = truth
        .partitions
        .iter()
        .map(|partition| partition.arrived)
        .sum();
    assert_eq!(report.total.matched, arrived);
}

#[test]
fn what_a_copier_did_to_a_users_topic_is_reported_in_its_number() {
    let site = &tuned();
    let description = site.lab.description();
    let cluster = |alias: &str| description.clusters[alias].bootstrap.as_str();
    let did = hop::copy(cluster("source"), cluster("target"));
    let ends = [hop::TOPIC, "--remote-topic", hop::REMOTE, "--settle", "2s"];
    let (found, code) = report(site, &ends);
    let total = &found.total;
    let counted = [
        total.missing,
        total.duplicate,
        total.reordered,
        total.changed,
        total.unexpected,
        total.undecided.total(),
    ];
    assert_eq!(counted, did.in_order(), "{total:?}");
    assert_eq!((found.verdict, code), (Verdict::Incomplete, Some(1)));
    assert_eq!(total.changed_in.headers, did.changed);
    // Judged by a window that ends before the first fault, all is there.
    let clean = format!("0:0-{},1:0-{}", hop::CLEAN, hop::CLEAN);
    let (found, code) = report(site, &[&ends[..], &["--offsets", &clean]].concat());
    assert_eq!(
        (found.verdict, code, found.total.matched),
        (Verdict::Complete, Some(0), 2 * hop::CLEAN)
    );
    let wrong = audit(site, &["no-such-topic"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(
        said(&wrong).contains("source cluster: there is no topic `no-such-topic`"),
        "{}",
        said(&wrong)
    );
}
