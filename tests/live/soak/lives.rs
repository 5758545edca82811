//! The lives of the exporter: its processes one after the other.

use super::spans::Span;

/// One process, with times in seconds since the epoch.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Life {
    pub(super) pid: String,
    pub(super) begun: f64,
    /// When it first answered.
    pub(super) answered: Option<f64>,
    /// When it was told to end, or killed.
    pub(super) over: Option<f64>,
}

/// All of them, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Lives(pub(super) Vec<Life>);

impl Lives {
    pub(super) fn begin(&mut self, pid: &str, at: f64) {
        self.0.push(Life {
            pid: pid.to_owned(),
            begun: at,
            answered: None,
            over: None,
        });
    }

    pub(super) fn end(&mut self, at: f64) {
        if let Some(life) = self.0.last_mut() {
            life.over = Some(at);
        }
    }

    /// It has answered what was asked at this time.
    pub(super) fn answers(&mut self, asked: f64) {
        let now = self.0.last_mut().filter(|life| life.over.is_none());
        if let Some(life) = now.filter(|life| life.begun <= asked) {
            life.answered.get_or_insert(asked);
        }
    }

    /// The life that goes on now: its number from 0, and its process.
    pub(super) fn now(&self) -> Option<(usize, &str)> {
        let number = self.0.len().checked_sub(1)?;
        let life = &self.0[number];
        life.over.is_none().then_some((number, life.pid.as_str()))
    }

    /// Whether one and the same life could be expected to answer all this time.
    pub(super) fn were_up(&self, span: Span) -> bool {
        self.0.iter().any(|life| {
            let since = life.answered.is_some_and(|answered| answered <= span.from);
            since && life.over.is_none_or(|over| span.to < over)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: f64, to: f64) -> Span {
        Span { from, to }
    }

    #[test]
    fn an_exporter_is_up_from_its_first_answer_until_it_is_told_to_end() {
        let mut lives = Lives::default();
        lives.begin("7", 10.0);
        lives.answers(11.0);
        lives.answers(15.0);
        lives.end(20.0);
        assert_eq!(lives.now(), None);
        lives.begin("8", 30.0);
        // What was asked before is no answer of this life.
        lives.answers(29.0);
        assert_eq!(lives.now(), Some((1, "8")));
        assert!(lives.were_up(span(11.0, 19.0)));
        assert!(!lives.were_up(span(10.5, 12.0)), "it had not answered yet");
        assert!(!lives.were_up(span(19.0, 21.0)), "it ended meanwhile");
        assert!(!lives.were_up(span(31.0, 32.0)));
        lives.answers(33.0);
        assert!(lives.were_up(span(34.0, 99.0)));
    }
}
