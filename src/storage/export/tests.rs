use super::*;
use crate::promql::{Millis, Sample, SeriesSet};
use crate::storage::text::{Format, parse};

/// Labels, and times with their values.
type Written<'a> = (&'a [(&'a str, &'a str)], &'a [(Millis, f64)]);

fn set(all: &[Written<'_>]) -> SeriesSet {
    let mut set = SeriesSet::default();
    for (labels, samples) in all {
        let samples = samples.iter().map(|(at, value)| Sample {
            at: *at,
            value: *value,
        });
        set.add(labels.iter().copied().collect(), samples);
    }
    set
}

fn text(write: impl Fn(&mut Vec<u8>) -> std::io::Result<Losses>) -> (String, Losses) {
    let mut out = Vec::new();
    let losses = write(&mut out).unwrap();
    (String::from_utf8(out).unwrap(), losses)
}

const STRANGE: &[(&str, &str)] = &[("__name__", "a b"), ("l\"", "x\\\"\ny")];

#[test]
fn openmetrics_reads_back_the_same_but_for_what_is_told_lost() {
    let original = set(&[
        (
            &[("__name__", "up"), ("job", "j")],
            &[(1_500, 1.0), (2_500, f64::INFINITY), (3_000, -0.125)],
        ),
        (STRANGE, &[(-2, f64::NAN)]),
    ]);
    let (text, losses) = text(|out| openmetrics(out, &original));
    assert_eq!(losses, Losses::default());
    let mut read = SeriesSet::default();
    for line in parse(Format::OpenMetrics, &text).unwrap() {
        let at = line.at.unwrap();
        read.add(
            line.labels,
            [Sample {
                at,
                value: line.value,
            }],
        );
    }
    assert_eq!(format!("{read:?}"), format!("{original:?}"));
}

#[test]
fn what_openmetrics_cannot_say_is_counted() {
    let other = f64::from_bits(0x7ff8_0000_0000_00ff);
    let series = set(&[(
        &[("__name__", "a")],
        &[(1, Sample::stale(1).value), (2, other)],
    )]);
    let (text, losses) = text(|out| openmetrics(out, &series));
    assert_eq!(text, "a NaN 0.002\n# EOF\n");
    assert_eq!(
        (losses.markers, losses.nans, losses.sentences().len()),
        (1, 1, 2)
    );
}

#[test]
fn a_load_block_has_the_longest_step_its_gaps_and_its_ends() {
    let series = set(&[
        (
            &[("__name__", "a"), ("x", "y")],
            &[
                (1_000, 1.0),
                (3_000, 2.0),
                (9_000, f64::INFINITY),
                (11_000, Sample::stale(0).value),
            ],
        ),
        (
            &[("__name__", "b")],
            &[(5_000, f64::NEG_INFINITY), (7_000, f64::NAN)],
        ),
    ]);
    let (text, losses) = text(|out| load(out, &series));
    assert_eq!(
        text,
        "load 2000ms\n  a{x=\"y\"} 1 2 _x2 Inf stale\n  b _x2 -Inf NaN\n"
    );
    assert_eq!(
        losses,
        Losses {
            moved: 1_000,
            ..Losses::default()
        }
    );
}

#[test]
fn nothing_is_an_empty_text() {
    assert_eq!(
        text(|out| openmetrics(out, &SeriesSet::default())).0,
        "# EOF\n"
    );
    assert_eq!(text(|out| load(out, &SeriesSet::default())).0, "");
}
