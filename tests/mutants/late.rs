//! The answers of one worker are late by up to five seconds: the page shows what it said then, and its age.

use mirrorwatch::promql::{Labels, Sample};

use crate::contradiction::Changed;
use crate::kept::{DRILLS, Drill, Evidence};
use crate::matrix::{Mutant, judged};

/// Whether a series comes from what a worker answers.
fn is_of(worker: &str, labels: &Labels) -> bool {
    let name = labels.name();
    let answers = name.starts_with("kafka_") || name.starts_with("mm2_worker_");
    (answers && labels.get("worker") == worker) || labels.get("endpoint").ends_with(worker)
}

/// What a worker answers is on the page so many scrapes later.
fn late(drill: &Drill, worker: &str, by: usize) -> Evidence {
    let scrapes = drill.evidence.scrapes();
    drill.evidence.each(|labels, samples| {
        if !is_of(worker, labels) {
            return samples.to_vec();
        }
        let is_age = labels.name() == "mm2_exporter_reading_age_seconds";
        let older = if is_age {
            f64::from(u32::try_from(by).unwrap())
        } else {
            0.0
        };
        let later = samples.iter().filter_map(|sample| {
            let number = scrapes.binary_search(&sample.at).ok()?;
            let at = *scrapes.get(number + by)?;
            Some(Sample {
                at,
                value: sample.value + older,
            })
        });
        // The first pages show what they showed.
        let first = samples.iter().filter(|sample| sample.at < scrapes[by]);
        first.copied().chain(later).collect()
    })
}

/// Workers take turns from drill to drill.
fn worker(drill: &Drill, turn: usize) -> String {
    let number = DRILLS
        .iter()
        .position(|other| other.name == drill.name)
        .unwrap();
    let workers = drill.workers();
    workers[(number + turn) % workers.len()].clone()
}

#[test]
fn answers_of_one_worker_that_are_late_hide_no_truth() {
    let by = |seconds: usize| {
        Mutant::new(
            format!("answers late by {seconds} s"),
            Changed::Detection,
            move |drill| Some(late(drill, &worker(drill, seconds), seconds)),
        )
    };
    let mutants: Vec<_> = (1..=5).map(by).collect();
    let tally = judged(&mutants);
    assert!(tally["PASS"] > 30, "{tally:?}");
}
