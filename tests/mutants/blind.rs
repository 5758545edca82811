//! The monitor is blind: no scrapes, an exporter that is down, a page that stands still, a canary that cannot read.

use mirrorwatch::promql::{Labels, Sample};

use crate::change::{SECOND, Span, at, is_of_ledger, is_of_scrape, within};
use crate::contradiction::Changed;
use crate::kept::{Drill, Evidence};
use crate::matrix::{Mutant, judged};

/// D: what is longer is told as a blind span.
const THRESHOLD: i64 = SECOND;

/// The evidence in which the canary tells that it was blind on one side.
pub fn listed(evidence: &Evidence, side: &str, span: Span) -> Evidence {
    let is_count = |labels: &Labels| {
        labels.name() == "mm2_canary_blind_spans_total" && labels.get("side") == side
    };
    let told = |at: i64| at >= span.0 + THRESHOLD;
    let mut blind = evidence.values(|labels, at, value| {
        let more = is_count(labels) && told(at);
        value + f64::from(u8::from(more))
    });
    let (count, samples) = evidence
        .series
        .iter()
        .find(|(labels, _)| is_count(labels))
        .unwrap();
    assert!(
        samples.iter().all(|sample| sample.value == 0.0),
        "the canary was blind already"
    );
    for (name, instant, from) in [
        ("start", span.0, span.0 + THRESHOLD),
        ("end", span.1, span.1),
    ] {
        let name = format!("mm2_canary_blind_{name}_timestamp_seconds");
        let others = count.iter().filter(|(label, _)| *label != "__name__");
        let labels = others
            .chain([("__name__", &*name), ("blind", "1")])
            .collect();
        let shown = samples.iter().filter(|sample| at(**sample) >= from);
        let value = instant as f64 / 1e6;
        blind.series.push((
            labels,
            shown.map(|sample| Sample { value, ..*sample }).collect(),
        ));
    }
    blind
}

/// What arrived while the canary could not read is read at the end.
fn read_late(drill: &Drill, span: Span) -> Evidence {
    let held = drill.evidence.ledgers_going_on(span, |_| true);
    let late = held.values(|labels, _, value| {
        let is_end = labels.name() == "mm2_canary_outage_end_timestamp_seconds";
        let end = (value * 1e6) as i64;
        if is_end && within(span, end) {
            span.1 as f64 / 1e6
        } else {
            value
        }
    });
    listed(&late, "target", span)
}

/// Around the instant at which the first partition came back.
fn recovery(drill: &Drill) -> Option<Span> {
    let (_, back) = drill.truth.interruption()?;
    Some((back - 3 * SECOND, back + 5 * SECOND))
}

/// Where in a drill something is hidden, if it has that.
type Where = fn(&Drill) -> Option<Span>;

/// From the zero until after the last partition came back.
fn all(drill: &Drill) -> Option<Span> {
    let back = drill.truth.silences.iter().map(|(_, end)| *end).max()?;
    Some((drill.zero.0, back + 2 * SECOND))
}

fn down(evidence: &Evidence, span: Span) -> Evidence {
    evidence.samples(|labels, sample| {
        if within(span, at(sample)) {
            (labels.name() == "up").then_some(Sample {
                value: 0.0,
                ..sample
            })
        } else {
            Some(sample)
        }
    })
}

fn silent(evidence: &Evidence, span: Span, which: impl Fn(&Labels) -> bool) -> Evidence {
    evidence
        .samples(|labels, sample| (!within(span, at(sample)) || !which(labels)).then_some(sample))
}

fn is_canary(labels: &Labels) -> bool {
    labels.name().starts_with("mm2_canary_")
}

#[test]
fn scrapes_that_are_missing_hide_no_truth() {
    let middle = |drill: &Drill| Some(drill.middle(10 * SECOND));
    let mut mutants = Vec::new();
    let spans: [(&str, Where); 3] = [
        ("in the outage", middle),
        ("over the recovery", recovery),
        ("from zero to recovery", all),
    ];
    for (when, span) in spans {
        mutants.push(Mutant::new(
            format!("no scrapes {when}"),
            Changed::Evidence,
            move |drill| Some(drill.evidence.without(span(drill)?)),
        ));
        mutants.push(Mutant::new(
            format!("exporter down {when}"),
            Changed::Evidence,
            move |drill| Some(down(&drill.evidence, span(drill)?)),
        ));
        let still = move |drill: &Drill| {
            Some(
                drill
                    .evidence
                    .standing_still(span(drill)?, |labels| !is_of_scrape(labels)),
            )
        };
        mutants.push(Mutant::new(
            format!("page stands still {when}"),
            Changed::Evidence,
            still,
        ));
    }
    let tally = judged(&mutants);
    assert!(tally["PASS"] > 30, "{tally:?}");
}

#[test]
fn a_canary_that_is_silent_or_blind_hides_no_truth() {
    let middle = |drill: &Drill| Some(drill.middle(10 * SECOND));
    let spans: [(&str, Where); 3] = [
        ("in the outage", middle),
        ("over the recovery", recovery),
        ("from zero to recovery", all),
    ];
    let mut mutants = Vec::new();
    for (when, span) in spans {
        let gone = move |drill: &Drill| Some(silent(&drill.evidence, span(drill)?, is_canary));
        mutants.push(Mutant::new(
            format!("no canary {when}"),
            Changed::Evidence,
            gone,
        ));
        let partition = move |drill: &Drill| {
            let one = |labels: &Labels| is_of_ledger(labels) && labels.get("partition") == "1";
            Some(silent(&drill.evidence, span(drill)?, one))
        };
        mutants.push(Mutant::new(
            format!("no ledger of a partition {when}"),
            Changed::Evidence,
            partition,
        ));
        mutants.push(Mutant::new(
            format!("source blind {when}"),
            Changed::Evidence,
            move |drill| Some(listed(&drill.evidence, "source", span(drill)?)),
        ));
        mutants.push(Mutant::new(
            format!("target blind {when}"),
            Changed::Evidence,
            move |drill| {
                let span = span(drill)?;
                drill.truth.interruption().map(|_| read_late(drill, span))
            },
        ));
    }
    let tally = judged(&mutants);
    assert!(tally["PASS"] > 40 && tally["open"] > 7, "{tally:?}");
}

#[test]
fn a_monitor_that_goes_blind_for_good_proves_nothing() {
    let forever = |drill: &Drill| (drill.zero.1 + 3 * SECOND, i64::MAX);
    let mutants = [
        Mutant::new("no canary any more", Changed::Proof, move |drill| {
            Some(silent(&drill.evidence, forever(drill), is_canary))
        }),
        Mutant::new("exporter down for good", Changed::Proof, move |drill| {
            Some(down(&drill.evidence, forever(drill)))
        }),
        Mutant::new("page stands still for good", Changed::Proof, move |drill| {
            Some(
                drill
                    .evidence
                    .standing_still(forever(drill), |labels| !is_of_scrape(labels)),
            )
        }),
        Mutant::new("a ledger gone for good", Changed::Proof, move |drill| {
            let one = |labels: &Labels| is_of_ledger(labels) && labels.get("partition") == "2";
            Some(silent(&drill.evidence, forever(drill), one))
        }),
    ];
    judged(&mutants);
}
