//! The lag on the page against the lab's own produced − delivered.

use std::collections::BTreeMap;
use std::sync::Arc;

use mirrorwatch::model::time::Timestamp;
use mirrorwatch_lab::truth::Ledger;

use super::page::{COUNTED, Page, Series};
use super::peer::CONNECTOR;
use super::readings::{Polls, Readings};

/// Records acknowledged by the source and not yet arrived on the target, by partition.
pub(super) struct Undelivered(BTreeMap<String, Course>);

/// The records of one partition over time, in microseconds since the epoch.
struct Course {
    /// How many were not delivered from when on.
    levels: Vec<(i64, f64)>,
    /// When each was acknowledged.
    acknowledged: Vec<i64>,
}

/// How far a lag was from the truth.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// Lags that were compared.
    pub(super) lags: usize,
    /// Those of them that could not have been zero: more was not delivered than the source grows by in one poll.
    pub(super) telling: usize,
    /// The greatest true number.
    pub(super) greatest: f64,
    /// How far a lag was at most from what was true between its reading and its page.
    pub(super) off: f64,
    /// Those that were further off than one poll's growth.
    pub(super) wrong: Vec<String>,
}

impl Compared {
    /// Whether lags were compared that say something, and all are right.
    pub(super) fn verdict(&self) -> Result<(), String> {
        let told = self.wrong.iter().take(20).cloned();
        let told: Vec<String> = told.collect();
        match (self.lags, self.wrong.len(), self.telling) {
            (0, ..) => Err("no lag was compared with the truth".to_owned()),
            (lags, 0, 0) => Err(format!(
                "{lags} lags were compared, but never was more undelivered ({:.0} at most) than the source grows by in one poll: a page \
                 that says 0 would have passed",
                self.greatest
            )),
            (_, 0, _) => Ok(()),
            (lags, wrong, _) => Err(format!(
                "{wrong} of {lags} lags are wrong: {}",
                told.join("\n  ")
            )),
        }
    }
}

impl Undelivered {
    pub(super) fn of(ledger: &Ledger) -> Self {
        let partitions = ledger.partitions.iter().map(|(number, records)| {
            let mut steps = BTreeMap::<i64, f64>::new();
            let times = records.values().filter_map(|record| record.acknowledged_us);
            let acknowledged = times.collect();
            for record in records.values() {
                let Some(sent) = record.acknowledged_us else {
                    continue;
                };
                let arrived = record.arrivals_us.first().copied();
                if arrived.is_some_and(|arrived| arrived <= sent) {
                    continue;
                }
                *steps.entry(sent).or_default() += 1.0;
                if let Some(arrived) = arrived {
                    *steps.entry(arrived).or_default() -= 1.0;
                }
            }
            let mut level = 0.0;
            let levels = steps.into_iter().map(|(us, step)| {
                level += step;
                (us, level)
            });
            let levels = levels.collect();
            let course = Course {
                levels,
                acknowledged,
            };
            (number.to_string(), course)
        });
        Self(partitions.collect())
    }

    /// Least and most between two instants, in seconds since the epoch.
    fn between(&self, partition: &str, from: f64, to: f64) -> Option<(f64, f64)> {
        let steps = &self.0.get(partition)?.levels;
        let until =
            |at| steps.partition_point(|(us, _)| Timestamp::from_micros(*us).as_seconds() <= at);
        let (begin, end) = (until(from), until(to));
        let at_first = begin.checked_sub(1).map_or(0.0, |index| steps[index].1);
        let levels = steps[begin..end].iter().map(|(_, level)| *level);
        let all = || levels.clone().chain([at_first]);
        Some((
            all().fold(f64::INFINITY, f64::min),
            all().fold(0.0, f64::max),
        ))
    }

