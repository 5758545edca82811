//! Every blank and every box of the users' plan has its answer in the section: a number with its bounds, a time, a box that is ticked or
//! not, or the reason why there is none. `plan.txt` has the plan's lines that have one, under their headings.

use mirrorwatch::promql::SeriesSet;
use mirrorwatch::recovery::judge::{Observed, judge};
use mirrorwatch::recovery::judgement::{Judgement, Seen, Verdict, Zero};
use mirrorwatch::recovery::scenario::Phase;
use mirrorwatch::recovery::{read, shipped};
use mirrorwatch::report::Language;
use mirrorwatch::report::whole::{Deployed, Run, as_markdown};

use crate::judgements::{at, within};

const PLAN: &str = include_str!("plan.txt");
/// Blanks and boxes of the plan.
const ALL: usize = 133;
const BLANKS: [&str; 6] = ["___:___:___", "___:___", "_____", "___%", "☐", "- [ ]"];

/// Rows that the section has under another name than the plan.
const NAMES: [(&str, &str); 5] = [
    ("État connecteurs après perte", "Connecteurs RUNNING"),
    // The criterion has what the canary and the audits say together.
    (
        "Messages perdus",
        "Aucune perte de message (grâce aux offsets)",
    ),
    (
        "Couper connectivité vers cluster source (iptables)",
        "Couper connectivité vers cluster source",
    ),
    ("topics.regex", "topics"),
    ("sync.group.offsets", "sync.group.offsets.enabled"),
];

/// One line of the plan.
struct Blank {
    chapter: String,
    name: String,
    count: usize,
}

/// The name of a row of a table: what stands first in it, or after its number.
fn named(line: &str) -> String {
    let mut cells = line.split('|').map(str::trim).skip(1);
    let first = cells.next().unwrap();
    let is_number = first.chars().all(|c| c.is_ascii_digit());
    let name = if is_number {
        cells.next().unwrap()
    } else {
        first
    };
    name.to_owned()
}

fn plan() -> Vec<Blank> {
    let mut chapter = String::new();
    let mut all = Vec::new();
    for line in PLAN.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            heading.clone_into(&mut chapter);
            continue;
        }
        let mut rest = line.to_owned();
        let mut count = 0;
        for blank in BLANKS {
            count += rest.matches(blank).count();
            rest = rest.replace(blank, "");
        }
        let name = line
            .strip_prefix("- [ ] ")
            .map_or_else(|| named(line), str::to_owned);
        assert!(count > 0, "no blank: {line}");
        all.push(Blank {
            chapter: chapter.clone(),
            name,
            count,
        });
    }
    all
}

/// A shipped scenario of which nothing was ever done.
fn undone(name: &str, victim: &str) -> Judgement {
    let text = shipped::scenario(name).unwrap();
    let scenario = read::scenario(name, text).unwrap();
    let inventory = read::inventory("inventory", INVENTORY).unwrap();
    let begun = format!(
        "{{\"at\":1795837343263755,\"monotonic_us\":1,\"event\":\"drill_started\",\"scenario\":\"{name}\",\"site\":\"s\",\
         \"victim\":\"{victim}\",\"chosen_as\":\"named\",\"second\":\"w2:8083\",\"fault\":\"x\"}}\n"
    );
    let log = read::events(&begun).unwrap();
    let series = SeriesSet::default();
    let observed = Observed {
        series: &series,
        scrape_interval_us: 1_000_000,
        warnings: &[],
        server_clock: None,
        audits: None,
        alerts: None,
    };
    judge(&scenario, &inventory, &log, observed).unwrap()
}

const INVENTORY: &str = "
site: s
prometheus: { url: 'http://p:9090', scrape_interval: 1s, job: mirrorwatch }
flow: { source: source, target: target, connector: mirror-source }
connectors: { mirror-source: 3, mirror-checkpoint: 1, mirror-heartbeat: 1 }
workers:
  - { id: 'w1:8083', commands: { stop: 'true', start: 'true' } }
  - { id: 'w2:8083', commands: { stop: 'true', start: 'true' } }
  - { id: 'w3:8083', commands: { stop: 'true', start: 'true' } }
";

const RUNS: [(&str, &str); 16] = [
    ("worker-loss", "w1:8083"),
    ("two-workers-loss", "w1:8083"),
    ("two-workers-loss-loaded", "w1:8083"),
    ("connector-restart", "mirror-source"),
    ("connector-restart", "mirror-checkpoint"),
    ("connector-restart", "mirror-heartbeat"),
    ("connector-restart-tasks", "mirror-source"),
    ("connector-pause", "mirror-source"),
    ("task-access-denied", ""),
    ("task-failed", ""),
    ("task-supervised", ""),
    ("source-cut", ""),
    ("target-cut", ""),
    ("config-tasks-max", ""),
    ("config-topics", ""),
    ("config-group-offsets", ""),
];

/// The section, of drills of all scenarios.
fn section(change: fn(&mut Judgement)) -> String {
    let runs = RUNS.map(|(scenario, victim)| {
        let mut judgement = undone(scenario, victim);
        change(&mut judgement);
        Run {
            name: format!("{scenario} {victim}"),
            judgement,
            timeline: None,
            deployed: Some(Deployed {
                tasks: [("mirror-source".to_owned(), 3)].into(),
                flow: "mirror-source".to_owned(),
            }),
        }
    });
    let mut page = Vec::new();
    as_markdown(&mut page, &runs, Language::French).unwrap();
    String::from_utf8(page).unwrap()
}

