//! What would decide a criterion that the evidence leaves open, where that is known.

use super::Language;
use crate::recovery::judgement::{CriterionResult, Judgement, Measured};
use crate::recovery::scenario::Measure;

/// What would settle it; `None` where that is not known.
pub(super) fn by(
    criterion: &CriterionResult,
    judgement: &Judgement,
    language: Language,
) -> Option<&'static str> {
    let (english, french) = match &criterion.measured {
        Measured::Unknown { because } => of_reason(&because.code)?,
        _ if !judgement.sampling.gaps.is_empty() => WHOLE,
        Measured::NoneLongerThan { .. } => CLOSER,
        Measured::Within { interval, .. } if interval.upper.is_none() => match criterion.measure {
            Measure::LostRecords | Measure::DuplicateRecords => LEDGER,
            _ => LONGER,
        },
        Measured::Within { parts, .. } => {
            let greatest = parts.iter().max_by_key(|(_, micros)| **micros);
            greatest.map_or(CLOSER, |(part, _)| of_part(part))
        }
    };
    Some(language.pick(english, french))
}

type Remedy = (&'static str, &'static str);

const WHOLE: Remedy = (
    "samples without a gap; `evaluate --recording` judges by those that the drill took itself",
    "des échantillons sans trou ; `evaluate --recording` juge d'après ceux relevés par l'exercice lui-même",
);
const CLOSER: Remedy = (
    "closer bounds, with scrapes closer together",
    "des bornes plus serrées, avec des scrapes plus rapprochés",
);
const LONGER: Remedy = (
    "a longer window: it had no end when this one closed",
    "une fenêtre plus longue : rien n'était terminé à la fermeture de celle-ci",
);
const LEDGER: Remedy = (
    "a canary that is seen from before the window until all it sent has arrived",
    "un canari suivi d'avant la fenêtre jusqu'à l'arrivée de tous ses messages",
);
const FAULT: Remedy = (
    "a drill that issues its fault",
    "un exercice dont la panne est déclenchée",
);
const RESTORED: Remedy = (
    "a drill that watches its restoration to the end",
    "un exercice qui observe sa restauration jusqu'au bout",
);
const COVERED: Remedy = (
    "a canary with a partition in every task, seen before the fault",
    "un canari ayant une partition dans chaque task, vu avant la panne",
);

fn of_reason(code: &str) -> Option<Remedy> {
    Some(match code {
        "no_fault" | "declined" | "interrupted_before_fault" | "steady_state_awaited_in_vain" => {
            FAULT
        }
        "not_restored" | "phase_missing" => RESTORED,
        "task_not_covered"
        | "partition_without_ledger"
        | "partition_without_task"
        | "tasks_missing_from_map"
        | "coverage_unknown"
        | "canary_not_seen" => COVERED,
        "canary_young" => (
            "an exporter that has been scraped for longer before the drill",
            "un exporter relevé depuis plus longtemps avant l'exercice",
        ),
        "samples_missing" | "not_read" | "recovery_not_proved" | "recovery_unknown" => WHOLE,
        "held_before" => (
            "a reading between the zero and the moment from which it was so: a shorter `poll.interval`",
            "une lecture entre le zéro et l'instant où ce fut le cas : un `poll.interval` plus court",
        ),
        "not_detected" => (
            "a fault that is kept for longer: nothing showed it before the window's end",
            "une panne maintenue plus longtemps : rien ne l'a montrée avant la fin de la fenêtre",
        ),
        _ => return None,
    })
}

fn of_part(part: &str) -> Remedy {
    match part {
        "fault_instant" => (
            "a command that takes effect faster: the width of the fault instant is the greatest part of the error",
            "une commande dont l'effet est plus rapide : la largeur de l'instant de la panne est la plus grande part de l'erreur",
        ),
        "clock_error" => (
            "clocks compared more closely: their error is the greatest part",
            "des horloges comparées plus finement : leur erreur est la plus grande part",
        ),
        "canary_period" => (
            "a canary that sends more often: its period is the greatest part of the error",
            "un canari qui émet plus souvent : sa période est la plus grande part de l'erreur",
        ),
        "canary_lateness" => (
            "an exporter on a host with less load: the canary's lateness is the greatest part of the error",
            "un exporter sur une machine moins chargée : le retard du canari est la plus grande part de l'erreur",
        ),
        "blind" => (
            "a canary that is never blind: that is the greatest part of the error",
            "un canari jamais aveugle : c'est la plus grande part de l'erreur",
        ),
        _ => CLOSER,
    }
}
