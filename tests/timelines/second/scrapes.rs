//! The scrapes of a world: when each was, as far as anybody can know, and what it showed. Definitions: "Clocks", "Gap".

use mirrorwatch::recovery::events::What;
use mirrorwatch::recovery::read::Log;

use crate::connect::{Shown, TIME_TO_LIVE};
use crate::page;
use crate::world::{SECOND, World};

/// A scrape's time is moved onto a grid by up to 2 ms, and cut to whole ones.
const GRID: i64 = 3_000;

/// A page that is older stands still.
const PAGE_LIFE: i64 = 3 * SECOND;

/// How far a clock is ahead, and how wrong that may be.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    pub offset: i64,
    pub epsilon: i64,
}

/// Half the round trip and what it drifted between the two comparisons; in between it is as good as anything.
pub fn clock(log: &Log, name: &str) -> Clock {
    let compared = log.events.iter().filter_map(|event| match &event.what {
        What::ClockCompared {
            clock,
            offset_us,
            epsilon_us,
        } if clock == name => Some((*offset_us, *epsilon_us)),
        _ => None,
    });
    let compared: Vec<_> = compared.collect();
    let ((before, one), (after, other)) = (compared[0], compared[1]);
    Clock {
        offset: (before + after).div_euclid(2),
        epsilon: one.max(other) + (after - before).abs(),
    }
}

/// One scrape on the drill host's clock.
#[derive(Clone, Debug)]
pub struct Scrape {
    pub earliest: i64,
    pub latest: i64,
    /// When its page was made at the earliest.
    pub made: i64,
    /// Whether it answered, with a page that did not stand still.
    pub good: bool,
    pub shown: Shown,
    /// What the page has of the canary was so then, on the exporter's clock.
    pub reads: i64,
}

impl Scrape {
    /// When at the earliest a reading of this age, or of one that is not told, was taken.
    pub fn read(&self, age: Option<i64>) -> i64 {
        self.made - age.unwrap_or(TIME_TO_LIVE)
    }
}

pub fn scrapes(world: &World, log: &Log) -> Vec<Scrape> {
    let (server, exporter) = (clock(log, "prometheus"), clock(log, "exporter"));
    let all = page::scrapes(world).into_iter();
    all.map(|(at, answered)| {
        let stamped = (at + page::offset(world, 1)).div_euclid(1_000) * 1_000 - server.offset;
        let (earliest, end) = (stamped - server.epsilon - GRID, stamped + page::DURATION);
        let reads = world.made(at) + page::offset(world, 0);
        let told = reads - exporter.offset;
        let too_old = told + exporter.epsilon + PAGE_LIFE < earliest;
        Scrape {
            earliest,
            latest: end + server.epsilon + GRID,
            made: earliest.min(told - exporter.epsilon),
            good: answered && !too_old,
            shown: world.shown(world.made(at)),
            reads,
        }
    })
    .collect()
}

/// From when until when nothing was scraped for more than one and a half intervals, between the good scrapes and the ends of a span.
pub fn gaps(scrapes: &[Scrape], interval: i64, from: i64, to: i64) -> Vec<(i64, i64)> {
    let mut seen: Vec<i64> = Vec::new();
    for scrape in scrapes.iter().filter(|scrape| scrape.good) {
        if scrape.earliest <= from {
            seen.clear();
        }
        if scrape.earliest < to {
            seen.push(scrape.earliest);
        }
    }
    if seen.first().is_none_or(|first| *first > from) {
        seen.insert(0, from);
    }
    seen.push(to);
    let pairs = seen.windows(2).map(|pair| (pair[0], pair[1]));
    pairs.filter(|(a, b)| (b - a) * 2 > interval * 3).collect()
}
