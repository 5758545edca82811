//! What is asked of a soak, one file for each question; pure, so that both answers are tested.

mod leak;
mod log;
mod losses;
mod outages;
mod scrapes;

pub(super) use leak::{flat, slope, whole_life};
pub(super) use log::{Said, log_is_short};
pub(super) use losses::{Losses, no_false_loss};
pub(super) use outages::{SHORTEST, SURE, Seen, all_told, none_invented};
pub(super) use scrapes::{Answered, all_answered};

/// What a question came to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Ruling {
    Held(String),
    Broken(String),
    /// This run cannot say it: why.
    NotJudged(String),
}

/// A question with what it came to.
#[derive(Clone, Debug)]
pub(super) struct Check {
    pub(super) what: &'static str,
    pub(super) ruling: Ruling,
}

impl Ruling {
    /// Held unless something is wrong.
    pub(super) fn unless(wrong: &[String], held: String) -> Self {
        if wrong.is_empty() {
            Self::Held(held)
        } else {
            Self::Broken(wrong.join("; "))
        }
    }

    #[cfg(test)]
    fn is_broken(&self) -> bool {
        matches!(self, Self::Broken(_))
    }
}

impl Check {
    pub(super) fn holds(&self) -> bool {
        matches!(self.ruling, Ruling::Held(_))
    }
}
