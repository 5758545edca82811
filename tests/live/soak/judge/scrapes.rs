//! Every scraper was answered while its peer was up.

use std::time::Duration;

use super::Ruling;
use crate::soak::samples::number;

/// What the crowd got of one peer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answered {
    pub(crate) answers: usize,
    pub(crate) slowest: Duration,
    /// What failed while the peer was up.
    pub(crate) failed: Vec<String>,
    /// How many failed while it was not.
    pub(crate) excused: usize,
}

/// Of so many questions as were due at least.
pub(crate) fn all_answered(answered: &Answered, due: f64) -> Ruling {
    let (answers, excused) = (answered.answers, answered.excused);
    let mut wrong = Vec::new();
    if let Some(first) = answered.failed.first() {
        let failed = answered.failed.len();
        wrong.push(format!("{failed} failed, the first: {first}"));
    }
    if number(answers + excused + answered.failed.len()) < due {
        wrong.push(format!("{answers} answers, and {due} were due"));
    }
    Ruling::unless(
        &wrong,
        format!(
            "{answers} answers, {excused} failed while it was not up, slowest {:.0?}",
            answered.slowest
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(answers: usize, excused: usize, failed: &[&str]) -> Answered {
        Answered {
            answers,
            slowest: Duration::from_millis(12),
            failed: failed.iter().map(|&why| why.to_owned()).collect(),
            excused,
        }
    }

    #[test]
    fn what_fails_while_the_exporter_is_gone_is_excused() {
        let ruling = all_answered(&answered(95, 5, &[]), 100.0);
        assert!(matches!(ruling, Ruling::Held(_)), "{ruling:?}");
    }

    #[test]
    fn one_failed_scrape_is_found() {
        assert!(all_answered(&answered(95, 5, &["reset"]), 100.0).is_broken());
    }

    #[test]
    fn a_crowd_that_did_not_ask_is_found() {
        assert!(all_answered(&answered(10, 0, &[]), 100.0).is_broken());
    }
}
