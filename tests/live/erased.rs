//! Records that MM2 never copies: skipped while they still stand at the source, or taken there by retention before it came to them. It goes on
//! behind them, and both the canary's ledger and the audit say what is to be said.

use std::fs;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

use mirrorwatch::audit::report::{Report, Verdict};
use mirrorwatch::clock;
use mirrorwatch::model::time::Timestamp;
use mirrorwatch_lab::Deed;
use serde_json::{Value, json};

use crate::audit::audit;
use crate::ledger::{FORTH, Ledger, counts, page};
use crate::site::{Site, get, said, wait_until};
use crate::standing::Standing;
use crate::tuned::tuned;

const CANARY: &str = "test-mirrorwatch-canary";
const CONNECTOR: &str = "mirror-source";
/// Records of each partition that are skipped.
const SKIPPED: i64 = 25;
/// For how long nothing is copied: time for more records than are skipped.
const PAUSE: Duration = Duration::from_secs(5);

#[test]
fn records_that_are_never_copied_are_lost_in_their_number_and_no_audit_calls_it_complete() {
    let site = &mut *tuned();
    let usual = site.file("mirrorwatch.yml");
    let config = with_a_short_grace(site);
    let began = clock::wall();
    site.reconfigure(&config);
    await_life_after(site, began);
    let mut skipped = 0;
    loses_what_is_never_copied(site, |site| skipped = skip_records(site));
    let found = audited(site, &[CANARY]);
    assert_eq!(found.verdict, Verdict::Incomplete);
    assert_eq!(found.total.missing, skipped, "{:?}", found.total);
    let from = clock::wall().to_string();
    loses_what_is_never_copied(site, overrun);
    let found = audited(site, &[CANARY, "--from", &from]);
    assert_eq!(
        (found.verdict, found.total.missing),
        (Verdict::Undecided, 0)
    );
    for partition in &found.partitions {
        assert!(partition.begins_below_source_start, "{partition:?}");
    }
    site.reconfigure(&usual);
}

/// Waits until records of the life that began after this instant stand in every partition of the target: what is skipped then is of this life, and
/// not across the gap in the sequences before it.
fn await_life_after(site: &Site, began: Timestamp) {
    let ledger = Ledger::of(&page(&site.lab.description().exporter), FORTH);
    let target = &site.lab.description().clusters["target"].bootstrap;
    // A life's sequences go on from its clock, in microseconds.
    let first = began.as_micros().unsigned_abs();
    wait_until("this life's records arrive", Duration::from_mins(1), || {
        let newest = Standing::read(target, &ledger.remote_topic, &ledger).newest();
        newest.into_values().all(|newest| newest > first)
    });
}

/// The lab's configuration, with a grace that a test can wait for.
fn with_a_short_grace(site: &Site) -> PathBuf {
    let text = fs::read_to_string(site.file("mirrorwatch.yml")).expect("the lab wrote it");
    let pace = "      records_per_second: 10\n";
    assert!(text.contains(pace), "{text}");
    let config = site.file("mirrorwatch-grace.yml");
    let text = text.replace(pace, &format!("{pace}      loss_grace: 5s\n"));
    fs::write(&config, text).expect("the lab's directory is ours");
    config
}

/// Something is done while the connector is stopped; then the ledger has lost exactly what is missing at the target between what came
/// before and what comes after.
fn loses_what_is_never_copied(site: &Site, act: impl FnOnce(&Site)) {
    let exporter = &site.lab.description().exporter;
    let ledger = || Ledger::of(&page(exporter), FORTH);
    let lost = || counts(&page(exporter), "mm2_canary_lost_records_total", FORTH);
    let (before, lost_before) = (ledger(), lost());
    let there = || {
        let target = &site.lab.description().clusters["target"].bootstrap;
        Standing::read(target, &before.remote_topic, &before)
    };
    let earlier = there();
    do_it(
        site,
        &Deed::StopConnector {
            connector: CONNECTOR.to_owned(),
        },
    );
    sleep(PAUSE);
    act(site);
    do_it(
        site,
        &Deed::ResumeConnector {
            connector: CONNECTOR.to_owned(),
        },
    );
    wait_until("the ledger has decided", Duration::from_mins(2), || {
        let all_lose = lost()
            .into_iter()
            .all(|(partition, lost)| lost > lost_before[&partition]);
        all_lose && ledger().overtaken == 0
    });
    let after = ledger();
    let missing = there().holes_after(&earlier);
    assert_eq!(after.lost - before.lost, missing, "{after:?}");
    assert_eq!(after.unowed(), before.unowed(), "{after:?}");
    assert_eq!(after.faults()[1..], before.faults()[1..], "{after:?}");
}

fn do_it(site: &Site, deed: &Deed) {
    site.lab
        .act(deed)
        .unwrap_or_else(|error| panic!("{}: {error}", deed.name()));
}

fn overrun(site: &Site) {
    let topic = Some(CANARY.to_owned());
    do_it(site, &Deed::Overrun { topic });
}

/// The connector's offsets are put further on by hand; how many records that leaves out, settled points among them.
fn skip_records(site: &Site) -> u64 {
    let rest = &site.lab.description().workers[0].rest;
    let offsets = format!("{rest}/connectors/{CONNECTOR}/offsets");
    let told = get(&offsets, "application/json").expect("the worker answers");
    let told: Value = serde_json::from_str(&told).expect("the answer is JSON");
    let all = told["offsets"].as_array().expect("a list").iter();
    let of_canary = all.filter(|one| one["partition"]["topic"] == CANARY);
    let further: Vec<Value> = of_canary
        .map(|one| {
            let copied = one["offset"]["offset"].as_i64().expect("an offset");
            json!({ "partition": one["partition"], "offset": { "offset": copied + SKIPPED } })
        })
        .collect();
    let body = json!({ "offsets": further }).to_string();
    let answer = ureq::patch(&offsets)
        .content_type("application/json")
        .send(body);
    answer.expect("a stopped connector's offsets can be changed");
    further.len() as u64 * SKIPPED.unsigned_abs()
}

fn audited(site: &Site, arguments: &[&str]) -> Report {
    let output = audit(site, &[arguments, &["--format", "json"]].concat());
    let report: Report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", said(&output)));
    let code = match report.verdict {
        Verdict::Complete => 0,
        Verdict::Incomplete => 1,
        Verdict::Undecided => 3,
    };
    assert_eq!(output.status.code(), Some(code));
    report
}
