//! What is read off scrapes, one after the other. Definitions: "Detection", "Gap"; docs/evaluation.md: "The plan's grids".

use super::Bounds;
use super::scrapes::Scrape;
use crate::connect::{Shown, Status, WORKERS};

/// What a scrape says of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    So,
    Not,
    Unknown,
}

fn is(so: bool) -> Is {
    if so { Is::So } else { Is::Not }
}

/// The victim does not answer.
pub fn down(shown: &Shown) -> Is {
    if shown.victim_up.is_nan() {
        Is::Unknown
    } else {
        is(shown.victim_up == 0.0)
    }
}

/// Every worker answers.
pub fn all_up(shown: &Shown) -> Is {
    match down(shown) {
        Is::So => Is::Not,
        Is::Not => Is::So,
        Is::Unknown => Is::Unknown,
    }
}

/// The victim is no member of the group.
pub fn let_go(shown: &Shown) -> Is {
    let members = shown.members.as_ref();
    members.map_or(Is::Unknown, |members| is(!members.contains(&WORKERS[0])))
}

/// Every task of the flow is RUNNING, none on the victim.
pub fn redistributed(shown: &Shown) -> Is {
    of_tasks(shown, |tasks| {
        tasks.len() == 2 && tasks.iter().all(|(_, task)| elsewhere(*task))
    })
}

pub fn elsewhere((status, worker): Status) -> bool {
    status == "running" && worker != WORKERS[0]
}

/// Some task is FAILED.
pub fn some_failed(shown: &Shown) -> Is {
    of_tasks(shown, |tasks| count(tasks, "failed") > 0)
}

/// Some task is RUNNING.
pub fn some_running(shown: &Shown) -> Is {
    of_tasks(shown, |tasks| count(tasks, "running") > 0)
}

fn of_tasks(shown: &Shown, so: impl Fn(&[(usize, Status)]) -> bool) -> Is {
    let tasks = shown.tasks.as_ref();
    tasks.map_or(Is::Unknown, |tasks| is(so(tasks)))
}

pub fn count(tasks: &[(usize, Status)], status: &str) -> usize {
    let tasks = tasks.iter().filter(|(_, (is, _))| *is == status);
    tasks.count()
}

/// T_f⁻ and T_f⁺.
pub type Zero = (i64, i64);

pub type Question = fn(&Shown) -> Is;

fn says(scrape: &Scrape, question: Question) -> Is {
    if scrape.good {
        question(&scrape.shown)
    } else {
        Is::Unknown
    }
}

/// The first sample after the zero that was bad; it was not before the page of the last good one.
pub fn detection(scrapes: &[Scrape], (issued, done): Zero, restored: i64) -> Option<Bounds> {
    let bad = |scrape: &Scrape| says(scrape, down) == Is::So && scrape.latest > issued;
    let first = scrapes.iter().position(bad)?;
    let good = scrapes[..first].iter().rev();
    let last_good = good.clone().find(|scrape| says(scrape, down) == Is::Not);
    let lower = last_good.map_or(0, |scrape| (scrape.made - done).max(0));
    let found = &scrapes[first];
    (found.earliest <= restored).then_some((lower, Some(found.latest - issued)))
}

/// From the zero to the first reading of which something is so: `None` = not known. `age` is how old the readings are as the page tells it.
pub fn elapsed(
    scrapes: &[Scrape],
    question: Question,
    age: fn(&Shown) -> Option<i64>,
    (issued, done): Zero,
) -> Option<Bounds> {
    let states: Vec<Is> = scrapes.iter().map(|s| says(s, question)).collect();
    let after = |place: &usize| scrapes[*place].latest > issued;
    let since = |place: usize| (scrapes[place].read(age(&scrapes[place].shown)) - done).max(0);
    let places = 0..scrapes.len();
    let known = |upto: usize| (0..upto).rev().find(|place| states[*place] != Is::Unknown);
    let first = places
        .clone()
        .find(|place| after(place) && states[*place] == Is::So);
    if let Some(first) = first {
        let before = known(first).filter(|place| states[*place] == Is::Not)?;
        return Some((since(before), Some(scrapes[first].latest - issued)));
    }
    let last = places.rev().find(|place| states[*place] == Is::Not)?;
    after(&last).then(|| (since(last), None))
}
