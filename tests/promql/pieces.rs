//! Generated range queries, at all steps at once and in pieces of random lengths, each piece over the samples alone that its selectors look
//! at: the answers are the same to the bit.

use std::collections::BTreeSet;

use mirrorwatch::promql::{
    Answer, EvalError, Footprint, Millis, Pieces, Query, Sample, Series, SeriesSet, Settings,
    Steps, Value,
};

use crate::differential::case;
use crate::differential::random::Random;
use crate::differential::{data, expression};
use crate::promqltest::Times;

const SEED: u64 = 5;
/// Queries on the same series, and how many such sets of series.
const QUERIES: usize = 40;
const SETS: usize = 50;

#[test]
fn a_query_in_pieces_has_the_answer_of_all_steps_at_once() {
    let random = &mut Random::seeded(SEED);
    let (mut in_pieces, mut at_once, mut errors, mut samples) = (0, 0, 0, 0);
    for _ in 0..SETS {
        let series: SeriesSet = data::series(random).into_iter().collect();
        for _ in 0..QUERIES {
            let depth = 1 + random.below(4);
            let text = expression::expression(random, depth).to_string();
            let Times::Range(steps) = case::times(random) else {
                continue;
            };
            let Ok(query) = Query::parse(&text) else {
                continue;
            };
            let settings = Settings::default();
            let Some(pieces) = query.in_pieces(steps, &settings) else {
                at_once += 1;
                continue;
            };
            in_pieces += 1;
            let whole = query.range(&series, steps, &settings);
            let joined = evaluated(&pieces, &series, steps, random);
            errors += usize::from(whole.is_err());
            samples += whole.as_ref().map_or(0, |answer| bits(answer).len());
            let difference = difference(&whole, &joined);
            assert!(
                difference.is_none(),
                "{text}\n{steps:?}\n{}",
                difference.unwrap_or_default()
            );
        }
    }
    // Of queries as odd as these; what people ask is almost always piecewise.
    assert!(in_pieces > 2 * at_once / 3, "{in_pieces}, {at_once} not");
    assert!(errors > 5 && samples > 10_000, "{errors}, {samples}");
}

fn evaluated(
    pieces: &Pieces,
    series: &SeriesSet,
    steps: Steps,
    random: &mut Random,
) -> Result<Answer, EvalError> {
    let (mut left, mut parts) = (Some(steps), pieces.parts());
    while let Some(rest) = left.take() {
        let all = (rest.to - rest.from) / rest.step + 1;
        let length = 2 + Millis::from(random.below(20));
        let mut piece = rest;
        if all > length + 1 {
            let next = rest.from + length * rest.step;
            left = Some(Steps { from: next, ..rest });
            piece.to = next - rest.step;
        }
        let looked_at = looked_at(series, &pieces.selectors(), piece);
        parts.add(pieces.evaluate(&looked_at, piece)?)?;
    }
    Ok(parts.answer())
}

fn looked_at(series: &SeriesSet, selectors: &[Footprint], steps: Steps) -> SeriesSet {
    let seen = |(labels, samples): (_, &[Sample])| {
        let matching = selectors
            .iter()
            .filter(|footprint| footprint.selector.matches(labels));
        let spans: Vec<_> = matching
            .map(|footprint| footprint.times(steps, &Settings::default()))
            .collect();
        let is_within = |at| spans.iter().any(|(from, to)| at > *from && at <= *to);
        let samples = samples.iter().filter(|sample| is_within(sample.at));
        Series {
            labels: labels.clone(),
            samples: samples.copied().collect(),
        }
    };
    let seen = series.iter().map(seen);
    seen.filter(|series| !series.samples.is_empty()).collect()
}

fn difference(
    whole: &Result<Answer, EvalError>,
    joined: &Result<Answer, EvalError>,
) -> Option<String> {
    let (whole, joined) = match (whole, joined) {
        (Err(_), Err(_)) => return None,
        (Ok(whole), Ok(joined)) => (whole, joined),
        _ => return Some(format!("at once: {whole:?}\nin pieces: {joined:?}")),
    };
    let (a, b) = (bits(whole), bits(joined));
    if let Some((a, b)) = a.iter().zip(&b).find(|(a, b)| a != b) {
        return Some(format!("at once: {a:?}\nin pieces: {b:?}"));
    }
    if a.len() != b.len() {
        return Some(format!(
            "at once {} samples, in pieces {}",
            a.len(),
            b.len()
        ));
    }
    let (a, b) = (notes(whole), notes(joined));
    (a != b).then(|| format!("at once: {a:?}\nin pieces: {b:?}"))
}

/// Labels, time and value of every sample; one NaN is as good as another.
fn bits(answer: &Answer) -> Vec<(String, Millis, u64)> {
    let Value::Matrix(series) = &answer.value else {
        panic!("a range has series");
    };
    let of_series = |series: &Series| {
        let labels = series.labels.to_string();
        let bits = |value: f64| if value.is_nan() { 1 } else { value.to_bits() };
        let samples = series.samples.iter();
        let samples = samples.map(move |s| (labels.clone(), s.at, bits(s.value)));
        samples.collect::<Vec<_>>()
    };
    series.iter().flat_map(of_series).collect()
}

/// Warnings and infos; where several places give one text, which of them is told may differ.
fn notes(answer: &Answer) -> BTreeSet<&str> {
    let all = answer.warnings.iter().chain(&answer.infos);
    all.map(|text| text.rsplit_once(" (").map_or(&**text, |(text, _)| text))
        .collect()
}
