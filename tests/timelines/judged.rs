//! The generated timelines, each judged once: every test holds something else against the same judgements. The truth is held against more
//! of them than are kept.

use std::ops::Range;
use std::sync::OnceLock;

use mirrorwatch::recovery::judgement::{Judgement, Verdict};
use mirrorwatch::recovery::read::Log;

use crate::page::render;
use crate::second::canary::Lists;
use crate::truth::{Truth, truth};
use crate::world::World;
use crate::{log, observed, scenario};

const KEPT: Range<u64> = 0..2_500;
const FURTHER: Range<u64> = 2_500..10_000;

pub struct Timeline {
    pub world: World,
    pub log: Log,
    pub truth: Truth,
    pub judgement: Judgement,
    /// What the second implementation makes of the canary's records.
    pub lists: OnceLock<Lists>,
}

impl Timeline {
    /// Judged; with the plan's grids, or without them, where what Connect did is a measure.
    pub fn of(world: World) -> Self {
        let mut scenario = scenario(&world);
        if asks_grids(&world) {
            scenario = crate::with_grids(&world);
        }
        let log = log(&world);
        let series = render(&world).set;
        let observed = observed(&world, &series);
        let judgement =
            mirrorwatch::recovery::judge::judge(&scenario, &crate::inventory(), &log, observed);
        Self {
            truth: truth(&world),
            judgement: judgement.unwrap(),
            lists: OnceLock::new(),
            log,
            world,
        }
    }

    /// Whether it says anything of the system.
    pub fn is_valid(&self) -> bool {
        !matches!(self.judgement.verdict, Verdict::Invalid | Verdict::Error)
    }
}

/// Every other timeline.
pub fn asks_grids(world: &World) -> bool {
    world.seed % 2 == 1
}

/// Those that every test looks at.
pub fn timelines() -> &'static [Timeline] {
    static ALL: OnceLock<Vec<Timeline>> = OnceLock::new();
    ALL.get_or_init(|| random(asked().unwrap_or(KEPT)).collect())
}

/// Further ones, judged one by one.
pub fn further() -> impl Iterator<Item = Timeline> {
    random(if asked().is_some() { 0..0 } else { FURTHER })
}

fn random(seeds: Range<u64>) -> impl Iterator<Item = Timeline> {
    seeds.map(|seed| Timeline::of(World::random(seed)))
}

/// `TIMELINES=first..last` has other ones judged.
fn asked() -> Option<Range<u64>> {
    let range = std::env::var("TIMELINES").ok()?;
    let (first, last) = range.split_once("..")?;
    Some(first.parse().ok()?..last.parse().ok()?)
}
