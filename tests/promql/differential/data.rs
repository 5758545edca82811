//! Generated series: gauges, counters with resets, classic histograms, sparse series; with gaps, ends, jitter, NaN and infinities.

use mirrorwatch::promql::{Labels, Millis, Sample, Series};

use super::random::Random;

/// No sample is later, in milliseconds; the first is at 0.
pub(crate) const END: Millis = 1_800_000;

/// Series of every sort, each with labels `job` and `instance`.
pub(crate) fn series(random: &mut Random) -> Vec<Series> {
    let mut all = Vec::new();
    for (job, instance) in [("a", "1"), ("a", "2"), ("b", "1"), ("b", "3"), ("c", "1")] {
        let labels = |name: &str, more: (&str, &str)| -> Labels {
            let pairs = [
                ("__name__", name),
                ("job", job),
                ("instance", instance),
                more,
            ];
            pairs.into_iter().collect()
        };
        all.push(series_of(labels("gauge", ("zone", "z")), random, gauge));
        all.push(series_of(
            labels("other", ("zone", instance)),
            random,
            gauge,
        ));
        all.push(series_of(
            labels("requests_total", ("", "")),
            random,
            counter,
        ));
        if instance == "1" {
            all.push(sparse(labels("info", ("version", job)), random));
        }
        if job != "c" {
            all.extend(histogram(random, |le| labels("latency_bucket", ("le", le))));
        }
    }
    all
}

/// A series of some labels: a counter or a gauge.
pub(crate) fn of_labels(labels: Labels, counts: bool, random: &mut Random) -> Series {
    series_of(labels, random, if counts { counter } else { gauge })
}

fn series_of(
    labels: Labels,
    random: &mut Random,
    values: fn(&mut Random, usize) -> Vec<f64>,
) -> Series {
    let times = times(random);
    let values = values(random, times.len());
    let samples = times.into_iter().zip(values);
    Series {
        labels,
        samples: samples.map(|(at, value)| Sample { at, value }).collect(),
    }
}

/// Scrapes with jitter, gaps, and a start and an end of their own.
fn times(random: &mut Random) -> Vec<Millis> {
    let interval = *random.one_of(&[10_000, 15_000, 30_000, 60_000]);
    let jitter = if random.once_in(3) { 1_000 } else { 1 };
    let first = if random.once_in(4) {
        i64::from(random.below(20)) * 30_000
    } else {
        0
    };
    let last = if random.once_in(4) {
        END - i64::from(random.below(20)) * 30_000
    } else {
        END
    };
    let mut times = Vec::new();
    let (mut at, mut missing) = (first, 0);
    while at <= last {
        if missing > 0 {
            missing -= 1;
        } else if random.once_in(25) {
            missing = random.below(40);
        } else {
            times.push(at + i64::from(random.below(jitter)));
        }
        at += interval;
    }
    times
}

fn gauge(random: &mut Random, count: usize) -> Vec<f64> {
    let scale = *random.one_of(&[1.0, 10.0, 1000.0]);
    let odd = random.once_in(4);
    let value = |random: &mut Random| match random.below(60) {
        0 if odd => f64::NAN,
        1 if odd => f64::INFINITY,
        2 if odd => f64::NEG_INFINITY,
        3 | 4 => Sample::stale(0).value,
        5..15 => 0.0,
        15..25 => f64::from(random.below(5)),
        _ => (random.fraction() - 0.5) * scale,
    };
    (0..count).map(|_| value(random)).collect()
}

fn counter(random: &mut Random, count: usize) -> Vec<f64> {
    let mut total = f64::from(random.below(100));
    let mut next = || {
        match random.below(30) {
            0 => total = 0.0,
            1 => total = random.fraction(),
            2 => return Sample::stale(0).value,
            3..10 => {}
            _ => total += random.fraction() * 10.0,
        }
        total
    };
    (0..count).map(|_| next()).collect()
}

/// Always 1, with samples at full minutes only.
fn sparse(labels: Labels, random: &mut Random) -> Series {
    let times = (0..=END).step_by(60_000).filter(|_| !random.once_in(3));
    Series {
        labels,
        samples: times.map(|at| Sample { at, value: 1.0 }).collect(),
    }
}

/// Cumulative buckets, now and then with a count that is too small.
fn histogram(random: &mut Random, labels: impl Fn(&str) -> Labels) -> Vec<Series> {
    let times = times(random);
    let mut counts = [0.0; 4];
    let mut all: Vec<_> = ["0.1", "1", "10", "+Inf"]
        .map(|le| Series {
            labels: labels(le),
            samples: Vec::new(),
        })
        .into();
    for at in times {
        let mut below = 0.0;
        for (count, series) in counts.iter_mut().zip(&mut all) {
            *count += f64::from(random.below(4));
            below += *count;
            let value = if random.once_in(50) {
                below / 2.0
            } else {
                below
            };
            series.samples.push(Sample { at, value });
        }
    }
    all
}

#[test]
fn samples_are_in_order_of_time_and_of_every_sort() {
    let mut seen = [false; 4];
    for seed in 0..20 {
        for series in series(&mut Random::seeded(seed)) {
            assert!(
                series
                    .samples
                    .windows(2)
                    .all(|pair| pair[0].at < pair[1].at)
            );
            for sample in &series.samples {
                seen[0] |= sample.is_stale();
                seen[1] |= sample.value.is_nan() && !sample.is_stale();
                seen[2] |= sample.value.is_infinite();
                seen[3] |= sample.at % 60_000 == 0;
            }
        }
    }
    assert_eq!(seen, [true; 4]);
}
