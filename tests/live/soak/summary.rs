//! A run on one screen.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use mirrorwatch_lab::Lab;

use super::crowd::{Peer, SCRAPERS};
use super::found::Found;
use super::judge::{Check, Ruling, SURE, whole_life};
use super::samples::Sample;
use super::spans::Span;

const MB: f64 = 1e6;

/// The whole summary, ready to be printed.
pub(super) fn of(found: &Found, lab: &Lab) -> String {
    let mut text = String::new();
    let mut row = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:<14}{value}");
    };
    let (seconds, kafka) = (found.span.length(), &lab.description().kafka);
    row(
        "run",
        &format!("{seconds:.0} s, seed {}, Kafka {kafka}", found.seed),
    );
    for (number, (name, times)) in by_kind(found).into_iter().enumerate() {
        let head = if number == 0 { "faults" } else { "" };
        row(head, &format!("{times:>3} × {name}"));
    }
    row("outages", &outages(found));
    row("blind", &together(&found.seen().blind));
    row("losses", &losses(found));
    let life = whole_life(&found.samples);
    for (number, line) in of_life(&life, found.lives.0.len()).iter().enumerate() {
        row(if number == 0 { "longest life" } else { "" }, line);
    }
    row("log", &format!("{} lines", found.logged.lines));
    row("scrapes", &scrapes(found, Peer::Exporter));
    row("questions", &scrapes(found, Peer::Prometheus));
    row("load average", &load(&found.samples));
    for check in found.checks() {
        let (word, why) = told(&check);
        row(word, &format!("{}: {why}", check.what));
    }
    text
}

fn by_kind(found: &Found) -> BTreeMap<&'static str, usize> {
    let mut kinds = BTreeMap::new();
    for made in &found.made {
        *kinds.entry(made.fault.name()).or_default() += 1;
    }
    kinds
}

fn outages(found: &Found) -> String {
    let seen = found.seen();
    let long = |all: &BTreeMap<String, Vec<Span>>| {
        let spans = all.values().flatten();
        spans.filter(|span| span.length() >= SURE).count()
    };
    let (told, of_watcher) = (long(&seen.outages), long(&seen.silences));
    let longest = seen.silences.values().flatten().map(|span| span.length());
    let longest = longest.fold(0.0, f64::max);
    format!(
        "of {SURE} s and longer in a partition: told {told}, seen {of_watcher} (longest {longest:.1} s)"
    )
}

fn together(blind: &[Span]) -> String {
    let seconds: f64 = blind.iter().map(|span| span.length()).sum();
    format!("{} spans, {seconds:.0} s", blind.len())
}

fn losses(found: &Found) -> String {
    let losses = &found.losses;
    format!(
        "canary: told {}, missing {}; load: missing {}",
        losses.told - losses.told_and_came,
        losses.missing,
        found.load_lost
    )
}

fn of_life(life: &[Sample], lives: usize) -> Vec<String> {
    let (Some(first), Some(last)) = (life.first(), life.last()) else {
        return vec!["none".to_owned()];
    };
    let half = life[life.len() / 2];
    let most = |of: fn(&Sample) -> f64| life.iter().map(of).fold(0.0, f64::max);
    let seconds = last.at - first.at;
    vec![
        format!("{seconds:.0} s, the {}. of {lives}", first.life + 1),
        format!(
            "memory at start {:.1}, half {:.1}, end {:.1}, most {:.1} MB",
            first.resident / MB,
            half.resident / MB,
            last.resident / MB,
            most(|one| one.resident) / MB
        ),
        format!(
            "descriptors at start {}, half {}, end {}, most {}",
            first.descriptors,
            half.descriptors,
            last.descriptors,
            most(|one| one.descriptors)
        ),
        format!(
            "threads at start {}, half {}, end {}, most {}",
            first.threads,
            half.threads,
            last.threads,
            most(|one| one.threads)
        ),
    ]
}

fn scrapes(found: &Found, peer: Peer) -> String {
    let answered = found.answered(peer);
    format!(
        "{SCRAPERS} scrapers, {} answers, slowest {:.3} s, {} failed, {} while it was gone",
        answered.answers,
        answered.slowest.as_secs_f64(),
        answered.failed.len(),
        answered.excused
    )
}

fn load(samples: &[Sample]) -> String {
    let of = |from: f64, choose: fn(f64, f64) -> f64| {
        let each = samples.iter().map(|sample| sample.load);
        each.fold(from, choose)
    };
    format!("{} to {}", of(f64::INFINITY, f64::min), of(0.0, f64::max))
}

fn told(check: &Check) -> (&'static str, &str) {
    match &check.ruling {
        Ruling::Held(why) => ("held", why),
        Ruling::Broken(why) => ("BROKEN", why),
        Ruling::NotJudged(why) => ("NOT JUDGED", why),
    }
}
