//! What Connect does in a world, and what a page of the exporter shows of it: plain lists of what was when.

use crate::rng::Rng;
use crate::world::SECOND;

/// The victim and the other worker.
pub const WORKERS: [&str; 2] = ["a:1", "b:1"];

/// Until this age a reading stands on a page that does not tell its age.
pub const TIME_TO_LIVE: i64 = 3 * SECOND;

/// A task's status and the worker that it names.
pub type Status = (&'static str, &'static str);

/// From when on something is so.
type Steps<T> = Vec<(i64, T)>;

#[derive(Clone, Debug, Default)]
pub struct Connect {
    /// What each of the flow's two tasks is; `None` = Connect has no status of it.
    pub tasks: [Steps<Option<Status>>; 2],
    /// When the group lets go of the victim, if it does.
    pub left: Option<i64>,
    /// How many records the target has taken: so many a second from then on.
    pub throughput: Steps<i64>,
    /// How old what a page shows was when the page was made: of REST, of the group, of the offsets.
    pub ages: [i64; 3],
    /// Whether the pages tell these ages.
    pub told: bool,
    /// From when until when neither task nor group was read.
    dark: [Option<(i64, i64)>; 2],
    /// From when until when the victim's `mm2_worker_up` is no number.
    nan: Option<(i64, i64)>,
}

/// What a page shows of Connect, and how old that is as far as it tells.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// `mm2_worker_up` of the victim.
    pub victim_up: f64,
    /// Status by task; `None` = not read.
    pub tasks: Option<Vec<(usize, Status)>>,
    /// Members of the group; `None` = not read.
    pub members: Option<Vec<&'static str>>,
    pub taken: i64,
    pub rest_age: Option<i64>,
    pub group_age: Option<i64>,
    pub offsets_age: Option<i64>,
}

impl Connect {
    /// After a fault that acts at `acts`, in a window until `last`; `failed` is when a task is FAILED.
    pub fn random(seed: u64, acts: i64, last: i64, failed: Option<(i64, i64)>) -> Self {
        let mut rng = Rng::new(seed ^ 0x00c0_44ec);
        let span = last - acts;
        let lost = acts + rng.within(1, 4 * SECOND);
        let moved = lost + rng.within(1, span / 2);
        let told = !seed.is_multiple_of(4);
        let spell = |rng: &mut Rng, percent: i64| {
            let start = acts + rng.within(0, span);
            let spell = (start, start + rng.within(SECOND / 2, 6 * SECOND));
            rng.percent(percent).then_some(spell)
        };
        let mut tasks = [
            vec![(i64::MIN, Some(running(0)))],
            vec![(i64::MIN, Some(running(1)))],
        ];
        let between = rng.pick(&[Some(("unassigned", WORKERS[0])), None, Some(running(0))]);
        tasks[0].push((lost, between));
        if !rng.percent(8) {
            tasks[0].push((moved, Some(running(1))));
            if let Some((from, to)) = spell(&mut rng, 25).filter(|(from, _)| *from > moved) {
                tasks[0].push((from, Some(("failed", WORKERS[1]))));
                tasks[0].push((to, Some(running(1))));
            }
        }
        if let Some((from, to)) = failed {
            tasks[1].push((from, Some(("failed", WORKERS[1]))));
            tasks[1].push((to, Some(running(1))));
        } else if rng.percent(20) {
            tasks[1].push((lost, Some(("restarting", WORKERS[1]))));
            tasks[1].push((lost + rng.within(1, 3 * SECOND), Some(running(1))));
        }
        let left = (!rng.percent(10)).then(|| acts + rng.within(1, span / 2));
        let rate = rng.within(1, 2_000);
        let throughput = vec![
            (i64::MIN, rate),
            (acts, 0),
            (moved, rate * rng.within(5, 20) / 10),
        ];
        Self {
            tasks,
            left,
            throughput,
            ages: [0, 1, 2].map(|_| rng.pick(&[0, SECOND, 2 * SECOND])),
            told,
            dark: [spell(&mut rng, 10), spell(&mut rng, 10)],
            nan: spell(&mut rng, 5),
        }
    }

    /// From when until when some task was FAILED.
    pub fn failed(&self) -> Vec<(i64, i64)> {
        let pairs = self.tasks.iter().flat_map(|steps| steps.windows(2));
        let failed = pairs.filter(|pair| pair[0].1.is_some_and(|(status, _)| status == "failed"));
        failed.map(|pair| (pair[0].0, pair[1].0)).collect()
    }

    /// What a page made at an instant shows; the victim answers or does not.
    pub fn shown(&self, made: i64, dead: bool) -> Shown {
        let within =
            |span: Option<(i64, i64)>| span.is_some_and(|(from, to)| made >= from && made < to);
        let [rest, group, offsets] = self.ages;
        let [no_tasks, no_group] = self.dark.map(within);
        let told = |age: i64, dark: bool| Some(age).filter(|_| self.told && !dark);
        Shown {
            victim_up: if within(self.nan) {
                f64::NAN
            } else {
                f64::from(u8::from(!dead))
            },
            tasks: (!no_tasks).then(|| self.statuses(made - rest)),
            members: (!no_group).then(|| self.members(made - group)),
            taken: self.taken(made - offsets),
            rest_age: told(rest, no_tasks),
            group_age: told(group, no_group),
            offsets_age: told(offsets, false),
        }
    }

    /// Each task that has a status.
    pub fn statuses(&self, at: i64) -> Vec<(usize, Status)> {
        let tasks = self.tasks.iter().enumerate();
        tasks
            .filter_map(|(task, steps)| Some((task, (*so_at(steps, at))?)))
            .collect()
    }

    pub fn members(&self, at: i64) -> Vec<&'static str> {
        let gone = self.left.is_some_and(|left| at >= left);
        WORKERS[usize::from(gone)..].to_vec()
    }

    /// Records that the target took since the first change of its throughput less an hour.
    pub fn taken(&self, at: i64) -> i64 {
        let begin = self.throughput[1].0 - 3_600 * SECOND;
        let ends = self.throughput.iter().skip(1).map(|(from, _)| *from);
        let spans = self.throughput.iter().zip(ends.chain([i64::MAX]));
        let taken = spans.map(|((from, rate), end)| {
            let length = (at.min(end) - (*from).max(begin)).max(0);
            rate * length
        });
        taken.sum::<i64>() / SECOND
    }
}

fn running(worker: usize) -> Status {
    ("running", WORKERS[worker])
}

/// What is so at an instant: the last step by then, in the order of the list where two overlap.
fn so_at<T>(steps: &Steps<T>, at: i64) -> &T {
    let last = steps.iter().rev().find(|(from, _)| *from <= at);
    &last.unwrap_or(&steps[0]).1
}
