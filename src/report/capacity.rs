//! What the workers that are left can carry.

use super::document::{Cell, Section};
use super::footnotes::Footnotes;
use super::{Language, quantity, words};
use crate::recovery::judgement::{CapacityResult, Judgement, Seen};
use crate::recovery::scenario::{Shown, Unit};

/// Throughput before and after, lag, ratio; `None` where the scenario does not ask for it.
pub(super) fn capacity(judgement: &Judgement, language: Language) -> Option<Section> {
    let capacity = judgement.capacity.as_ref()?;
    let mut notes = Footnotes::default();
    let mut seen = |seen: &Seen| throughput(seen, &mut notes, language);
    let rows = [
        (
            language.pick(
                "Throughput before, all workers",
                "Débit avant, tous les workers",
            ),
            seen(&capacity.before),
        ),
        (
            language.pick(
                "Load offered to those that are left",
                "Charge offerte à ceux qui restent",
            ),
            seen(&capacity.offered),
        ),
        (
            language.pick("Residual capacity", "Capacité résiduelle"),
            match &capacity.residual {
                Seen::Between { least, .. } if capacity.grew != Some(true) => {
                    at_least(*least, Unit::RecordsPerSecond, language)
                }
                other => seen(other),
            },
        ),
        (
            language.pick("As a part of before", "Part du débit d'avant"),
            ratio(capacity, language),
        ),
        (
            language.pick("Lag, from first to last", "Lag, du début à la fin"),
            lag(capacity, language),
        ),
    ];
    let rows = rows.map(|(name, value)| [name.to_owned(), value].map(Cell::Text).into());
    let columns = language.pick(["Capacity", "Value"], ["Capacité", "Valeur"]);
    Some(Section {
        heading: language
            .pick("Residual capacity", "Capacité résiduelle")
            .to_owned(),
        columns: columns.map(str::to_owned).into(),
        rows: rows.into(),
        notes: std::iter::once(meaning(capacity.grew, language).to_owned())
            .chain(notes.notes())
            .collect(),
    })
}

fn throughput(seen: &Seen, notes: &mut Footnotes, language: Language) -> String {
    match seen {
        Seen::Between { least, most, .. } => {
            let unit = Unit::RecordsPerSecond;
            quantity::seen((*least, *most), unit, Shown::Rate, language)
        }
        Seen::Unknown { because } => {
            format!("— {}", notes.mark(&words::sentence(because, language)))
        }
        Seen::NotApplicable { .. } => "N/A".to_owned(),
    }
}

fn ratio(capacity: &CapacityResult, language: Language) -> String {
    match capacity.ratio {
        Some(ratio) if capacity.grew == Some(true) => {
            quantity::seen(ratio, Unit::Ratio, Shown::Rate, language)
        }
        Some((least, _)) => at_least(least, Unit::Ratio, language),
        None => "—".to_owned(),
    }
}

fn at_least(least: f64, unit: Unit, language: Language) -> String {
    format!("≥ {}", quantity::at_least(least, unit, language))
}

fn lag(capacity: &CapacityResult, language: Language) -> String {
    let Some((first, last)) = capacity.lag else {
        return "—".to_owned();
    };
    let one = |value| quantity::seen((value, value), Unit::Records, Shown::Last, language);
    format!("{} → {}", one(first), one(last))
}

fn meaning(grew: Option<bool>, language: Language) -> &'static str {
    match grew {
        Some(true) => language.pick(
            "The lag grew in each third of that time: more than this they do not carry. All workers together carried all that was offered before, and may carry more: the part is one of what they had to carry.",
            "Le lag a crû dans chaque tiers de ce temps : ils ne portent pas davantage. Tous les workers ensemble portaient tout ce qui était offert avant, et peuvent porter plus : la part est celle de ce qu'ils avaient à porter.",
        ),
        Some(false) => language.pick(
            "The lag did not grow: they carry at least the load that was offered. What more they can carry shows only when the load is raised until it does (scenario `two-workers-loss-loaded`).",
            "Le lag n'a pas crû : ils portent au moins la charge offerte. Ce qu'ils peuvent porter de plus ne se voit que si la charge est augmentée jusqu'à ce qu'il croisse (scénario `two-workers-loss-loaded`).",
        ),
        None => language.pick(
            "Whether the lag grew is not known: they carry at least what they were seen to.",
            "On ne sait pas si le lag a crû : ils portent au moins ce qui a été constaté.",
        ),
    }
}
