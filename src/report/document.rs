//! A report before it has a form: what stands in it, in its order. The forms (`text`, `markdown`, `html`) write it down and word nothing.

use super::capacity::capacity;
use super::criteria::criteria;
use super::evidence::evidence;
use super::expectations::expectations;
use super::footnotes::said;
use super::observed::metrics;
use super::placements::placements;
use super::procedure::procedure;
use super::properties::properties;
use super::times::times;
use super::{Language, alerts, chart, facts, loss, sections, words};
use crate::model::text::visible;
use crate::recovery::judgement::{Judgement, Verdict};
use crate::recovery::timeline::Timeline;

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
    /// What follows belongs to one test, or to one run of it.
    Chapter(Chapter),
    /// Names, and what there is to say of each.
    Facts(Vec<(&'static str, String)>),
    /// A table under its heading.
    Section(Section),
    /// A drawing as an SVG element under its heading; only pages have them.
    Picture { heading: &'static str, svg: String },
}

/// The beginning of what belongs together.
pub(super) struct Chapter {
    pub(super) level: Level,
    pub(super) title: String,
    /// Its verdict; `None` where there is none to give.
    pub(super) verdict: Option<Verdict>,
    pub(super) reasons: Vec<String>,
}

/// How deep a chapter lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// A test of the plan, or another part of the section.
    Test,
    /// One run of a test.
    Run,
}

impl Level {
    /// The number of its heading.
    pub(super) fn heading(self) -> usize {
        match self {
            Self::Test => 2,
            Self::Run => 3,
        }
    }
}

/// A table under its heading; without rows its notes say why.
pub(super) struct Section {
    pub(super) heading: String,
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<Cell>>,
    pub(super) notes: Vec<String>,
}

/// What stands in a table.
pub(super) enum Cell {
    Text(String),
    /// An expression.
    Code(String),
    /// A verdict's word, which has a colour.
    Verdict(Verdict),
}

impl Cell {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(visible(text))
    }
}

impl Document {
    pub(super) fn of(
        judgement: &Judgement,
        timeline: Option<&Timeline>,
        language: Language,
    ) -> Self {
        Self {
            language,
            title: title(judgement, language),
            subtitle: format!(
                "{} {} · {} {}",
                language.pick("scenario", "scénario"),
                visible(&judgement.scenario),
                language.pick("site", "site"),
                visible(&judgement.site)
            ),
            verdict: judgement.verdict,
            meaning: words::meaning(judgement.verdict, language),
            reasons: reasons(judgement, language),
            parts: parts(judgement, timeline, language),
        }
    }

    /// The number of the headings of sections that follow a part.
    pub(super) fn heading_after(part: &Part, before: usize) -> usize {
        match part {
            Part::Chapter(chapter) => chapter.level.heading() + 1,
            _ => before,
        }
    }
}

/// The test and its name.
pub(super) fn title(judgement: &Judgement, language: Language) -> String {
    format!(
        "Test {} — {}",
        visible(&judgement.test),
        visible(said(&judgement.title, language))
    )
}

/// The remarks of a judgement as sentences.
pub(super) fn reasons(judgement: &Judgement, language: Language) -> Vec<String> {
    let remarks = judgement.remarks.iter();
    remarks
        .map(|remark| words::sentence(remark, language))
        .collect()
}

/// All that there is to say of one drill: where the scenario has the plan's grids, in the plan's order.
pub(super) fn parts(
    judgement: &Judgement,
    timeline: Option<&Timeline>,
    language: Language,
) -> Vec<Part> {
    let section = |section| Some(Part::Section(section));
    let has_grid = !judgement.times.is_empty();
    let times = || section(times(judgement, language));
    let parts = [
        timeline.map(|timeline| Part::Picture {
            heading: language.pick("Timelines", "Chronologie"),
            svg: chart::timelines(timeline, language),
        }),
        Some(Part::Facts(facts::facts(judgement, language))),
        facts::notes(judgement, language).and_then(section),
        properties(judgement, language).and_then(section),
        procedure(judgement, language).and_then(section),
        metrics(judgement, language).and_then(section),
        capacity(judgement, language).and_then(section),
        placements(judgement, language).and_then(section),
        has_grid.then(times).flatten(),
        alerts::alerts(judgement, language).and_then(section),
        expectations(judgement, language).and_then(section),
        section(criteria(judgement, language)),
        (!has_grid).then(times).flatten(),
        sections::measures(judgement, language).and_then(section),
        facts::error_parts(judgement, language).map(|fact| Part::Facts(vec![fact])),
        sections::after_restore(judgement, language).and_then(section),
        loss::records(judgement, language).and_then(section),
        section(sections::outages(judgement, language)),
        evidence(judgement, language).and_then(section),
        Some(Part::Facts(vec![facts::sampling(judgement, language)])),
    ];
    parts.into_iter().flatten().collect()
}
