//! What the lab itself knew of a drill: when the canary's topic was silent at the target, and what was lost.

use mirrorwatch::recovery::events::What;
use mirrorwatch::recovery::read::Log;

use crate::change::Span;

/// In microseconds of the drill host's clock, which is the lab's.
pub struct Truth {
    /// The last arrival before each silence of a partition, and the first one after it.
    pub silences: Vec<Span>,
    /// From when on what happens is the restoration's.
    pub restored: i64,
    /// Records of the load that never arrived.
    pub lost: i64,
}

impl Truth {
    pub fn read(text: &str, log: &Log) -> Self {
        let truth: serde_json::Value = serde_json::from_str(text).unwrap();
        let micros = |silence: &serde_json::Value, name: &str| silence[name].as_i64().unwrap();
        let silences = truth["silences"].as_array().unwrap().iter();
        let of_canary = silences.filter(|silence| {
            let topic = silence["topic"].as_str().unwrap();
            topic.ends_with("mirrorwatch-canary")
        });
        let ends = of_canary.map(|silence| {
            (
                micros(silence, "last_before_us"),
                micros(silence, "first_after_us"),
            )
        });
        let mut silences: Vec<_> = ends.collect();
        silences.sort_unstable();
        let mut events = log.events.iter();
        let restored = events.find(|event| matches!(event.what, What::RestoreIssued { .. }));
        Self {
            silences,
            restored: restored.map_or(i64::MAX, |event| event.at.as_micros()),
            lost: truth["load"]["lost"].as_i64().unwrap(),
        }
    }

    /// When the last partition came back that did so in a span.
    pub fn back(&self, (from, until): Span) -> Option<i64> {
        let ends = self.silences.iter().map(|(_, end)| *end);
        ends.filter(|end| *end > from && *end <= until).max()
    }

    /// From the first silence until the first partition came back.
    pub fn interruption(&self) -> Option<Span> {
        let (from, _) = self.silences.first()?;
        let until = self.silences.iter().map(|(_, end)| *end).min()?;
        Some((*from, until))
    }
}
