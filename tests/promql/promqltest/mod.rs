//! Runs scripts of the promqltest language (Prometheus 3.16, promql/promqltest/README.md) against our engine: every evaluation
//! has passed, failed or was refused, and refused only for a [`Refusal`].

mod again;
mod compare;
mod engine;
mod evaluation;
mod expectation;
pub(crate) mod notation;
mod report;
mod run;
mod script;

pub(crate) use engine::{Engine, Times};
pub(crate) use report::{Report, Row};
pub(crate) use run::run;

/// What an evaluation came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// As expected in every way in which it was asked.
    Passed,
    /// Otherwise than expected.
    Failed(String),
    /// Not evaluated.
    Refused(Refusal),
}

/// Why an evaluation is none of ours; the list is closed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// It selects or expects native histograms.
    #[error("native histograms")]
    NativeHistograms,
    /// It selects series with start timestamps.
    #[error("start timestamps")]
    StartTimestamps,
    /// It is experimental in Prometheus 3.16, behind a feature flag.
    #[error("experimental: {0}")]
    Experimental(String),
    /// The engine names another construct that it does not evaluate.
    #[error("unsupported: {0}")]
    Unsupported(String),
    /// The parser does not take it.
    #[error("syntax: {0}")]
    Syntax(String),
}

impl Refusal {
    /// Of a construct that the engine refuses by name.
    fn of(what: &str) -> Self {
        if what.contains("native histograms") {
            Self::NativeHistograms
        } else if ["`anchored`", "`smoothed`", "arithmetic in durations"]
            .iter()
            .any(|stable| what.starts_with(stable))
        {
            Self::Syntax(what.to_owned())
        } else if what.contains("experimental") {
            Self::Experimental(what.to_owned())
        } else {
            Self::Unsupported(what.to_owned())
        }
    }

    /// The kind, for counts.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::NativeHistograms => "native histograms",
            Self::StartTimestamps => "start timestamps",
            Self::Experimental(_) => "experimental",
            Self::Unsupported(_) => "unsupported",
            Self::Syntax(_) => "syntax that the parser does not take",
        }
    }
}

/// Why a script cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub(crate) struct ScriptError {
    /// The line, from one.
    pub(crate) line: usize,
    /// What is wrong with it.
    pub(crate) message: String,
}
