//! Mutants × drills: each is judged, and the whole table is printed where one of them is wrong.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use mirrorwatch::recovery::judgement::Verdict;

use crate::contradiction::{Changed, contradictions};
use crate::kept::{DRILLS, Drill, Evidence};

/// A way to damage the evidence of a drill.
pub struct Mutant {
    pub name: String,
    pub changed: Changed,
    pub of: Damage,
}

/// The evidence that a drill would have; `None` = it does not apply.
type Damage = Box<dyn Fn(&Drill) -> Option<Evidence>>;

impl Mutant {
    pub fn new(
        name: impl Into<String>,
        changed: Changed,
        of: impl Fn(&Drill) -> Option<Evidence> + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            changed,
            of: Box::new(of),
        }
    }
}

/// How often each verdict came out.
pub type Tally = BTreeMap<&'static str, usize>;

/// Judge every mutant of every drill to which it applies; nothing that comes out may contradict what is known.
pub fn judged(mutants: &[Mutant]) -> Tally {
    let (mut table, mut wrong, mut tally) = (head(), String::new(), Tally::new());
    for mutant in mutants {
        write!(table, "\n{:<44}", mutant.name).unwrap();
        let mut applied = 0;
        for drill in DRILLS.iter() {
            let Some(evidence) = (mutant.of)(drill) else {
                table.push_str("     .");
                continue;
            };
            applied += 1;
            assert!(
                evidence != drill.evidence,
                "{} changes nothing of {}",
                mutant.name,
                drill.name
            );
            let judgement = drill.judge(&evidence);
            let found = contradictions(drill, mutant.changed, &judgement);
            let mark = if found.is_empty() { ' ' } else { '!' };
            write!(table, " {mark}{}", short(judgement.verdict)).unwrap();
            *tally.entry(short(judgement.verdict)).or_default() += 1;
            for what in found {
                write!(wrong, "\n{} of {}: {what}", mutant.name, drill.name).unwrap();
            }
        }
        assert!(applied > 0, "{} applies to no drill", mutant.name);
    }
    assert!(wrong.is_empty(), "\n{table}\n{wrong}");
    tally
}

fn head() -> String {
    let (mut names, mut verdicts) = (" ".repeat(44), " ".repeat(44));
    for drill in DRILLS.iter() {
        let (_, name) = drill.name.split_once('-').expect("a test and a variant");
        write!(names, " {name:>5.5}").expect("it is a string");
        let verdict = short(drill.judgement.verdict);
        write!(verdicts, " {verdict:>5}").expect("it is a string");
    }
    format!("{names}\n{verdicts}")
}

fn short(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "PASS",
        Verdict::Fail => "FAIL",
        Verdict::Error => "ERR ",
        Verdict::Inconclusive => "open",
        Verdict::Invalid => "inv ",
    }
}
