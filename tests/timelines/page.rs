//! Renders a world into samples, scrape by scrape, as the exporter's pages would show it.

use std::collections::BTreeMap;

use mirrorwatch::promql::{Labels, Sample, Series, SeriesSet};

use crate::ledger::Shot;
use crate::rng::Rng;
use crate::world::{D, SECOND, World};

/// The victim and the other worker.
pub const WORKERS: [&str; 2] = ["a:1", "b:1"];

type Key = (&'static str, i64, u64, &'static str);

#[derive(Default)]
pub struct Rendered {
    pub set: SeriesSet,
}

struct Render<'a> {
    world: &'a World,
    series: BTreeMap<Key, Vec<Sample>>,
    exporter: i64,
}

/// Where in the window the exporter's (0) or the server's (1) clock stands.
pub fn offset(world: &World, clock: usize) -> i64 {
    let (before, after, _) = world.clocks[clock];
    let part = i64::try_from(world.seed % 5).unwrap();
    before + (after - before) * part / 4
}

/// When the server scraped, and whether the exporter answered; what was missed may not be there at all.
fn scrapes(world: &World) -> Vec<(i64, bool)> {
    let mut rng = Rng::new(world.seed ^ 0xabcd);
    let begin = world.begin() + rng.within(0, world.interval);
    let gone = rng.percent(50);
    let within = |(start, end): &(i64, i64), at: i64| at >= *start && at < *end;
    let mut scrapes = Vec::new();
    for number in 0..=(world.end - begin) / world.interval {
        let at = begin + number * world.interval;
        let missed = world.missed.iter().any(|span| within(span, at));
        let down = world.down.is_some_and(|span| within(&span, at));
        if at < world.end && !(missed && gone) {
            scrapes.push((at, !missed && !down));
        }
    }
    scrapes
}

/// Whether the victim is seen as down at an instant.
fn is_dead(world: &World, at: i64) -> bool {
    at >= world.zero.1 + 100_000 && world.restored.is_none_or(|restored| at < restored + SECOND)
}

/// The first scrape at which the victim was seen as down.
pub fn detected(world: &World) -> Option<i64> {
    let mut seen = scrapes(world).into_iter().filter(|(_, up)| *up);
    seen.find(|(at, _)| is_dead(world, at - world.stale))
        .map(|(at, _)| at)
}

pub fn render(world: &World) -> Rendered {
    let mut render = Render {
        world,
        series: BTreeMap::new(),
        exporter: offset(world, 0),
    };
    let server = offset(world, 1);
    let mut pages = Vec::new();
    for (scrape, up) in scrapes(world) {
        let millis = (scrape + server).div_euclid(1_000);
        render.put(("up", -1, 0, ""), millis, i64::from(up) as f64);
        render.put(("scrape_duration_seconds", -1, 0, ""), millis, 0.02);
        if up {
            pages.push((scrape, millis));
            render.connect(scrape - world.stale, millis);
        }
    }
    for (number, run) in world.runs().into_iter().enumerate() {
        render.canary(number, run, &pages);
    }
    let set = render
        .series
        .into_iter()
        .map(|(key, samples)| Series {
            labels: labels(key),
            samples,
        })
        .collect();
    Rendered { set }
}