    /// Most that a lag may be that joins the end of the source's log at an instant with a position from some instant since `from`: what was not
    /// delivered then, and all that came since.
    fn with_an_older_position(&self, partition: &str, from: f64, to: f64, rate: f64) -> f64 {
        let course = self.0.get(partition);
        let steps = course.map_or(&[][..], |course| &course.levels);
        let since = |us: i64| to - Timestamp::from_micros(us).as_seconds();
        let within = steps
            .iter()
            .filter(|(us, _)| (0.0..=to - from).contains(&since(*us)));
        within
            .map(|(us, level)| level + rate * since(*us))
            .fold(0.0, f64::max)
    }

    /// Records that the source acknowledged between two instants.
    fn grown(&self, partition: &str, from: f64, to: f64) -> f64 {
        let times = self.0.get(partition).into_iter();
        let times = times.flat_map(|course| &course.acknowledged);
        let times = times.map(|us| Timestamp::from_micros(*us).as_seconds());
        times
            .filter(|at| from < *at && *at <= to)
            .map(|_| 1.0)
            .sum()
    }

    /// Holds the lags of the load's topic on these pages against the truth: each is what was true at some instant since its readings
    /// were begun, but for what the source grows by in one poll. While records are caught up with, a task tells the lag of its last fetch,
    /// which is as of some polls earlier where its producer holds it up, and where that falls without what it has just fetched, which is delivered
    /// by the next poll.
    pub(super) fn compare(&self, pages: &[Arc<Page>], topic: &str, rate: f64) -> Compared {
        let mut compared = Compared::default();
        // By partition: the lag on the page before.
        let mut told = BTreeMap::new();
        let mut readings = Readings::default();
        for page in pages {
            let taken = page.taken();
            readings.see(page);
            let Some(polls) = readings.polls() else {
                continue;
            };
            let Polls {
                earlier,
                last,
                interval,
            } = polls;
            // A reading takes a moment itself, and what is delivered is acknowledged a moment later: on a busy machine half a poll.
            let poll = 1.5 * interval;
            for (series, lag) in page.of("mm2_replication_lag_records") {
                if series.label("topic") != topic {
                    continue;
                }
                let partition = series.label("partition");
                // A load that was held up makes up for it, and may send more in one poll than in others.
                let growth = (rate * poll).max(self.grown(partition, last - poll, last));
                let window = |from, to| self.between(partition, from, to);
                let (Some(since), Some(before), Some(ahead)) = (
                    window(last, taken),
                    window(earlier, taken),
                    window(last, taken + interval),
                ) else {
                    continue;
                };
                let caught_up = before.1 - since.0 > growth;
                let (mut least, mut most) = if caught_up { before } else { since };
                let is_uncounted = runs_uncounted(page, series);
                if caught_up || is_uncounted {
                    // Where a task begins elsewhere, its position is read a poll after the end of the log; where nothing counts it, its
                    // position may be as of the last commit.
                    let committed = taken - COMMITS - 2.0 * interval;
                    let from = if is_uncounted { committed } else { earlier };
                    let older = self.with_an_older_position(partition, from, taken, rate);
                    most = most.max(older);
                }
                let page_before = told.insert(partition.to_owned(), lag);
                if page_before.is_some_and(|other| lag < other) {
                    least = least.min(ahead.0);
                }
                let off = (least - lag).max(lag - most).max(0.0);
                compared.lags += 1;
                compared.telling += usize::from(least > growth);
                compared.greatest = compared.greatest.max(most);
                compared.off = compared.off.max(off);
                if off > growth {
                    compared.wrong.push(format!(
                        "at {taken:.2} {series} {lag}, but {least} to {most} were not delivered (growth {growth:.0})"
                    ));
                }
            }
        }
        compared
    }
}

/// How often the lab's workers commit what they have copied, in seconds: their `offset.flush.interval.ms`.
const COMMITS: f64 = 10.0;

