//! The fault was not injected: what was seen of the steady state goes on over it.

use mirrorwatch::promql::{Labels, Sample};

use crate::change::{SECOND, Span, at, is_instant, is_of_ledger};
use crate::contradiction::Changed;
use crate::kept::{Drill, Evidence};
use crate::matrix::{Mutant, judged};

/// How much of the steady state is repeated, in scrapes.
const PERIOD: usize = 60;

/// The steady state once more, and again, to the end: instants and counters grow on.
pub fn repeated(drill: &Drill) -> Evidence {
    let scrapes = drill.evidence.scrapes();
    let zero = scrapes.partition_point(|scrape| scrape * 1_000 < drill.zero.0);
    drill.evidence.each(|labels, samples| {
        let shown = |scrape: usize| {
            samples
                .iter()
                .find(|sample| sample.at == scrapes[scrape])
                .map(|sample| sample.value)
        };
        let grown = growth(labels, samples, (shown(zero - 1 - PERIOD), shown(zero - 1)));
        let before = samples.iter().filter(|sample| sample.at < scrapes[zero]);
        let mut all: Vec<_> = before.copied().collect();
        for (number, scrape) in scrapes.iter().enumerate().skip(zero) {
            let times = (number - zero) / PERIOD + 1;
            if let Some(value) = shown(number - times * PERIOD) {
                let value = value + grown * f64::from(u32::try_from(times).unwrap());
                all.push(Sample { at: *scrape, value });
            }
        }
        all
    })
}

/// How much a series grows in the part that is repeated.
fn growth(labels: &Labels, samples: &[Sample], ends: (Option<f64>, Option<f64>)) -> f64 {
    let (Some(first), Some(last)) = ends else {
        return 0.0;
    };
    let seconds = f64::from(u32::try_from(PERIOD).unwrap());
    if is_instant(labels.name()) && (last - first - seconds).abs() < 3.0 {
        return seconds;
    }
    let falls = samples.windows(2).any(|pair| pair[1].value < pair[0].value);
    if falls { 0.0 } else { last - first }
}

/// The canary looks as old as it does in an outage, of which it says itself that it was blind.
fn blinded(drill: &Drill) -> Evidence {
    let span: Span = (drill.zero.1 + SECOND, drill.zero.1 + 11 * SECOND);
    let quiet = repeated(drill).standing_still(span, is_of_ledger);
    crate::blind::listed(&quiet, "target", span)
}

#[test]
fn a_fault_that_was_not_injected_is_invalid() {
    let mutants = [Mutant::new(
        "the steady state goes on",
        Changed::Fault,
        |drill| Some(repeated(drill)),
    )];
    judged(&mutants);
}

#[test]
fn a_fault_that_was_not_injected_never_passes_whatever_the_monitor_does_meanwhile() {
    let middle = |drill: &Drill| (drill.zero.1 + 2 * SECOND, drill.zero.1 + 27 * SECOND);
    let still = move |drill: &Drill| {
        let span = middle(drill);
        Some(repeated(drill).standing_still(span, |labels| !crate::change::is_of_scrape(labels)))
    };
    let silent = move |drill: &Drill| {
        let span = middle(drill);
        let page = |labels: &Labels, sample| {
            crate::change::is_of_scrape(labels) || !crate::change::within(span, at(sample))
        };
        Some(repeated(drill).samples(|labels, sample| page(labels, sample).then_some(sample)))
    };
    let mutants = [
        Mutant::new(
            "no fault, and the canary is blind",
            Changed::Quiet,
            |drill| Some(blinded(drill)),
        ),
        Mutant::new("no fault, and the page stands still", Changed::Quiet, still),
        Mutant::new("no fault, and no scrapes", Changed::Quiet, move |drill| {
            Some(repeated(drill).without(middle(drill)))
        }),
        Mutant::new("no fault, and an empty page", Changed::Quiet, silent),
    ];
    judged(&mutants);
}
