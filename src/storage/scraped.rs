//! What a scrape means: from the text of a page to samples, as Prometheus would store them. Pure.
//!
//! Source: Prometheus 3.16, `scrape/scrape.go`, with `honor_labels: false`, `honor_timestamps: true`,
//! `track_timestamps_staleness: false` and no relabelling.

use std::collections::HashSet;

use reqwest::Url;

use super::text::Line;
use crate::promql::{Labels, Millis, Sample};

/// A target: the labels that its series get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// `job`.
    pub job: String,
    /// `instance`: host and port.
    pub instance: String,
}

impl Target {
    /// The target at a URL, under a job.
    pub fn of(url: &Url, job: &str) -> Self {
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or_default();
        Self {
            job: job.to_owned(),
            instance: format!("{host}:{port}"),
        }
    }
}

/// One scrape of a target.
#[derive(Clone, Debug)]
pub struct Scrape {
    /// When it began.
    pub at: Millis,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// What the target answered; `None` if that was no page.
    pub page: Option<Vec<Line>>,
}

/// What is remembered of a target from one scrape to the next.
#[derive(Clone, Debug)]
pub struct Scraped {
    target: Target,
    /// Series of the last scrape that would be missed: those without a time of their own.
    seen: HashSet<Labels>,
}

impl Scraped {
    /// A target before its first scrape.
    pub fn new(target: Target) -> Self {
        Self {
            target,
            seen: HashSet::new(),
        }
    }

    /// The samples of a scrape: those of the page, the end of each series that it no longer has, and five about the scrape itself.
    pub fn samples(&mut self, scrape: Scrape) -> Vec<(Labels, Sample)> {
        let Scrape { at, seconds, page } = scrape;
        let is_up = page.is_some();
        let lines = page.unwrap_or_default();
        let scraped = lines.len();
        let mut samples = Vec::with_capacity(scraped + 5);
        let mut seen = HashSet::with_capacity(scraped);
        let mut added = 0_usize;
        for line in lines {
            let labels = self.labelled(&line.labels);
            added += usize::from(!self.seen.contains(&labels) && !seen.contains(&labels));
            if line.at.is_none() && !seen.insert(labels.clone()) {
                // Of two samples of one series in one page the first one counts.
                continue;
            }
            let value = line.value;
            let at = line.at.unwrap_or(at);
            samples.push((labels, Sample { at, value }));
        }
        let gone = self.seen.difference(&seen);
        samples.extend(gone.map(|labels| (labels.clone(), Sample::stale(at))));
        self.seen = seen;
        let about = [
            ("up", f64::from(u8::from(is_up))),
            ("scrape_duration_seconds", seconds),
            ("scrape_samples_scraped", count(scraped)),
            ("scrape_samples_post_metric_relabeling", count(scraped)),
            ("scrape_series_added", count(added)),
        ];
        samples.extend(about.map(|(name, value)| (self.about(name), Sample { at, value })));
        samples
    }

    /// The target's own labels win; those of the page that bear their names are kept as `exported_…`.
    fn labelled(&self, labels: &Labels) -> Labels {
        let own = [
            ("job", &self.target.job),
            ("instance", &self.target.instance),
        ];
        let mut all: Vec<(String, String)> = Vec::new();
        for (name, value) in labels.iter() {
            let mut name = name.to_owned();
            if own.iter().any(|(own, _)| *own == name) {
                name.insert_str(0, "exported_");
                while !labels.get(&name).is_empty() {
                    name.insert_str(0, "exported_");
                }
            }
            all.push((name, value.to_owned()));
        }
        all.extend(own.map(|(name, value)| (name.to_owned(), value.clone())));
        all.into_iter().collect()
    }