/// A judgement of each, undone and with every row filled.
pub(crate) fn every_scenario() -> Vec<Judgement> {
    let undone = RUNS.map(|(scenario, victim)| undone(scenario, victim));
    let mut filled = undone.clone();
    filled.iter_mut().for_each(fill);
    undone.into_iter().chain(filled).collect()
}

/// Fill every row with a number.
fn fill(judgement: &mut Judgement) {
    let zero = Zero {
        issued: at(0),
        done: at(78_120),
    };
    (judgement.zero, judgement.restored) = (Some(zero), Some(zero));
    for stage in &mut judgement.procedure {
        stage.at = Some((at(0), at(78_120)));
    }
    for row in &mut judgement.observations {
        row.seen = [Phase::Before, Phase::During, Phase::After]
            .map(|phase| {
                let seen = Seen::Between {
                    least: 1.0,
                    most: 2.0,
                    scrapes: 60,
                };
                (phase, seen)
            })
            .into();
    }
    for row in &mut judgement.times {
        row.measured = within(1_000_000, 1_200_000);
    }
    for row in &mut judgement.criteria {
        (row.measured, row.verdict) = (within(0, 0), Verdict::Pass);
    }
    let lost = ("lost_records".to_owned(), within(0, 0));
    judgement.measures.extend([lost]);
    judgement.remarks.clear();
    judgement.verdict = Verdict::Pass;
}

/// The rows of a chapter's tables, and the notes below.
struct Chapter {
    rows: Vec<Vec<String>>,
    notes: Vec<String>,
}

fn chapter(page: &str, heading: &str) -> Chapter {
    let mut inside = false;
    let mut chapter = Chapter {
        rows: Vec::new(),
        notes: Vec::new(),
    };
    for line in page.lines() {
        let line = line.replace('\\', "");
        if let Some(found) = line.strip_prefix("## ") {
            inside = found == heading;
        } else if inside && line.starts_with("| ") {
            let cells = line.trim_matches('|').split(" | ");
            chapter
                .rows
                .push(cells.map(|cell| cell.trim().to_owned()).collect());
        } else if inside {
            chapter.notes.push(line);
        }
    }
    chapter
}

impl Chapter {
    /// The row of that name: alone, after its number or its box, or with more words after it.
    fn row(&self, name: &str) -> Option<&[String]> {
        let bare = |cell: &str| cell.trim_start_matches(['☑', '☐', ' ']).to_owned();
        let named = |row: &&Vec<String>, exact: bool| {
            row.iter().take(2).any(|cell| {
                let cell = bare(cell);
                let cell = cell.split(" (1)").next().unwrap();
                cell == name || (!exact && cell.contains(name))
            })
        };
        let exact = self.rows.iter().find(|row| named(row, true));
        let found = exact.or_else(|| self.rows.iter().find(|row| named(row, false)));
        found.map(Vec::as_slice)
    }

    /// Whether a cell says something: a number, a word, or the mark of a note that is there.
    fn answers(&self, cell: &str) -> bool {
        if let Some(mark) = cell.rsplit_once("— ").map(|(_, mark)| mark) {
            return self
                .notes
                .iter()
                .any(|note| note.starts_with(mark) && note.len() > mark.len());
        }
        !matches!(cell, "" | "-" | "—")
    }
}

/// How many blanks of a line are answered.
fn answered(blank: &Blank, page: &str) -> usize {
    let chapter = chapter(page, &blank.chapter);
    let known = NAMES.iter().find(|(plan, _)| *plan == blank.name);
    let name = known.map_or(blank.name.as_str(), |(_, name)| name);
    let Some(row) = chapter.row(name) else {
        return 0;
    };
    let boxes: usize = row
        .iter()
        .map(|cell| cell.matches(['☑', '☐']).count())
        .sum();
    let answers = row.iter().filter(|cell| {
        let is_name = cell.contains(name) || cell.chars().all(|c| c.is_ascii_digit());
        !cell.contains(['☑', '☐']) && (!is_name || cell.len() < 3) && chapter.answers(cell)
    });
    (boxes + answers.count()).min(blank.count)
}

#[test]
fn every_blank_and_box_of_the_plan_has_a_number_or_a_reason() {
    let blanks = plan();
    let all: usize = blanks.iter().map(|blank| blank.count).sum();
    assert_eq!(all, ALL);
    for page in [section(|_| {}), section(fill)] {
        let open: Vec<_> = blanks
            .iter()
            .map(|blank| (blank, answered(blank, &page)))
            .filter(|(blank, found)| *found != blank.count)
            .map(|(blank, found)| format!("{}: {}: {found}", blank.chapter, blank.name))
            .collect();
        assert!(open.is_empty(), "{}\n{page}", open.join("\n"));
    }
}

#[test]
fn with_every_row_measured_no_box_is_left_open_and_no_number_is_missing() {
    let page = section(fill);
    assert!(page.contains("| ☑ Test 5.7 - Config à chaud | 3 sur 3 | **PASS** |"));
    assert!(page.contains("| Perte 1 worker | 0 s | \\< 60 s | ☑ OK | **PASS** |"));
    assert!(page.contains("| Aucune perte message | ☑ PASS ☐ FAIL |"));
    assert!(!page.contains("Non exécuté"));
}
