//! The scrapes of the exporter, as its `up` series has them, and conditions judged at each. Definitions: "Gap".

use super::clocks::Clock;
use super::judgement::Remark;
use super::pages::micros;
use super::remark::remark;
use crate::promql::{Labels, Millis, Sample, SeriesSet};

/// Prometheus moves a scrape's time by at most 2 ms onto its grid, and keeps whole milliseconds.
const ALIGNMENT: i64 = 3_000;

/// The exporter makes a page each second: one that is older than this when it is scraped has stood still, in microseconds.
const PAGE_LIFE: i64 = 3_000_000;

/// The series of the one exporter that carries the flow's canary, and its scrapes.
pub(super) struct Scrapes<'a> {
    /// Nominal interval, in microseconds.
    pub(super) interval: i64,
    /// In order.
    pub(super) all: Vec<Scrape>,
    /// The exporter's clock.
    pub(super) exporter: Clock,
    /// Series that came from this exporter, in order of their metrics' names.
    pub(super) series: Vec<(&'a Labels, &'a [Sample])>,
}

/// One scrape. It lies, on the drill host's clock, between `earliest` and `latest` (microseconds), whatever the clocks' error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scrape {
    pub(super) at: Millis,
    pub(super) up: bool,
    pub(super) earliest: i64,
    pub(super) latest: i64,
}

/// Which job, how often it is scraped, and how far its server's clock and its exporter's are ahead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job<'a> {
    pub(super) name: &'a str,
    pub(super) interval: i64,
    pub(super) clock: Clock,
    pub(super) exporter: Clock,
}

impl<'a> Scrapes<'a> {
    /// The scrapes of the one target of the job whose pages carry `carries`.
    pub(super) fn of(
        set: &'a SeriesSet,
        job: Job<'_>,
        carries: impl Fn(&Labels) -> bool,
    ) -> Result<Self, Remark> {
        let mut targets: Vec<&str> = Vec::new();
        for (labels, _) in set
            .iter()
            .filter(|(labels, _)| labels.get("job") == job.name && carries(labels))
        {
            if !targets.contains(&labels.get("instance")) {
                targets.push(labels.get("instance"));
            }
        }
        let target = match targets.as_slice() {
            [] => {
                return Err(remark(
                    "exporter_not_scraped",
                    &[("job", job.name.to_owned())],
                ));
            }
            [target] => *target,
            several => {
                return Err(remark(
                    "several_exporters",
                    &[("exporters", several.join(", "))],
                ));
            }
        };
        let ours =
            |labels: &Labels| labels.get("job") == job.name && labels.get("instance") == target;
        let series: Vec<_> = set.iter().filter(|(labels, _)| ours(labels)).collect();
        let durations = merged(&series, "scrape_duration_seconds");
        let ups = merged(&series, "up");
        if ups.windows(2).any(|pair| pair[0].at == pair[1].at) {
            let with = [("exporters", target.to_owned())];
            return Err(remark("several_exporters", &with));
        }
        let all = ups.iter().map(|up| scrape(*up, &durations, job)).collect();
        let mut scrapes = Self {
            interval: job.interval,
            exporter: job.exporter,
            all,
            series,
        };
        let still = |scrape: &Scrape| scrapes.has_stood_still(*scrape);
        let still: Vec<_> = scrapes.all.iter().map(still).collect();
        for (scrape, still) in scrapes.all.iter_mut().zip(still) {
            scrape.up &= !still;
        }
        Ok(scrapes)
    }

    /// Rule: a page that stands still is a scrape that failed.
    fn has_stood_still(&self, scrape: Scrape) -> bool {
        let error = 2 * self.exporter.epsilon;
        let made = self.told(scrape);
        made.is_some_and(|made| made + error + PAGE_LIFE < scrape.earliest)
    }

    /// When at the earliest a page was made, as it tells itself.
    fn told(&self, scrape: Scrape) -> Option<i64> {
        let page = self.named("mm2_exporter_page_timestamp_seconds");
        let made = micros(value_at(page.first()?.1, scrape.at)?)?;
        Some(self.exporter.instant(made).as_micros() - self.exporter.epsilon)
    }

    /// When at the earliest the page of a scrape was made: what it shows was so then, and may not have been any more when it was scraped.
    pub(super) fn made(&self, scrape: Scrape) -> i64 {
        let told = self.told(scrape);
        told.map_or(scrape.earliest, |made| made.min(scrape.earliest))
    }