    fn about(&self, name: &str) -> Labels {
        let Target { job, instance } = &self.target;
        [("__name__", name), ("job", job), ("instance", instance)]
            .into_iter()
            .collect()
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a page has fewer than 2^53 samples"
)]
fn count(samples: usize) -> f64 {
    samples as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::text::{Format, parse};

    fn target() -> Scraped {
        Scraped::new(Target {
            job: "mm2".to_owned(),
            instance: "w:1".to_owned(),
        })
    }

    fn scrape(scraped: &mut Scraped, at: Millis, page: Option<&str>) -> Vec<String> {
        let page = page.map(|text| parse(Format::Classic, text).unwrap());
        let seconds = 0.5;
        let samples = scraped.samples(Scrape { at, seconds, page });
        let told = |(labels, sample): (Labels, Sample)| {
            let value = if sample.is_stale() {
                "stale".to_owned()
            } else {
                sample.value.to_string()
            };
            let labels = labels.to_string();
            let labels = labels
                .replace(r#", instance="w:1", job="mm2""#, "")
                .replace("__name__=", "");
            format!("{labels} {value}@{}", sample.at)
        };
        let mut all: Vec<_> = samples.into_iter().map(told).collect();
        all.sort();
        all
    }

    fn about(up: u8, scraped: u8, added: u8, at: Millis) -> Vec<String> {
        vec![
            format!("{{\"scrape_duration_seconds\"}} 0.5@{at}"),
            format!("{{\"scrape_samples_post_metric_relabeling\"}} {scraped}@{at}"),
            format!("{{\"scrape_samples_scraped\"}} {scraped}@{at}"),
            format!("{{\"scrape_series_added\"}} {added}@{at}"),
            format!("{{\"up\"}} {up}@{at}"),
        ]
    }

    fn with(line: &[&str], rest: Vec<String>) -> Vec<String> {
        let mut all: Vec<_> = line
            .iter()
            .map(|line| (*line).to_owned())
            .chain(rest)
            .collect();
        all.sort();
        all
    }

    #[test]
    fn a_series_that_vanishes_ends_and_one_that_stays_does_not() {
        let target = &mut target();
        scrape(target, 1_000, Some("a 1\nb 2\n"));
        let second = scrape(target, 2_000, Some("a 3\nc 4\n"));
        assert_eq!(
            second,
            with(
                &["{\"a\"} 3@2000", "{\"b\"} stale@2000", "{\"c\"} 4@2000"],
                about(1, 2, 1, 2_000)
            )
        );
        let third = scrape(target, 3_000, Some("a 3\nc 4\n"));
        assert_eq!(
            third,
            with(&["{\"a\"} 3@3000", "{\"c\"} 4@3000"], about(1, 2, 0, 3_000))
        );
    }

    #[test]
    fn a_scrape_that_fails_ends_every_series_and_is_a_zero_of_up() {
        let target = &mut target();
        scrape(target, 1_000, Some("a 1\n"));
        assert_eq!(
            scrape(target, 2_000, None),
            with(&["{\"a\"} stale@2000"], about(0, 0, 0, 2_000))
        );
        assert_eq!(scrape(target, 3_000, None), about(0, 0, 0, 3_000));
    }

    #[test]
    fn a_sample_with_a_time_of_its_own_keeps_it_and_is_not_missed() {
        let target = &mut target();
        let first = scrape(target, 2_000, Some("a 1 1500\n"));
        assert_eq!(first, with(&["{\"a\"} 1@1500"], about(1, 1, 1, 2_000)));
        assert_eq!(scrape(target, 3_000, Some("")), about(1, 0, 0, 3_000));
    }

    #[test]
    fn of_two_samples_of_one_series_the_first_counts() {
        let all = scrape(&mut target(), 1_000, Some("a 1\na 2\n"));
        assert_eq!(all, with(&["{\"a\"} 1@1000"], about(1, 2, 1, 1_000)));
    }

    #[test]
    fn labels_of_the_target_win_and_those_of_the_page_are_exported() {
        let scraped = target();
        let labels: Labels = [
            ("__name__", "a"),
            ("job", "x"),
            ("exported_job", "y"),
            ("instance", ""),
        ]
        .into_iter()
        .collect();
        assert_eq!(
            scraped.labelled(&labels).to_string(),
            r#"{__name__="a", exported_exported_job="x", exported_job="y", instance="w:1", job="mm2"}"#
        );
    }
}
