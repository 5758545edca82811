//! The alerts as they are shipped, on real labs under load: each fault of the fault table fires exactly its alerts, they arrive at the
//! receiver of their severity or are held back as documented, and after the recovery all are over. `docs/alerts.md` tells the same in words.

mod alarm;
mod bench;
mod deal;
mod firing;
mod group;
mod kept;
mod lost_worker;
mod muted;
mod replayed;
mod row;
mod run;
mod table;
mod told;
mod words;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use mirrorwatch_lab::Lab;

use crate::fault_table::Peers;
use crate::site::{Site, Turn};
use bench::Bench;
use firing::Server;
use group::Group;
use kept::{Kept, Times};
pub(crate) use lost_worker::{
    a_lost_worker_is_told_as_stored, a_lost_worker_was_told,
    the_lost_workers_of_before_are_forgotten,
};
use muted::Watch;
pub(crate) use replayed::the_replay_fires_what_fired;
use row::Row;
use run::Run;

/// A lab under load to which nothing is done.
const CLEAN: &str = "no fault";

/// What is run.
struct Chosen {
    /// The faults, or all of them.
    rows: Vec<Row>,
    /// Whether the lab that comes first runs under load without a fault, too.
    has_clean: bool,
    /// Whether the whole table is run, to the end of the last memory of a fault.
    is_whole: bool,
}

/// Two labs at once: what most rows do is wait.
#[test]
#[ignore = "more than an hour: make alarms"]
fn every_fault_fires_exactly_its_alerts_and_they_arrive_where_they_belong() {
    let _turn = Turn::alone();
    let chosen = chosen(&std::env::var("ALARM").unwrap_or_default());
    assert!(
        chosen.has_clean || !chosen.rows.is_empty(),
        "no row has what ALARM says in its name"
    );
    let failed: String = thread::scope(|scope| {
        let lanes = Group::LANES.iter();
        let running: Vec<_> = lanes
            .map(|groups| {
                scope.spawn(|| {
                    groups
                        .iter()
                        .map(|group| run_lab(*group, &chosen))
                        .collect::<String>()
                })
            })
            .collect();
        let ended = running.into_iter();
        ended
            .map(|lane| lane.join().expect("a lane ends"))
            .collect()
    });
    assert!(failed.is_empty(), "{failed}");
}

/// All, or, with `ALARM=killed,frozen`, the rows that have one of these words in their name. What has no fault is a row of that name.
fn chosen(words: &str) -> Chosen {
    let is_named = |name: &str| words.split(',').any(|word| name.contains(word));
    let mut rows = table::all();
    rows.retain(|row| is_named(row.fault));
    Chosen {
        rows,
        has_clean: is_named(CLEAN),
        is_whole: words.is_empty(),
    }
}

/// Runs the rows of one lab; what failed.
fn run_lab(group: Group, chosen: &Chosen) -> String {
    let rows = chosen.rows.iter().filter(|row| row.group == group);
    let rows: Vec<&Row> = rows.collect();
    let is_clean = chosen.has_clean && group == Group::Patient;
    if rows.is_empty() && !is_clean {
        return String::new();
    }
    let config = group.config();
    let _ = fs::remove_dir_all(&config.dir);
    let site = Site::start(&config);
    let bench = Bench {
        lab: &site.lab,
        server: Server::of(&site.lab),
        peers: Peers::of(&site.lab),
        kept: Kept::in_folder(folder(&site.lab, group)),
        watch: Watch::begin(&site.lab),
    };
    let failed = run_all(&bench, &rows, is_clean, chosen.is_whole);
    drop(site);
    // What the brokers hold is large, and nobody reads it.
    let _ = fs::remove_dir_all(Path::new(&config.dir).join("data"));
    failed
}

/// Where what happened is kept: beside the lab, or below `ALARM_RUN`.
fn folder(lab: &Lab, group: Group) -> PathBuf {
    let run = std::env::var_os("ALARM_RUN");
    let run = run.map_or_else(|| lab.dir().join("alarms"), PathBuf::from);
    run.join(group.name())
}

fn run_all(bench: &Bench<'_>, rows: &[&Row], is_clean: bool, is_whole: bool) -> String {
    let mut failed = String::new();
    let mut note = |what: &str, why: String| {
        let _ = writeln!(failed, "{what} — {why}");
        bench.kept.end(bench.lab, &failed);
    };
    if is_clean && let Err(why) = bench.stay_calm() {
        note(CLEAN, why);
    }
    for row in rows {
        if let Err(why) = run_one(bench, row) {
            note(row.fault, why);
        }
    }
    if is_whole && let Err(why) = bench.await_forgotten() {
        note("at the end", why);
    }
    bench.kept.end(bench.lab, &failed);
    failed
}

fn run_one(bench: &Bench<'_>, row: &Row) -> Result<(), String> {
    let mut run = Run::begin(bench, row)?;
    let gone = run.go_through();
    let (begun, mended, marks) = (run.begun, run.mended, run.marks.clone());
    let is_remembered = run.is_remembered;
    let (ended, mut wrong) = run.end()?;
    wrong.extend(gone.err());
    let times = Times {
        begun,
        mended,
        marks: &marks,
        is_remembered,
    };
    bench.kept.row(row, &times, &ended, &wrong);
    if wrong.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{}\n  kept: {}",
        wrong.join("\n  "),
        bench.kept.dir().display()
    ))
}