impl Render<'_> {
    fn put(&mut self, key: Key, millis: i64, value: f64) {
        self.series
            .entry(key)
            .or_default()
            .push(Sample { at: millis, value });
    }

    /// An instant on the exporter's clock.
    fn time(&mut self, key: Key, millis: i64, at: i64) {
        let seconds = (at + self.exporter) as f64 / 1e6;
        self.put(key, millis, seconds);
    }

    fn connect(&mut self, at: i64, millis: i64) {
        let world = self.world;
        let acts = world.zero.1;
        let dead = is_dead(world, at);
        self.put(
            ("mm2_worker_up", -1, 0, WORKERS[0]),
            millis,
            f64::from(u8::from(!dead)),
        );
        self.put(("mm2_worker_up", -1, 0, WORKERS[1]), millis, 1.0);
        let age = i64::try_from(world.seed % 3).unwrap() * SECOND;
        let ttl = "mm2_exporter_reading_time_to_live_seconds";
        self.put((ttl, -1, 0, ""), millis, 3.0);
        if !world.seed.is_multiple_of(4) {
            self.put(("mm2_exporter_endpoint_up", -1, 0, "rest:b:1"), millis, 1.0);
            self.put(
                ("mm2_exporter_reading_age_seconds", -1, 0, "rest:b:1"),
                millis,
                age as f64 / 1e6,
            );
        }
        let failed = world
            .failed
            .is_some_and(|(start, end)| at - age >= start && at - age < end);
        let owner = if at < acts { "a:1" } else { "b:1" };
        self.put(("running", 0, 0, owner), millis, 1.0);
        self.put(
            (if failed { "failed" } else { "running" }, 1, 0, "b:1"),
            millis,
            1.0,
        );
        let before = at < acts + 2 * SECOND;
        for (partition, part) in world.partitions.iter().enumerate() {
            let covered = !world.uncovered || part.task == 0;
            // After the fault the map is another one, and says that every task is covered.
            let task = if before { part.task } else { partition % 2 };
            if covered || !before {
                self.put(
                    (
                        "owner",
                        i64::try_from(partition).unwrap(),
                        u64::try_from(task).unwrap(),
                        "",
                    ),
                    millis,
                    1.0,
                );
            }
        }
    }

    fn canary(&mut self, number: usize, run: (i64, i64), pages: &[(i64, i64)]) {
        let world = self.world;
        let mine: Vec<_> = pages
            .iter()
            .map(|(at, millis)| (at - world.stale, *millis))
            .filter(|(at, _)| *at >= run.0 && *at < run.1)
            .collect();
        let instants: Vec<i64> = mine.iter().map(|(at, _)| *at).collect();
        let names = ["r0", "r1"];
        for (at, millis) in &mine {
            self.put(("mm2_canary_info", -1, 0, names[number]), *millis, 1.0);
            self.time(
                ("mm2_canary_observed_through_timestamp_seconds", -1, 0, ""),
                *millis,
                *at,
            );
            self.put(
                ("mm2_canary_period_seconds", -1, 0, ""),
                *millis,
                world.period as f64 / 1e6,
            );
            self.put(
                ("mm2_canary_outage_threshold_seconds", -1, 0, ""),
                *millis,
                D as f64 / 1e6,
            );
            self.put(("mm2_canary_lateness_seconds", -1, 0, ""), *millis, 0.0);
            self.blind("source", world.source_blind, run, (*at, *millis));
            self.blind("target", world.target_blind, run, (*at, *millis));
        }
        for (partition, part) in world
            .partitions
            .iter()
            .enumerate()
            .filter(|(_, part)| !world.uncovered || part.task == 0)
        {
            let partition = i64::try_from(partition).unwrap();
            for ((_, millis), shot) in mine.iter().zip(world.shots(part, run, &instants)) {
                self.shot(partition, *millis, &shot);
            }
        }
    }

    /// A blind span shows once it is longer than D.
    fn blind(
        &mut self,
        side: &'static str,
        span: Option<(i64, i64)>,
        run: (i64, i64),
        page: (i64, i64),
    ) {
        let (at, millis) = page;
        let shown = span.filter(|(start, end)| {
            *start >= run.0 && *start < run.1 && at > start + D && *end < i64::MAX
        });
        self.put(
            ("mm2_canary_blind_spans_total", -1, 0, side),
            millis,
            f64::from(u8::from(shown.is_some())),
        );
        if let Some((start, end)) = shown {
            self.time(
                ("mm2_canary_blind_start_timestamp_seconds", -1, 1, side),
                millis,
                start,
            );
            if at >= end + 2_000 {
                self.time(
                    ("mm2_canary_blind_end_timestamp_seconds", -1, 1, side),
                    millis,
                    end + 2_000,
                );
            }
        }
    }

    fn shot(&mut self, p: i64, millis: i64, shot: &Shot) {
        self.put(
            ("mm2_canary_sent_records_total", p, 0, ""),
            millis,
            shot.sent as f64,
        );
        self.put(
            ("mm2_canary_acknowledged_records_total", p, 0, ""),
            millis,
            shot.acknowledged as f64,
        );
        self.put(
            ("mm2_canary_duplicate_records_total", p, 0, ""),
            millis,
            shot.duplicates as f64,
        );
        self.put(
            ("mm2_canary_lost_records_total", p, 0, ""),
            millis,
            shot.lost as f64,
        );
        self.put(
            ("mm2_canary_undelivered_records", p, 0, ""),
            millis,
            shot.undelivered as f64,
        );
        self.put(
            ("mm2_canary_overtaken_records", p, 0, ""),
            millis,
            shot.overtaken as f64,
        );
        self.put(
            ("mm2_canary_outages_total", p, 0, ""),
            millis,
            shot.outages as f64,
        );
        if let Some(first) = shot.first_arrival {
            self.time(
                ("mm2_canary_first_arrival_timestamp_seconds", p, 0, ""),
                millis,
                first,
            );
        }
        if let Some(through) = shot.through {
            self.time(
                ("mm2_canary_delivered_through_timestamp_seconds", p, 0, ""),
                millis,
                through,
            );
        }
        let told = !self.world.seed.is_multiple_of(3);
        if let Some(calm) = shot.calm.filter(|_| told) {
            self.put(
                ("mm2_canary_calm_exposure_seconds", p, 0, ""),
                millis,
                calm as f64 / 1e6,
            );
        }
        let oldest = shot.outages - shot.rows.len();
        for (i, row) in shot.rows.iter().enumerate() {
            let n = u64::try_from(oldest + i + 1).unwrap();
            self.time(
                ("mm2_canary_outage_start_timestamp_seconds", p, n, ""),
                millis,
                row.start,
            );
            if let Some(end) = row.end {
                self.time(
                    ("mm2_canary_outage_end_timestamp_seconds", p, n, ""),
                    millis,
                    end,
                );
            }
            self.put(
                ("mm2_canary_outage_worst_exposure_seconds", p, n, ""),
                millis,
                row.worst as f64 / 1e6,
            );
            if let Some(calm) = row.calm.filter(|_| told) {
                self.put(
                    ("mm2_canary_outage_calm_exposure_seconds", p, n, ""),
                    millis,
                    calm as f64 / 1e6,
                );
            }
            self.put(
                ("mm2_canary_outage_undelivered_peak_records", p, n, ""),
                millis,
                row.peak as f64,
            );
        }
    }
}

