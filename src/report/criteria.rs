//! The table of the criteria: ticked or not, measured, limit, margin, verdict.

use super::document::{Cell, Section};
use super::footnotes::said;
use super::measured::{measured, unit};
use super::number::{self, Unit};
use super::{Language, settle};
use crate::model::text::visible;
use crate::recovery::judgement::{CriterionResult, Judgement, Measured, Verdict};

/// The box of what holds; nothing else has a tick.
pub(super) fn ticked(verdict: Verdict) -> &'static str {
    tick(verdict == Verdict::Pass)
}

pub(super) fn tick(holds: bool) -> &'static str {
    if holds { "☑" } else { "☐" }
}

/// One row for each criterion, in the plan's order and words.
pub(super) fn criteria(judgement: &Judgement, language: Language) -> Section {
    let row = |criterion: &CriterionResult| {
        let unit = unit(criterion.measure);
        let title = visible(said(&criterion.title, language));
        vec![
            Cell::Text(format!("{} {title}", ticked(criterion.verdict))),
            Cell::Text(value(criterion, unit, judgement, language)),
            Cell::Text(limit(criterion, unit, language)),
            Cell::Text(margin(criterion, unit, language)),
            Cell::Verdict(criterion.verdict),
        ]
    };
    let columns = language.pick(
        ["Criterion", "Measured", "Limit", "Margin", "Verdict"],
        ["Critère", "Mesuré", "Limite", "Marge", "Verdict"],
    );
    Section {
        heading: language.pick("Criteria", "Critères de succès").to_owned(),
        columns: columns.map(str::to_owned).into(),
        rows: judgement.criteria.iter().map(row).collect(),
        notes: notes(judgement, language),
    }
}

fn value(
    criterion: &CriterionResult,
    unit: Unit,
    judgement: &Judgement,
    language: Language,
) -> String {
    match &criterion.measured {
        // It stands above the table, once.
        Measured::Unknown { because } if judgement.remarks.contains(because) => language
            .pick("unknown, see above", "inconnu, voir ci-dessus")
            .to_owned(),
        other => measured(other, unit, language),
    }
}

fn limit(criterion: &CriterionResult, unit: Unit, language: Language) -> String {
    let ours = if criterion.limit_is_ours {
        language.pick(" (our limit)", " (notre limite)")
    } else {
        ""
    };
    format!("< {}{ours}", number::exact(criterion.limit, unit, language))
}

/// What came out, and the limit.
pub(super) fn against_limit(criterion: &CriterionResult, language: Language) -> String {
    let unit = unit(criterion.measure);
    let value = measured(&criterion.measured, unit, language);
    format!("{value} ({})", limit(criterion, unit, language))
}

/// How far what certainly was is from the limit: what is left of it, or by how much it is missed at least.
fn margin(criterion: &CriterionResult, unit: Unit, language: Language) -> String {
    let (lower, upper) = match &criterion.measured {
        Measured::Within { interval, .. } => (interval.lower, interval.upper),
        Measured::NoneLongerThan { length } => (0, Some(*length)),
        Measured::Unknown { .. } => (0, None),
    };
    // A count below a limit is at most the whole number before it.
    let most = match unit {
        Unit::Time => criterion.limit,
        Unit::Count => criterion.limit - 1,
    };
    match (criterion.verdict, upper) {
        (Verdict::Pass, Some(upper)) if unit == Unit::Time || upper < most => {
            number::at_least(most - upper, unit, language)
        }
        (Verdict::Fail, _) => format!(
            "{} {}",
            number::at_least(lower - most, unit, language),
            language.pick("over", "de trop")
        ),
        _ => "-".to_owned(),
    }
}

/// Why a criterion is not held, where that is known, and what would settle those that are open.
fn notes(judgement: &Judgement, language: Language) -> Vec<String> {
    let named = |criterion: &CriterionResult, text: &str| {
        let title = visible(said(&criterion.title, language));
        format!("☐ {title} — {text}")
    };
    let explained = judgement.criteria.iter().filter_map(|criterion| {
        let text = said(criterion.explained.as_ref()?, language);
        Some(named(criterion, &visible(text)))
    });
    let open = judgement.criteria.iter();
    let open = open.filter(|criterion| criterion.verdict == Verdict::Inconclusive);
    let open: Vec<_> = open
        .map(|criterion| (criterion, settle::by(criterion, judgement, language)))
        .collect();
    let would = language.pick("what would settle it:", "pour trancher :");
    let settled: Vec<_> = match open.as_slice() {
        [(_, Some(first)), rest @ ..]
            if !rest.is_empty() && rest.iter().all(|(_, by)| *by == Some(*first)) =>
        {
            let would = language.pick(
                "What would settle what is open:",
                "Pour trancher ce qui est ouvert :",
            );
            vec![format!("{would} {first}.")]
        }
        all => all
            .iter()
            .filter_map(|(criterion, by)| Some(named(criterion, &format!("{would} {}.", (*by)?))))
            .collect(),
    };
    explained.chain(settled).collect()
}
