//! Every outage told, and none that was not: the silences that the lab's own watcher saw, against outages and blind spans that pages told.
//!
//! The watcher is another consumer than the canary's: what one calls a second the other may call a little more or less. So what is longer than
//! D by the margin must be matched, and may be by what is shorter than D by the margin.

use std::collections::BTreeMap;

use super::Ruling;
use crate::soak::spans::{Span, longest_left};

/// D, and what the two consumers may differ by.
const THRESHOLD: f64 = 1.0;
const MARGIN: f64 = 0.3;
/// What is longer than this is an outage for both.
pub(crate) const SURE: f64 = THRESHOLD + MARGIN;
/// What is shorter than this is one for neither.
pub(crate) const SHORTEST: f64 = THRESHOLD - MARGIN;
/// How many are told of what is wrong.
const SHOWN: usize = 5;

type ByPartition = BTreeMap<String, Vec<Span>>;

/// Both sides of the question.
pub(crate) struct Seen {
    /// Silences of the watcher longer than D less the margin.
    pub(crate) silences: ByPartition,
    /// Outages that pages told.
    pub(crate) outages: ByPartition,
    /// When pages told that the canary could not see one side or the other.
    pub(crate) blind: Vec<Span>,
}

/// Of each long silence no long piece lies outside the outages of its partition and the blind spans.
pub(crate) fn all_told(seen: &Seen) -> Ruling {
    let silences = long(&seen.silences);
    if silences.is_empty() {
        return Ruling::NotJudged("the watcher saw no outage".to_owned());
    }
    let untold = unmatched(&silences, &seen.outages, &seen.blind);
    let all = silences.len();
    ruling(&untold, all, "the watcher saw and no page told")
}

/// The same the other way round.
pub(crate) fn none_invented(seen: &Seen) -> Ruling {
    let outages = long(&seen.outages);
    if outages.is_empty() {
        return Ruling::NotJudged("no page told an outage".to_owned());
    }
    let unseen = unmatched(&outages, &seen.silences, &seen.blind);
    let all = outages.len();
    ruling(&unseen, all, "pages told and the watcher did not see")
}

/// All that last for longer than both can doubt.
fn long(all: &ByPartition) -> Vec<(&String, Span)> {
    let each = all.iter();
    let each = each.flat_map(|(partition, spans)| spans.iter().map(move |span| (partition, *span)));
    each.filter(|(_, span)| span.length() >= SURE).collect()
}

fn unmatched<'a>(
    spans: &[(&'a String, Span)],
    by: &ByPartition,
    blind: &[Span],
) -> Vec<(&'a String, Span, f64)> {
    let left = spans.iter().map(|&(partition, span)| {
        let by = by.get(partition).into_iter().flatten().chain(blind);
        (partition, span, longest_left(span, by.copied()))
    });
    left.filter(|(_, _, left)| *left >= SURE).collect()
}

fn ruling(wrong: &[(&String, Span, f64)], all: usize, what: &str) -> Ruling {
    let shown = wrong.iter().take(SHOWN).map(|(partition, span, left)| {
        let (length, from) = (span.length(), span.from);
        format!("{left:.1} s of {length:.1} s in partition {partition} from {from:.1}")
    });
    let shown: Vec<String> = shown.collect();
    if shown.is_empty() {
        return Ruling::Held(format!("all {all} matched"));
    }
    let (wrong, shown) = (wrong.len(), shown.join("; "));
    Ruling::Broken(format!("{wrong} of {all} that {what}: {shown}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(all: &[(f64, f64)]) -> Vec<Span> {
        all.iter().map(|&(from, to)| Span { from, to }).collect()
    }

    fn seen(silences: &[(f64, f64)], outages: &[(f64, f64)], blind: &[(f64, f64)]) -> Seen {
        let of_one = |all| BTreeMap::from([("0".to_owned(), spans(all))]);
        Seen {
            silences: of_one(silences),
            outages: of_one(outages),
            blind: spans(blind),
        }
    }

    #[test]
    fn an_outage_that_both_saw_is_told_and_not_invented() {
        let seen = seen(&[(10.0, 25.0)], &[(10.1, 24.9)], &[]);
        assert!(matches!(all_told(&seen), Ruling::Held(_)));
        assert!(matches!(none_invented(&seen), Ruling::Held(_)));
    }

    #[test]
    fn an_outage_that_no_page_told_is_found() {
        let other = seen(&[(10.0, 25.0), (50.0, 52.0)], &[(10.1, 24.9)], &[]);
        assert!(all_told(&other).is_broken());
        let in_part = seen(&[(10.0, 25.0)], &[(10.1, 20.0)], &[]);
        assert!(all_told(&in_part).is_broken());
    }

    #[test]
    fn an_outage_of_another_partition_matches_none() {
        let mut seen = seen(&[(10.0, 25.0)], &[], &[]);
        seen.outages.insert("1".to_owned(), spans(&[(10.0, 25.0)]));
        assert!(all_told(&seen).is_broken() && none_invented(&seen).is_broken());
    }

    #[test]
    fn an_outage_that_nobody_saw_is_found() {
        let seen = seen(&[(10.0, 25.0)], &[(10.1, 24.9), (60.0, 70.0)], &[]);
        assert!(matches!(all_told(&seen), Ruling::Held(_)));
        assert!(none_invented(&seen).is_broken());
    }

    #[test]
    fn what_the_exporter_could_not_see_it_must_have_called_blind() {
        let blind = [(9.0, 20.0)];
        let told = seen(&[(10.0, 25.0)], &[(19.0, 25.0)], &blind);
        assert!(matches!(all_told(&told), Ruling::Held(_)));
        let not_told = seen(&[(10.0, 25.0)], &[(19.0, 25.0)], &[]);
        assert!(all_told(&not_told).is_broken());
    }

    #[test]
    fn what_the_two_may_differ_by_decides_nothing() {
        let short = seen(&[(10.0, 11.2), (20.0, 30.0)], &[(20.0, 30.0)], &[]);
        assert!(matches!(all_told(&short), Ruling::Held(_)));
        let shifted = seen(&[(10.0, 20.0)], &[(11.0, 21.0)], &[]);
        assert!(matches!(all_told(&shifted), Ruling::Held(_)));
    }

    #[test]
    fn a_run_without_an_outage_says_nothing_of_outages() {
        let none = seen(&[], &[], &[]);
        assert!(matches!(all_told(&none), Ruling::NotJudged(_)));
        assert!(matches!(none_invented(&none), Ruling::NotJudged(_)));
    }
}
