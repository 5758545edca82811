//! What must be said of a drill beside its numbers: what was unsteady, unseen, interrupted; and its outages one by one.

use super::clocks::{Clock, JUMP};
use super::coverage::Coverage;
use super::judgement::{Outage, Remark};
use super::measures::Setting;
use super::pages::Page;
use super::plan::Plan;
use super::recovery_time::{Frame, Recovery};
use super::remark::{remark, seconds};
use super::scenario::Measure;
use super::scrapes::{Scrapes, is_gap};
use super::sight::{Sight, runs};
use super::spans::{NEVER, Span, clip, union};
use crate::model::time::Timestamp;

/// What the canary's evidence suffers from.
pub(super) fn remarks(setting: &Setting, pages: &[Page], recovery: Recovery) -> Vec<Remark> {
    let frame = &setting.frame;
    let mut said = Vec::new();
    if let Some(by) = setting.jumped {
        said.push(remark(
            "clock_jumped",
            &[("by_ms", (by / 1_000).to_string())],
        ));
    }
    match recovery {
        _ if setting.kept => {}
        Recovery::At {
            latest: None,
            earliest,
        } if earliest >= frame.last_end() => {
            said.push(remark(
                "never_recovered",
                &[("until", setting.exporter.instant(earliest).to_string())],
            ));
        }
        Recovery::At { latest: None, .. } => said.push(remark("recovery_not_proved", &[])),
        Recovery::NoOutage { length, .. } if length > frame.threshold + frame.lateness => {
            said.push(remark(
                "hidden_outage_possible",
                &[("length", seconds(length))],
            ));
        }
        _ => {}
    }
    let from = frame.issued - setting.steady_for;
    let recent: Vec<_> = pages
        .iter()
        .filter(|page| page.through > from)
        .cloned()
        .collect();
    let runs = runs(&recent).len();
    if pages.is_empty() {
        said.push(remark("canary_not_seen", &[]));
    } else if runs > 1 {
        said.push(remark("canary_restarted", &[("runs", runs.to_string())]));
    }
    said
}

/// How long the canary was blind, and where scrapes are missing, in the window.
pub(super) fn missing(
    scrapes: &Scrapes<'_>,
    sights: &[(i32, Sight)],
    frame: &Frame,
    window: (Timestamp, Timestamp),
) -> Vec<Remark> {
    let mut said = Vec::new();
    let holes = sights.iter().flat_map(|(_, sight)| {
        sight
            .holes
            .iter()
            .copied()
            .filter(|hole| hole.start > NEVER)
    });
    let blind = clip(
        &union(holes.collect()),
        Span::new(frame.issued, frame.last_end()),
    );
    if !blind.is_empty() {
        let length: i64 = blind.iter().map(|span| span.length()).sum();
        said.push(remark(
            "canary_blind",
            &[("seconds", seconds(length).trim_end_matches(" s").to_owned())],
        ));
    }
    let gaps = scrapes
        .gaps(window.0.as_micros(), window.1.as_micros())
        .len();
    if gaps > 0 {
        said.push(remark("samples_missing", &[("gaps", gaps.to_string())]));
    }
    said
}

/// Rule: an outage that was one before T_f⁻, or a canary that did not see all of the steady state: not steady before.
pub(super) fn unsteady(sights: &[(i32, Sight)], frame: &Frame, steady_for: i64) -> Option<Remark> {
    let before = Span::new(
        frame.issued - steady_for + frame.epsilon,
        frame.issued - frame.epsilon,
    );
    for (partition, sight) in sights {
        let mut early = sight.bad.iter().filter(|span| span.end > before.start);
        if let Some(outage) = early.find(|span| is_before(span.start, frame)) {
            let at = Timestamp::from_micros(outage.start).to_string();
            return Some(remark(
                "outage_before_fault",
                &[("partition", partition.to_string()), ("at", at)],
            ));
        }
        if sight
            .unknown
            .iter()
            .any(|span| span.within(before).is_some())
        {
            return Some(remark(
                "canary_not_seen_before_fault",
                &[("partition", partition.to_string())],
            ));
        }
    }
    sights.is_empty().then(|| {
        remark(
            "canary_not_seen_before_fault",
            &[("partition", "all".to_owned())],
        )
    })
}

/// By how much a page's instant lies after the end of its scrape, whatever the clocks' error: then the page is of another clock.
pub(super) fn ahead(scrapes: &Scrapes<'_>, pages: &[Page], exporter: Clock) -> Option<i64> {
    let ahead = pages.iter().filter_map(|page| {
        let at = scrapes
            .all
            .binary_search_by_key(&page.at, |scrape| scrape.at);
        let scrape = scrapes.all[at.ok()?];
        let earliest = exporter.instant(page.through).as_micros() - exporter.epsilon;
        Some(earliest - scrape.latest)
    });
    ahead.max().filter(|ahead| *ahead > JUMP)
}

/// Whether an outage was one already before T_f⁻, or may have been.
fn is_before(start: i64, frame: &Frame) -> bool {
    start + frame.threshold < frame.issued + frame.epsilon
}

/// Every outage that touches the window, on the drill host's clock.
pub(super) fn outages(
    sights: &[(i32, Sight)],
    coverage: &Coverage,
    clock: Clock,
    frame: &Frame,
) -> Vec<Outage> {
    let in_window = |start: i64, end: Option<i64>| {
        end.is_none_or(|end| end > frame.issued) && start <= frame.last_end()
    };
    let mut all = Vec::new();
    for (partition, sight) in sights {
        let touching = sight
            .listed
            .iter()
            .filter(|(start, end)| in_window(*start, *end));
        all.extend(touching.map(|(start, end)| Outage {
            partition: *partition,
            task: coverage.owners.get(partition).cloned(),
            start: clock.instant(*start),
            end: end.map(|end| clock.instant(end)),
        }));
    }
    all.sort_by_key(|outage| (outage.start, outage.partition));
    all
}

/// Rule: the scenario can be resolved where the steady state has two scrapes at least and the hold one, and no time limit is as
/// short as D. How often it is scraped must be as the inventory has it, or gaps would not be seen.
pub(super) fn unresolvable(plan: &Plan, scrapes: &Scrapes<'_>, frame: &Frame) -> Option<Remark> {
    let needed = (plan.steady_for / 2).min(plan.hold);
    if scrapes.interval > needed {
        let with = [
            ("interval", seconds(scrapes.interval)),
            ("needed", seconds(needed)),
        ];
        return Some(remark("not_resolvable", &with));
    }
    if let Some(apart) = scrapes
        .usually_apart()
        .filter(|apart| is_gap(scrapes.interval, *apart))
    {
        let with = [
            ("interval", seconds(scrapes.interval)),
            ("seen", seconds(apart)),
        ];
        return Some(remark("scraped_more_often", &with));
    }
    let timed = plan
        .criteria
        .iter()
        .filter(|c| c.criterion.measure == Measure::RecoveryTime);
    let short = timed
        .into_iter()
        .find(|c| c.limit <= frame.threshold + frame.unsure())?;
    let with = [
        ("criterion", short.criterion.id.clone()),
        ("limit", seconds(short.limit)),
        ("threshold", seconds(frame.threshold)),
    ];
    Some(remark("limit_not_resolvable", &with))
}
