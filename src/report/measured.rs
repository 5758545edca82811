//! A measured value in words.

use super::number::{self, Unit};
use super::{Language, words};
use crate::recovery::judgement::Measured;
use crate::recovery::scenario::Measure;

/// The value with its bounds, or why there is none.
pub(super) fn measured(measured: &Measured, unit: Unit, language: Language) -> String {
    match measured {
        Measured::Within { interval, .. } => number::interval(*interval, unit, language),
        Measured::NoneLongerThan { length } => format!(
            "{} {}",
            language.pick("no outage longer than", "aucune interruption de plus de"),
            number::at_most(*length, language)
        ),
        Measured::Unknown { because } => {
            format!(
                "{}{}",
                language.pick("unknown. ", "inconnu. "),
                words::sentence(because, language)
            )
        }
    }
}

/// What a measure counts.
pub(super) fn unit(measure: Measure) -> Unit {
    match measure {
        Measure::RecoveryTime
        | Measure::RecoveryPointSeconds
        | Measure::CatchUp
        | Measure::OutageSeconds
        | Measure::Detection
        | Measure::Alerted
        | Measure::Time => Unit::Time,
        Measure::RecoveryPointRecords
        | Measure::LostRecords
        | Measure::DuplicateRecords
        | Measure::Samples => Unit::Count,
    }
}
