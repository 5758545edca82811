//! The shipped rules, replayed over what a server stored, and the alerts that the server itself stored.

use std::collections::BTreeSet;
use std::process::Command;

use mirrorwatch::model::bound::Bound;
use mirrorwatch::model::time::Timestamp;
use mirrorwatch_lab::Lab;

use super::alarm::in_line;
use super::firing::{STEP, Scrape, Server, Span, millis};
use crate::site::{MIRRORWATCH, said};

const RULES: [&str; 4] = [
    "--rules",
    "rules/mm2.rules.yml",
    "--rules",
    "alerts/mm2.alerts.yml",
];
/// What fires no longer than this may lie between two evaluations of the other one.
const SHORT: f64 = 2.0 * STEP;
/// A server sees a scrape when it is over, and a replay when it began: for one of them it may be an evaluation later.
const APART: f64 = STEP + 0.1;
/// What an alert has been through this long before it fires may decide whether it does: the longest `for` of what a drill fires.
const DECIDED_BY: f64 = 60.0;

/// Every alert that fired in the server between these times fires in the replay at the same times up to one interval of its group; and the other
/// way round. The replay begins where the server did. Each alert is replayed at the instants at which the server evaluated it. Where it did so while it scraped, no sample tells
/// what it saw: a condition that lasts just as long as its `for` fires by one more page or does not.
pub(crate) fn the_replay_fires_what_fired(lab: &Lab, (from, until): (Timestamp, Timestamp)) {
    let server = Server::of(lab);
    let (from, until) = (from.as_seconds(), until.as_seconds());
    let since = server.began(until).expect("it has scraped by then");
    let stored = server.stored(since, until).expect("it answers");
    let fired = stored.iter().filter(|span| span.to >= from);
    assert!(fired.count() > 0, "a drill fires something");
    let phases = server.phases(since, until).expect("it answers");
    let scrapes = server.scrapes(since, until).expect("it answers");
    let all: BTreeSet<i64> = phases.values().copied().collect();
    for phase in all {
        let is_due = |span: &&Span| {
            let name = &span.labels["alertname"];
            // What was never active there must not fire at any instant.
            span.to >= from && phases.get(name).is_none_or(|of_it| *of_it == phase)
        };
        let first = millis(since) + (phase - millis(since)).rem_euclid(millis(STEP));
        let replayed = replayed(&server, first, until);
        let replayed: Vec<&Span> = replayed.iter().filter(is_due).collect();
        let stored: Vec<&Span> = stored.iter().filter(is_due).collect();
        let told = |span: &&Span| !is_open(span, &scrapes, until);
        all_are_in("the replay", &stored, &replayed, until, told);
        all_are_in("the server", &replayed, &stored, until, told);
    }
}

fn all_are_in(
    who: &str,
    spans: &[&Span],
    others: &[&Span],
    until: f64,
    told: impl Fn(&&Span) -> bool,
) {
    for span in spans {
        let is_there = others.iter().any(|other| are_one(span, other, until));
        assert!(
            is_there || span.to - span.from <= SHORT || !told(span),
            "{who} lacks {}",
            listed(&[&[*span], others].concat())
        );
    }
}

/// Whether the server may have seen other samples than a replay does, when the alert was evaluated.
fn is_open(span: &Span, scrapes: &[Scrape], until: f64) -> bool {
    let evaluated = |number: u32| span.from - DECIDED_BY + f64::from(number) * STEP;
    let last = span.to.min(until) + STEP;
    let mut all = (0..).map(evaluated).take_while(|at| *at <= last);
    all.any(|at| scrapes.iter().any(|scrape| scrape.is_under_way(at)))
}

fn are_one(a: &Span, b: &Span, until: f64) -> bool {
    let near = |a: f64, b: f64| (a.min(until - STEP) - b.min(until - STEP)).abs() <= APART;
    a.labels == b.labels && near(a.from, b.from) && near(a.to, b.to)
}

fn listed(spans: &[&Span]) -> String {
    let lines = spans.iter().map(|span| {
        let name = span.labels.get("alertname").map_or("", String::as_str);
        format!(
            "\n{} {} {name} {}",
            span.from,
            span.to,
            in_line(&span.labels)
        )
    });
    lines.collect()
}

fn replayed(server: &Server, from: i64, until: f64) -> Vec<Span> {
    let from = Timestamp::from_millis(from).as_seconds();
    let output = Command::new(MIRRORWATCH)
        .args(["replay", server.url()])
        .args(RULES)
        .args(["--from", &from.to_string(), "--to", &until.to_string()])
        .output()
        .expect("mirrorwatch runs");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", said(&output));
    assert!(!told.contains(" failed "), "{told}");
    let mut spans: Vec<Span> = Vec::new();
    for line in told.lines() {
        let (at, word, labels) = understood(line).unwrap_or_else(|| panic!("{line}"));
        let open = spans
            .iter_mut()
            .find(|span| span.labels == labels && span.to.is_infinite());
        match (word, open) {
            ("fires", None) => spans.push(Span {
                labels,
                from: at,
                to: f64::INFINITY,
            }),
            // The last evaluation at which it fired is the one before.
            ("over", Some(span)) => span.to = at - STEP,
            ("pending" | "over", _) => {}
            _ => panic!("{line}"),
        }
    }
    spans
}

/// `2026-11-23T10:08:53.643000Z fires   Name {label="value", …}`
fn understood(line: &str) -> Option<(f64, &str, super::alarm::Labels)> {
    let (at, rest) = line.split_once(' ')?;
    let (word, rest) = rest.split_once(' ')?;
    let (name, rest) = rest.trim_start().split_once(' ')?;
    let pairs = rest.strip_prefix('{')?.strip_suffix('}')?;
    let pairs = pairs.split(", ").filter(|pair| !pair.is_empty());
    let label = |pair: &str| {
        let (label, value) = pair.split_once('=')?;
        Some((label.to_owned(), value.trim_matches('"').to_owned()))
    };
    let mut labels: super::alarm::Labels = pairs.map(label).collect::<Option<_>>()?;
    labels.insert("alertname".to_owned(), name.to_owned());
    let Ok(Bound::At(at)) = at.parse() else {
        return None;
    };
    Some((at.as_seconds(), word, labels))
}

#[test]
fn an_alert_is_open_where_it_was_evaluated_during_a_scrape_from_a_minute_before_it_fired() {
    let span = Span {
        labels: super::alarm::Labels::new(),
        from: 100.0,
        to: 110.0,
    };
    let with = |at: f64| is_open(&span, &[Scrape::new(at, at + 0.5)], 1_000.0);
    assert!([39.9, 70.0, 109.9, 115.0].into_iter().all(with));
    assert!(![33.9, 71.0, 111.0, 120.0].into_iter().any(with));
}

#[test]
fn a_line_of_the_replay_is_understood() {
    let line = r#"1970-01-01T00:00:08.500000Z fires   A {job="j", worker="h:1"}"#;
    let (at, word, labels) = understood(line).expect("it is one");
    assert!((at - 8.5).abs() < 1e-9);
    assert_eq!(word, "fires");
    let pairs: Vec<_> = labels.iter().map(|(n, v)| format!("{n}={v}")).collect();
    assert_eq!(pairs, ["alertname=A", "job=j", "worker=h:1"]);
}