    /// The series of a metric.
    pub(super) fn named(&self, name: &str) -> &[(&'a Labels, &'a [Sample])] {
        let from = self
            .series
            .partition_point(|(labels, _)| labels.name() < name);
        let rest = &self.series[from..];
        &rest[..rest.partition_point(|(labels, _)| labels.name() == name)]
    }

    /// The median time between two scrapes, in microseconds; `None` with fewer than two.
    pub(super) fn usually_apart(&self) -> Option<i64> {
        let pairs = self.all.windows(2);
        let mut apart: Vec<_> = pairs
            .map(|pair| (pair[1].at - pair[0].at) * 1_000)
            .collect();
        apart.sort_unstable();
        apart.get(apart.len() / 2).copied()
    }

    /// Spans between successive good scrapes that are more than 1.5 intervals apart, among scrapes and edges in `from..=to`.
    pub(super) fn gaps(&self, from: i64, to: i64) -> Vec<(i64, i64)> {
        let good = self.all.iter().filter(|scrape| scrape.up);
        let before = good
            .clone()
            .rev()
            .find(|s| s.earliest <= from)
            .map_or(from, |s| s.earliest);
        let inside = good
            .filter(|s| s.earliest > from && s.earliest < to)
            .map(|s| s.earliest);
        let times: Vec<_> = std::iter::once(before).chain(inside).chain([to]).collect();
        let apart = times.windows(2).map(|pair| (pair[0], pair[1]));
        apart
            .filter(|(start, end)| is_gap(end - start, self.interval))
            .collect()
    }
}

/// The samples of a name in order: a target whose other labels were changed meanwhile has several series of it.
fn merged(series: &[(&Labels, &[Sample])], name: &str) -> Vec<Sample> {
    let named = series.iter().filter(|(labels, _)| labels.name() == name);
    let mut all: Vec<_> = named
        .flat_map(|(_, samples)| samples.iter().copied())
        .collect();
    all.sort_by_key(|sample| sample.at);
    all
}

/// Rule: successive scrapes more than 1.5 × the nominal interval apart are a gap.
pub(super) fn is_gap(apart: i64, interval: i64) -> bool {
    apart.saturating_mul(2) > interval.saturating_mul(3)
}

/// The value of a series at exactly one scrape.
pub(super) fn value_at(samples: &[Sample], at: Millis) -> Option<f64> {
    samples
        .binary_search_by_key(&at, |sample| sample.at)
        .ok()
        .map(|i| samples[i].value)
}

fn scrape(up: Sample, durations: &[Sample], job: Job<'_>) -> Scrape {
    // Without a duration the scrape took at most its time-out, which is never above the interval nor, by default, 10 s.
    let longest = job.interval.min(10_000_000);
    let duration = value_at(durations, up.at).filter(|d| d.is_finite() && *d >= 0.0);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a scrape takes seconds; the cast saturates"
    )]
    let duration = duration.map_or(longest, |seconds| (seconds * 1e6).ceil() as i64);
    let start = up.at * 1000 - job.clock.offset;
    let error = job.clock.epsilon + ALIGNMENT;
    Scrape {
        at: up.at,
        up: up.value > 0.0,
        earliest: start - error,
        latest: start + duration + error,
    }
}

#[test]
fn a_gap_begins_beyond_one_and_a_half_intervals() {
    assert!(!is_gap(1_500_000, 1_000_000));
    assert!(is_gap(1_500_001, 1_000_000));
}

#[test]
fn a_page_that_is_more_than_three_seconds_old_stands_still_and_what_it_shows_is_as_old_as_it() {
    let seen = |age_ms: i64| {
        let clock = Clock {
            offset: 0,
            epsilon: 0,
        };
        let job = Job {
            name: "j",
            interval: 1_000_000,
            clock,
            exporter: clock,
        };
        let labels =
            |name| Labels::from_iter([("__name__", name), ("job", "j"), ("instance", "i")]);
        let at = 100_000;
        let mut set = SeriesSet::default();
        set.add(labels("up"), [Sample { at, value: 1.0 }]);
        #[expect(clippy::cast_precision_loss, reason = "small")]
        let value = (at - age_ms) as f64 / 1e3;
        set.add(
            labels("mm2_exporter_page_timestamp_seconds"),
            [Sample { at, value }],
        );
        let scrapes = Scrapes::of(&set, job, |_| true).unwrap();
        let scrape = scrapes.all[0];
        (scrape.up, scrape.earliest - scrapes.made(scrape))
    };
    // A scrape may have been moved onto the grid by as much.
    assert_eq!(seen(3_003), (true, 3_000_000));
    assert_eq!(seen(3_004), (false, 3_001_000));
    assert_eq!(seen(-10), (true, 0));
}
