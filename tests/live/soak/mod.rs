//! A soak: for hours a real lab has faults at random times, while many scrape the exporter, which is itself ended and killed. No loss may be told
//! that is none, every outage has to be told, and nothing may pile up. `make soak` runs it and keeps what was found.

mod asked;
mod beside;
#[path = "../../timelines/rng.rs"]
#[expect(
    dead_code,
    clippy::unwrap_used,
    reason = "it is the timelines', which draw in more ways"
)]
mod chance;
mod crowd;
mod faults;
mod found;
mod hands;
mod judge;
mod kept;
mod line;
mod lives;
mod logged;
mod made;
mod notes;
mod pairs;
mod run;
mod samples;
mod spans;
mod summary;
mod told;
mod truth;

use std::fs;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mirrorwatch_lab::{Config, Lab, LinkKind, Load};

use crate::site::Turn;
use asked::Asked;
use kept::{Kept, say};
use run::Run;

#[test]
#[ignore = "two hours: make soak"]
fn faults_at_random_times_are_all_told_no_loss_is_false_and_nothing_piles_up() {
    let _turn = Turn::alone();
    let asked = Asked::of_environment();
    say(&format!("seed {}, {:?}", asked.seed, asked.length));
    let config = config();
    let _ = fs::remove_dir_all(&config.dir);
    let lab = Lab::start(&config).unwrap_or_else(|error| panic!("the lab does not start: {error}"));
    let kept = Kept::of(&lab);
    let mut run = Run::start(&lab, config.links);
    let found = run.go_through(&asked, &kept);
    let summary = summary::of(&found, &lab);
    kept.all(&found, &summary, &lab);
    say(&summary);
    drop(run);
    drop(lab);
    // What the brokers hold is large, and nobody reads it.
    let _ = fs::remove_dir_all(Path::new(&config.dir).join("data"));
    let wrong: Vec<_> = found
        .checks()
        .into_iter()
        .filter(|one| !one.holds())
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// As an operator should have it, with a load that a small machine bears for hours.
fn config() -> Config {
    let mut config = Config::new(format!("{}/lab-soak", env!("CARGO_TARGET_TMPDIR")));
    config.alerts = true;
    config.load = Load {
        records_per_second: 5.0,
        ..Load::default()
    };
    if rustix::process::geteuid().is_root() {
        config.links = LinkKind::Netns;
    }
    config
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
