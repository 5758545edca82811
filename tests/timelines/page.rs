//! Renders a world into samples, scrape by scrape, as the exporter's pages would show it.

use std::collections::BTreeMap;

use mirrorwatch::promql::{Labels, Sample, Series, SeriesSet};

use crate::connect::{TIME_TO_LIVE, WORKERS};
use crate::ledger::Shot;
use crate::rng::Rng;
use crate::world::{D, SECOND, World};

/// How long each scrape took.
pub const DURATION: i64 = 20_000;

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

/// Whether pages tell the worst age of a calm.
pub fn tells_calm(world: &World) -> bool {
    !world.seed.is_multiple_of(3)
}

/// When the server scraped, and whether the exporter answered; what was missed may not be there at all.
pub fn scrapes(world: &World) -> Vec<(i64, bool)> {
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
        render.put(
            ("scrape_duration_seconds", -1, 0, ""),
            millis,
            DURATION as f64 / 1e6,
        );
        if up {
            pages.push((scrape, millis));
            render.connect(world.made(scrape), millis);
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

    fn connect(&mut self, made: i64, millis: i64) {
        let world = self.world;
        let shown = world.shown(made);
        self.time(
            ("mm2_exporter_page_timestamp_seconds", -1, 0, ""),
            millis,
            made,
        );
        self.put(
            ("mm2_worker_up", -1, 0, WORKERS[0]),
            millis,
            shown.victim_up,
        );
        self.put(("mm2_worker_up", -1, 0, WORKERS[1]), millis, 1.0);
        let ttl = "mm2_exporter_reading_time_to_live_seconds";
        self.put((ttl, -1, 0, ""), millis, TIME_TO_LIVE as f64 / 1e6);
        self.endpoint("rest:b:1", shown.rest_age, millis);
        self.endpoint("group:w", shown.group_age, millis);
        self.endpoint("offsets:t", shown.offsets_age, millis);
        for (task, (status, worker)) in shown.tasks.iter().flatten() {
            let task = i64::try_from(*task).unwrap();
            self.put((status, task, 0, worker), millis, 1.0);
        }
        if let Some(members) = &shown.members {
            let count = members.len() as f64;
            self.put(("mm2_connect_group_members", -1, 0, ""), millis, count);
            for member in members {
                let info = "mm2_connect_group_member_info";
                self.put((info, -1, 0, member), millis, 1.0);
            }
        }
        let taken = "mm2_target_appended_records_total";
        self.put((taken, -1, 0, ""), millis, shown.taken as f64);
        self.owners(made, millis);
    }

    /// An endpoint that answers tells how old its reading is, where pages tell that.
    fn endpoint(&mut self, name: &'static str, age: Option<i64>, millis: i64) {
        let up = f64::from(u8::from(age.is_some()));
        self.put(("mm2_exporter_endpoint_up", -1, 0, name), millis, up);
        // What does not answer has an age, too, and a great one.
        let age = age.unwrap_or(20 * SECOND) as f64 / 1e6;
        self.put(
            ("mm2_exporter_reading_age_seconds", -1, 0, name),
            millis,
            age,
        );
    }

    fn owners(&mut self, made: i64, millis: i64) {
        let world = self.world;
        let before = made < world.zero.1 + 2 * SECOND;
        for (partition, part) in world.partitions.iter().enumerate() {
            let covered = !world.uncovered || part.task == 0;
            // After the fault the map is another one, and says that every task is covered.
            let task = if before { part.task } else { partition % 2 };
            if covered || !before {
                let partition = i64::try_from(partition).unwrap();
                let task = u64::try_from(task).unwrap();
                self.put(("owner", partition, task, ""), millis, 1.0);
            }
        }
    }

    fn canary(&mut self, number: usize, run: (i64, i64), pages: &[(i64, i64)]) {
        let world = self.world;
        let mine: Vec<_> = pages
            .iter()
            .map(|(at, millis)| (world.made(*at), *millis))
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
        let told = tells_calm(self.world);
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
        "running" | "failed" | "unassigned" | "restarting" => {
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
            if name.starts_with("mm2_canary_") || name.starts_with("mm2_target_") {
                all.extend(flow);
            }
            let label = match name {
                "mm2_canary_info" => "run",
                "mm2_worker_up" | "mm2_connect_group_member_info" => "worker",
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
