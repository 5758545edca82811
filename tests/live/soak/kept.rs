//! What is kept of a run: beside the lab, or in `SOAK_RUN`.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use mirrorwatch_lab::Lab;

use super::found::Found;
use super::made::Made;
use super::samples::{self, Sample};
use super::spans::Span;

/// The folder.
pub(super) struct Kept(PathBuf);

impl Kept {
    pub(super) fn of(lab: &Lab) -> Self {
        let run = std::env::var_os("SOAK_RUN").filter(|run| !run.is_empty());
        let dir = run.map_or_else(|| lab.dir().join("soak"), PathBuf::from);
        fs::create_dir_all(&dir).expect("the folder of the run is writable");
        Self(dir)
    }

    /// What there is already, should the run not come to its end.
    pub(super) fn so_far(&self, made: &[Made], samples: &[Sample]) {
        self.write("faults.csv", &faults(made));
        self.write("samples.csv", &samples::table(samples));
    }

    /// Everything.
    pub(super) fn all(&self, found: &Found, summary: &str, lab: &Lab) {
        self.so_far(&found.made, &found.samples);
        self.write("spans.csv", &spans(found));
        self.write("failed-scrapes.csv", &failed_scrapes(found));
        self.write("summary.txt", summary);
        let files = ["logs/mirrorwatch.log", "truth/faults.jsonl"].map(|file| lab.dir().join(file));
        for file in files {
            let name = file.file_name().expect("it has a name");
            fs::copy(&file, self.0.join(name)).expect("the folder of the run is writable");
        }
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).expect("the folder of the run is writable");
    }
}

/// A line for who looks on.
#[expect(clippy::print_stdout, reason = "a run of hours shows how far it is")]
pub(super) fn say(text: &str) {
    println!("{text}");
}

fn faults(made: &[Made]) -> String {
    let mut text =
        "begun_s,undone_s,over_s,fault,victim,log_lines,log_tellers,trouble\n".to_owned();
    for one in made {
        let trouble = one.trouble.as_deref().unwrap_or_default();
        let _ = writeln!(
            text,
            "{:.3},{:.3},{:.3},{},{},{},{},{trouble:?}",
            one.begun,
            one.undone,
            one.over,
            one.fault.name(),
            one.victim.as_deref().unwrap_or_default(),
            one.logged.lines,
            one.logged.tellers
        );
    }
    text
}

/// What the watcher saw and what pages told, each with its partition.
fn spans(found: &Found) -> String {
    let seen = found.seen();
    let mut text = "what,partition,from_s,to_s\n".to_owned();
    let mut note = |what: &str, partition: &str, span: &Span| {
        let _ = writeln!(text, "{what},{partition},{:.3},{:.3}", span.from, span.to);
    };
    for (what, all) in [("silence", &seen.silences), ("outage", &seen.outages)] {
        for (partition, spans) in all {
            for span in spans {
                note(what, partition, span);
            }
        }
    }
    seen.blind.iter().for_each(|span| note("blind", "", span));
    text
}

fn failed_scrapes(found: &Found) -> String {
    let mut text = "asked_s,peer,took_s,why\n".to_owned();
    for one in &found.scrapes {
        if let Some(why) = &one.failed {
            let (at, took) = (one.asked.from, one.took.as_secs_f64());
            let _ = writeln!(text, "{at:.3},{:?},{took:.3},{why:?}", one.peer);
        }
    }
    text
}