fn labels((name, partition, number, text): Key) -> Labels {
    let mut all = vec![
        ("job", "mirrorwatch".to_owned()),
        ("instance", "h:9850".to_owned()),
    ];
    let flow = [("source", "s".to_owned()), ("target", "t".to_owned())];
    match name {
        "running" | "failed" => {
            all.extend([
                ("__name__", "kafka_connect_connector_task_status".to_owned()),
                ("connector", "c".to_owned()),
            ]);
            all.extend([
                ("task", partition.to_string()),
                ("status", name.to_owned()),
                ("worker", text.to_owned()),
            ]);
        }
        "owner" => {
            all.extend(flow);
            all.extend([
                ("__name__", "mm2_canary_partition_owner_info".to_owned()),
                ("connector", "c".to_owned()),
            ]);
            all.extend([
                ("partition", partition.to_string()),
                ("task", number.to_string()),
            ]);
        }
        _ => {
            all.push(("__name__", name.to_owned()));
            if name.starts_with("mm2_canary_") {
                all.extend(flow);
            }
            let label = match name {
                "mm2_canary_info" => "run",
                "mm2_worker_up" => "worker",
                _ if name.starts_with("mm2_exporter_") => "endpoint",
                _ => "side",
            };
            all.push((label, text.to_owned()));
            if partition >= 0 {
                all.push(("partition", partition.to_string()));
            }
            if number > 0 {
                all.push((
                    if text.is_empty() { "outage" } else { "blind" },
                    number.to_string(),
                ));
            }
        }
    }
    all.into_iter().collect()
}
