//! The judgement as `JUnit` XML, for the servers that show tests: a suite for the drill, a case for each criterion. What is not decided is an error there
//! and never `skipped`, which such servers count as passed.

use std::io::{self, Write};

use super::markup::escaped;
use super::{Language, criteria, words};
use crate::model::text::visible;
use crate::recovery::judgement::{CriterionResult, Judgement, Verdict};

/// What the case says that stands for the drill itself.
const DRILL: &str = "drill";

/// Write the document.
pub fn write(out: &mut impl Write, judgement: &Judgement, language: Language) -> io::Result<()> {
    let cases = cases(judgement, language);
    let count = |wanted: &str| {
        cases
            .iter()
            .filter(|case| case.tag() == Some(wanted))
            .count()
    };
    writeln!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n\
         <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\"{}>",
        escaped(&format!(
            "{} {}",
            visible(&judgement.test),
            visible(&judgement.scenario)
        )),
        cases.len(),
        count("failure"),
        count("error"),
        timestamp(judgement)
    )?;
    for case in &cases {
        case.write(out, judgement)?;
    }
    writeln!(out, "</testsuite>\n</testsuites>")
}

/// When the window began, in seconds and without a zone, as the form wants it.
fn timestamp(judgement: &Judgement) -> String {
    judgement.window.map_or_else(String::new, |(start, _)| {
        let time: String = start.to_string().chars().take(19).collect();
        format!(" timestamp=\"{time}\"")
    })
}

struct Case {
    name: String,
    verdict: Verdict,
    /// What was measured, or why nothing was.
    said: String,
}

/// The drill as a whole, and each criterion.
fn cases(judgement: &Judgement, language: Language) -> Vec<Case> {
    let reasons = judgement.remarks.iter();
    let reasons: Vec<String> = reasons
        .map(|remark| words::sentence(remark, language))
        .collect();
    let drill = Case {
        name: DRILL.to_owned(),
        verdict: judgement.verdict,
        said: format!(
            "{}\n{}",
            words::meaning(judgement.verdict, language),
            reasons.join("\n")
        ),
    };
    let case = |criterion: &CriterionResult| Case {
        name: visible(&criterion.id),
        verdict: criterion.verdict,
        said: format!(
            "{}: {}",
            visible(language.pick(&criterion.title.en, &criterion.title.fr)),
            criteria::against_limit(criterion, language)
        ),
    };
    let criteria = judgement.criteria.iter().map(case);
    std::iter::once(drill).chain(criteria).collect()
}

impl Case {
    /// The element that says why it has not passed.
    fn tag(&self) -> Option<&'static str> {
        match self.verdict {
            Verdict::Pass => None,
            Verdict::Fail => Some("failure"),
            Verdict::Error | Verdict::Inconclusive | Verdict::Invalid => Some("error"),
        }
    }

    fn write(&self, out: &mut impl Write, judgement: &Judgement) -> io::Result<()> {
        let (name, class) = (escaped(&self.name), escaped(&visible(&judgement.scenario)));
        let said = escaped(self.said.trim_end());
        writeln!(out, "<testcase classname=\"{class}\" name=\"{name}\">")?;
        match self.tag() {
            None => writeln!(out, "<system-out>{said}</system-out>")?,
            Some(tag) => {
                let word = words::verdict(self.verdict);
                writeln!(
                    out,
                    "<{tag} type=\"{word}\" message=\"{word}\">{said}</{tag}>"
                )?;
            }
        }
        writeln!(out, "</testcase>")
    }
}