/// Whether the tasks of the flow run and MM2 counts nothing of this partition: one that is started before the task of its name has come to
/// its end loses its MBeans to that one's end.
fn runs_uncounted(page: &Page, lag: &Series) -> bool {
    let mut counted = page.of(COUNTED).map(|(series, _)| series);
    let mut states = page
        .of("mm2_task_state")
        .filter(|(series, is)| series.label("connector") == CONNECTOR && *is > 0.5)
        .peekable();
    states.peek().is_some()
        && states.all(|(series, _)| series.label("state") == "running")
        && !counted.any(|series| {
            series.label("partition") == lag.label("partition")
                && series.label("topic").ends_with(lag.label("topic"))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From 10 s on nothing is delivered of 20 records/s.
    fn cut() -> Undelivered {
        let steps = (0..400_i32).map(|number| {
            let us = 10_000_000 + i64::from(number) * 50_000;
            (us, f64::from(number + 1))
        });
        of_course(steps.collect())
    }

    /// Of a partition whose load was acknowledged as these levels rise.
    fn of_course(levels: Vec<(i64, f64)>) -> Undelivered {
        let course = Course {
            acknowledged: levels.iter().map(|(us, _)| *us).collect(),
            levels,
        };
        Undelivered(BTreeMap::from([("0".to_owned(), course)]))
    }

    /// One page each two seconds, all readings just taken, with the lag that this gives.
    fn pages(until: u8, lag: impl Fn(f64) -> Option<f64>) -> Vec<Arc<Page>> {
        let page = |number: u8| {
            let at = f64::from(number) * 2.0;
            let lag = lag(at).map(|lag| {
                format!("mm2_replication_lag_records{{topic=\"orders\",partition=\"0\"}} {lag}\n")
            });
            let text = format!(
                "mm2_exporter_page_timestamp_seconds {at}\nmm2_exporter_endpoint_up{{endpoint=\"offsets:source\"}} 1\n\
                 mm2_exporter_reading_age_seconds{{endpoint=\"offsets:source\"}} 0.1\n{}",
                lag.unwrap_or_default()
            );
            Arc::new(Page::parse(&text))
        };
        (1..=until).map(page).collect()
    }

    fn verdict(until: u8, lag: impl Fn(f64) -> Option<f64>) -> Result<(), String> {
        let compared = cut().compare(&pages(until, lag), "orders", 20.0);
        compared.verdict()
    }

    fn true_lag(at: f64) -> f64 {
        (at - 10.0).max(0.0) * 20.0
    }

    #[test]
    fn lags_that_are_what_was_not_delivered_are_right() {
        assert_eq!(verdict(12, |at| Some(true_lag(at))), Ok(()));
    }

    #[test]
    fn a_page_that_says_zero_over_a_cut_is_wrong() {
        let error = verdict(12, |_| Some(0.0)).unwrap_err();
        assert!(error.contains("lags are wrong"), "{error}");
    }

    /// From 10 s on nothing is delivered of 20 records/s, and shortly before 20 s all of it at once.
    fn healed() -> Undelivered {
        let mut cut = cut();
        let steps = &mut cut.0.get_mut("0").expect("it has a partition").levels;
        steps.retain(|(us, _)| *us < 19_950_000);
        steps.push((19_950_000, 0.0));
        cut
    }

    fn of_healed(lag: impl Fn(f64) -> Option<f64>) -> Result<(), String> {
        let compared = healed().compare(&pages(14, lag), "orders", 20.0);
        compared.verdict()
    }

    #[test]
    fn while_records_are_caught_up_with_a_lag_may_be_that_of_three_polls_earlier_and_not_of_more() {
        let stale = |pages: f64| {
            move |at: f64| {
                let healed_for = at - 20.0;
                Some(if healed_for < 2.0 * pages {
                    true_lag(at.min(20.0))
                } else {
                    0.0
                })
            }
        };
        assert_eq!(of_healed(stale(4.0)), Ok(()));
        let error = of_healed(stale(5.0)).unwrap_err();
        assert!(error.contains("lags are wrong"), "{error}");
    }

    #[test]
    fn where_all_is_delivered_the_end_of_the_log_may_be_a_poll_newer_than_the_position() {
        let newer = |records: f64| {
            move |at: f64| {
                Some(if at < 20.0 {
                    true_lag(at)
                } else if at < 21.0 {
                    200.0 + records
                } else {
                    0.0
                })
            }
        };
        assert_eq!(of_healed(newer(0.0)), Ok(()));
        assert_eq!(of_healed(newer(40.0)), Ok(()));
        let error = of_healed(newer(90.0)).unwrap_err();
        assert!(error.contains("lags are wrong"), "{error}");
    }

    #[test]
    fn what_a_task_has_fetched_may_be_missing_from_the_lag_one_poll_before_it_is_delivered_and_not_two()
     {
        let early = |pages: f64| {
            move |at: f64| {
                Some(if at < 20.0 - 2.0 * pages {
                    true_lag(at)
                } else {
                    0.0
                })
            }
        };
        assert_eq!(of_healed(early(1.0)), Ok(()));
        let error = of_healed(early(2.0)).unwrap_err();
        assert!(error.contains("lags are wrong"), "{error}");
    }

    /// What was not delivered, and before the cut what was since the last commit, of a partition of which MM2 counts so much.
    fn as_of_a_commit(jmx: &str, every: f64) -> Result<(), String> {
        let states = "mm2_task_state{connector=\"mirror-source\",task=\"0\",state=\"running\"} 1";
        let since_commit = |at: f64| at.min(10.0) % every;
        let pages = pages(14, |at| Some(since_commit(at) * 20.0 + true_lag(at)));
        let pages = pages.iter().map(|page| {
            let mut page = Page::clone(page);
            let more = Page::parse(&format!("{states}\n{jmx}\n"));
            page.series.extend(more.series);
            Arc::new(page)
        });
        let mut flowing = cut();
        let steps = &mut flowing.0.get_mut("0").expect("it has a partition").levels;
        steps.splice(..0, (0..200).map(|number| (number * 50_000, 0.0)));
        let compared = flowing.compare(&pages.collect::<Vec<_>>(), "orders", 20.0);
        compared.verdict()
    }

    #[test]
    fn a_lag_may_be_as_of_the_last_commit_where_a_task_runs_that_mm2_counts_nothing_of_and_nowhere_else()
     {
        assert_eq!(as_of_a_commit("", 10.0), Ok(()));
        let error = as_of_a_commit("", 30.0).unwrap_err();
        assert!(error.contains("lags are wrong"), "{error}");
        let counted = "kafka_connect_mirror_source_connector_record_count{topic=\"source.orders\",partition=\"0\"} 7";
        let error = as_of_a_commit(counted, 10.0).unwrap_err();
        assert!(error.contains("lags are wrong"), "{error}");
    }

    /// From 10 s on nothing is delivered of 20 records/s, of which those from 16 s on are held up and come together a moment before 20 s.
    fn of_a_burst() -> Undelivered {
        let mut cut = cut();
        for course in cut.0.values_mut() {
            let held = |us: i64| (16_000_000..19_850_000).contains(&us);
            let come = |us: &mut i64| *us = if held(*us) { 19_850_000 } else { *us };
            course.levels.iter_mut().for_each(|(us, _)| come(us));
            course.acknowledged.iter_mut().for_each(come);
        }
        cut
    }

    #[test]
    fn a_lag_may_lack_what_a_load_that_was_held_up_makes_up_for_in_one_poll_and_not_in_two() {
        let stale = |seconds: f64| {
            let of = of_a_burst();
            let pages = pages(12, |at| {
                of.between("0", at - seconds, at - seconds)
                    .map(|(lag, _)| lag)
            });
            of.compare(&pages, "orders", 20.0).verdict()
        };
        assert_eq!(stale(2.0), Ok(()));
        let error = stale(4.0).unwrap_err();
        assert!(error.contains("lags are wrong"), "{error}");
    }

    #[test]
    fn pages_without_a_lag_prove_nothing() {
        let error = verdict(12, |_| None).unwrap_err();
        assert!(error.contains("no lag was compared"), "{error}");
    }

    #[test]
    fn lags_that_never_exceed_the_growth_of_one_poll_prove_nothing() {
        let error = verdict(6, |at| Some(true_lag(at))).unwrap_err();
        assert!(error.contains("would have passed"), "{error}");
    }
}
