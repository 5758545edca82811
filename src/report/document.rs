//! A report before it has a form: what stands in it, in its order. The forms (`text`, `markdown`, `html`) write it down and word nothing.

use super::{Language, facts, loss, sections, words};
use crate::model::text::visible;
use crate::recovery::judgement::{Judgement, Verdict};

/// A report. Its texts are safe to print.
pub(super) struct Document {
    pub(super) language: Language,
    pub(super) title: String,
    pub(super) subtitle: String,
    pub(super) verdict: Verdict,
    /// What the verdict means.
    pub(super) meaning: &'static str,
    /// Why it is not PASS, and what else the reader must know.
    pub(super) reasons: Vec<String>,
    pub(super) parts: Vec<Part>,
}

/// What follows the verdict and its reasons.
pub(super) enum Part {
    /// Names, and what there is to say of each.
    Facts(Vec<(&'static str, String)>),
    /// A table under its heading.
    Section(Section),
}

/// A table under its heading; without rows its note says why.
pub(super) struct Section {
    pub(super) heading: &'static str,
    pub(super) columns: Vec<&'static str>,
    pub(super) rows: Vec<Vec<Cell>>,
    pub(super) note: Option<&'static str>,
}

/// What stands in a table.
pub(super) enum Cell {
    Text(String),
    /// A verdict's word, which has a colour.
    Verdict(Verdict),
}

impl Cell {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(visible(text))
    }
}

impl Document {
    pub(super) fn of(judgement: &Judgement, language: Language) -> Self {
        let name = language.pick(&judgement.title.en, &judgement.title.fr);
        let remarks = judgement.remarks.iter();
        Self {
            language,
            title: format!("Test {} — {}", visible(&judgement.test), visible(name)),
            subtitle: format!(
                "{} {} · {} {}",
                language.pick("scenario", "scénario"),
                visible(&judgement.scenario),
                language.pick("site", "site"),
                visible(&judgement.site)
            ),
            verdict: judgement.verdict,
            meaning: words::meaning(judgement.verdict, language),
            reasons: remarks
                .map(|remark| words::sentence(remark, language))
                .collect(),
            parts: parts(judgement, language).into_iter().flatten().collect(),
        }
    }
}

fn parts(judgement: &Judgement, language: Language) -> [Option<Part>; 8] {
    [
        Some(Part::Facts(facts::facts(judgement, language))),
        Some(Part::Section(sections::criteria(judgement, language))),
        Some(Part::Section(sections::time_grid(judgement, language))),
        sections::measures(judgement, language).map(Part::Section),
        facts::error_parts(judgement, language).map(|fact| Part::Facts(vec![fact])),
        loss::records(judgement, language).map(Part::Section),
        Some(Part::Section(sections::outages(judgement, language))),
        Some(Part::Facts(vec![facts::sampling(judgement, language)])),
    ]
}
