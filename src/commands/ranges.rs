//! Range queries, evaluated piece by piece where the answer is the same: the samples of a few pieces at a time are in memory.

use std::collections::{BTreeMap, HashSet};
use std::panic::resume_unwind;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::bail;

use super::source::{Source, Wanted};
use crate::promql::{
    Answer, EvalError, Footprint, Millis, Part, Parts, Pieces, Query, SeriesSet, Settings, Steps,
};

/// Most steps that are evaluated at once: Prometheus' own limit.
const MOST_AT_ONCE: Millis = 11_000;
/// Steps of the first piece, and its time in milliseconds, at most; the others are as long as what it weighs allows.
const FIRST: (Millis, Millis) = (1_000, 3_600_000);
/// Pieces that are evaluated at once, while the next one is read: that takes about as long as a third of evaluating it.
const AT_ONCE: usize = 2;
/// Of a piece that weighs less, twice the length does well.
const LIGHT: usize = 270_000;
const HEAVY: usize = 2 * LIGHT;

/// The answer of a source at every step.
pub(super) fn range(
    query: &Query,
    source: &mut Source,
    steps: Steps,
    settings: &Settings,
) -> anyhow::Result<Answer> {
    let Some(pieces) = query.in_pieces(steps, settings) else {
        return at_once(query, source, steps, settings);
    };
    in_pieces(&pieces, source, steps, settings)
}

/// What selectors look at over these steps.
pub(super) fn wanted(selectors: &[Footprint], steps: Steps, settings: &Settings) -> Vec<Wanted> {
    let wanted = selectors.iter().map(|footprint| Wanted {
        times: footprint.times(steps, settings),
        selector: footprint.selector.clone(),
    });
    wanted.collect()
}

fn at_once(
    query: &Query,
    source: &mut Source,
    steps: Steps,
    settings: &Settings,
) -> anyhow::Result<Answer> {
    if (steps.to - steps.from) / steps.step >= MOST_AT_ONCE {
        bail!(
            "--step: `{}` is evaluated at all steps at once, at {MOST_AT_ONCE} at most; give a longer step or a shorter range",
            query.text()
        );
    }
    let (samples, doubts) = source.samples(&wanted(&query.selectors(), steps, settings))?;
    let mut answer = query.range(&samples, steps, settings)?;
    answer.warnings.extend(doubts);
    Ok(answer)
}

/// Some pieces are evaluated while the next one is read.
fn in_pieces(
    pieces: &Pieces,
    source: &mut Source,
    steps: Steps,
    settings: &Settings,
) -> anyhow::Result<Answer> {
    let selectors = pieces.selectors();
    source.expect(&wanted(&selectors, steps, settings));
    let (send, receive) = mpsc::sync_channel(0);
    let (doubts, answer) = thread::scope(|scope| {
        let evaluated = scope.spawn(|| evaluated(pieces, receive));
        let doubts = read(&selectors, source, steps, settings, &send);
        // Then all of it is evaluated.
        drop(send);
        (doubts, evaluated.join())
    });
    // What fails while it is evaluated is of an earlier piece than what cannot be read.
    let mut answer = answer.unwrap_or_else(|panic| resume_unwind(panic))?;
    answer.warnings.extend(doubts?);
    Ok(answer)
}

type Piece = (SeriesSet, Steps);

/// The answer of all pieces. Whoever sends them sees that no more are wanted soon after one of them has failed.
fn evaluated(pieces: &Pieces, receive: Receiver<Piece>) -> Result<Answer, EvalError> {
    let numbered = Mutex::new(receive.into_iter().enumerate());
    thread::scope(|scope| {
        let (send, done) = mpsc::channel();
        let evaluating = [(); AT_ONCE].map(|()| {
            let (numbered, send) = (&numbered, send.clone());
            scope.spawn(move || evaluate(pieces, numbered, &send))
        });
        // Then those who evaluate have the only ones.
        drop(send);
        let answer = in_order(pieces.parts(), done);
        for thread in evaluating {
            thread.join().unwrap_or_else(|panic| resume_unwind(panic));
        }
        answer
    })
}

/// A part, with the number of its piece.
type Done = (usize, Result<Part, EvalError>);

/// One piece after the other, until there are no more, or nobody wants their parts.
fn evaluate(
    pieces: &Pieces,
    numbered: &Mutex<impl Iterator<Item = (usize, Piece)>>,
    send: &Sender<Done>,
) {
    let next = || {
        numbered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .next()
    };
    while let Some((number, (samples, steps))) = next() {
        if send
            .send((number, pieces.evaluate(&samples, steps)))
            .is_err()
        {
            break;
        }
    }
}

/// The answer of parts that come as they are done.
fn in_order(mut parts: Parts, done: Receiver<Done>) -> Result<Answer, EvalError> {
    let (mut early, mut next) = (BTreeMap::new(), 0);
    for (number, part) in done {
        early.insert(number, part);
        while let Some(part) = early.remove(&next) {
            parts.add(part?)?;
            next += 1;
        }
    }
    Ok(parts.answer())
}

/// Read piece by piece until somebody wants no more, and reasons to doubt that it is all.
fn read(
    selectors: &[Footprint],
    source: &mut Source,
    steps: Steps,
    settings: &Settings,
    send: &SyncSender<Piece>,
) -> anyhow::Result<Vec<String>> {
    let mut cut = Cut::new(steps, reach(selectors, steps, settings));
    let (mut all_doubts, mut told) = (Vec::new(), HashSet::new());
    while let Some(piece) = cut.next() {
        let (samples, doubts) = source.samples(&wanted(selectors, piece, settings))?;
        cut.weighed(piece, weight(&samples, piece));
        all_doubts.extend(
            doubts
                .into_iter()
                .filter(|doubt| told.insert(doubt.clone())),
        );
        if send.send((samples, piece)).is_err() {
            break;
        }
    }
    Ok(all_doubts)
}

/// How long before a step the earliest sample is that it may look at; of what is fixed, how many are read for each piece.
fn reach(selectors: &[Footprint], steps: Steps, settings: &Settings) -> Millis {
    let first = Steps {
        to: steps.from,
        ..steps
    };
    let wanted = wanted(selectors, first, settings);
    let times = wanted.iter().map(|wanted| wanted.times);
    let lengths = times.map(|(from, to)| to.saturating_sub(from));
    lengths.max().unwrap_or(0)
}

/// Values in memory: samples, or the elements of a selector, whichever are more.
fn weight(samples: &SeriesSet, piece: Steps) -> usize {
    let steps = usize::try_from(count(piece)).unwrap_or(usize::MAX);
    let loaded = samples.iter().map(|(_, samples)| samples.len()).sum();
    samples.len().saturating_mul(steps).max(loaded)
}

fn count(steps: Steps) -> Millis {
    (steps.to - steps.from) / steps.step + 1
}

/// The steps of a range, some after the others. A piece has two steps at least, because one alone would be an instant, and is not shorter
/// than what is read before it.
struct Cut {
    left: Option<Steps>,
    length: Millis,
    least: Millis,
}

impl Cut {
    fn new(steps: Steps, reach: Millis) -> Self {
        let least = (reach / steps.step).clamp(2, MOST_AT_ONCE - 1);
        Self {
            left: Some(steps),
            length: FIRST.0.min(FIRST.1 / steps.step).max(least),
            least,
        }
    }

    fn next(&mut self) -> Option<Steps> {
        let left = self.left.take()?;
        if count(left) <= self.length + 1 {
            return Some(left);
        }
        let next = left.from + self.length * left.step;
        self.left = Some(Steps { from: next, ..left });
        Some(Steps {
            to: next - left.step,
            ..left
        })
    }

    /// What the last piece weighed: the next ones are longer or shorter.
    fn weighed(&mut self, piece: Steps, weight: usize) {
        if weight < LIGHT && count(piece) >= self.length {
            self.length = (self.length * 2).min(MOST_AT_ONCE - 1);
        } else if weight > HEAVY {
            self.length = (self.length / 2).max(self.least);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promql::Sample;

    fn cut(steps: Steps, reach: Millis, weight_of_a_step: usize) -> Vec<Steps> {
        let mut cut = Cut::new(steps, reach);
        let mut all = Vec::new();
        while let Some(piece) = cut.next() {
            let steps = usize::try_from(count(piece)).unwrap();
            cut.weighed(piece, steps * weight_of_a_step);
            all.push(piece);
        }
        all
    }

    #[test]
    fn pieces_are_consecutive_and_none_is_a_single_step() {
        for steps in [1, 2, 1_000, 1_001, 1_002, 40_321] {
            let (from, step) = (7, 15_000);
            let to = from + (steps - 1) * step + 14_999;
            let all = cut(Steps { from, to, step }, 300_000, 1_000);
            let mut next = from;
            for piece in &all {
                assert_eq!(piece.from, next);
                assert!(count(*piece) > 1 || steps == 1, "{steps}: {piece:?}");
                assert!(count(*piece) <= MOST_AT_ONCE, "{steps}: {piece:?}");
                next += count(*piece) * step;
            }
            assert_eq!(all.last().map(|piece| piece.to), Some(to));
            assert_eq!(all.iter().copied().map(count).sum::<Millis>(), steps);
        }
    }

    #[test]
    fn parts_are_put_in_the_order_of_their_pieces_however_they_come() {
        let query = Query::parse("a").unwrap();
        let samples = (0..6).map(|at| Sample { at, value: 1.0 });
        let series = ("__name__", "a");
        let data: SeriesSet = [([series].into_iter().collect(), samples.collect())]
            .into_iter()
            .collect();
        let settings = Settings::default();
        let whole = Steps {
            from: 0,
            to: 5,
            step: 1,
        };
        let pieces = query.in_pieces(whole, &settings).unwrap();
        let part = |number: usize| {
            let from = 2 * Millis::try_from(number).unwrap();
            let steps = Steps {
                from,
                to: from + 1,
                step: 1,
            };
            (number, pieces.evaluate(&data, steps))
        };
        let joined = |parts: Vec<Done>| {
            let (send, done) = mpsc::channel();
            for part in parts {
                send.send(part).expect("somebody hears");
            }
            drop(send);
            in_order(pieces.parts(), done)
        };
        let answer = joined(vec![part(1), part(2), part(0)]).unwrap();
        assert_eq!(answer, query.range(&data, whole, &settings).unwrap());
        let failed = joined(vec![
            (1, Err(EvalError::Step)),
            (0, Err(EvalError::Time)),
            part(2),
        ]);
        assert_eq!(failed.unwrap_err(), EvalError::Time, "of the first piece");
    }

    #[test]
    fn long_steps_begin_with_few() {
        let steps = |step| Steps {
            from: 0,
            to: 999 * step,
            step,
        };
        let lengths = |step, weight| {
            let pieces = cut(steps(step), 0, weight).into_iter();
            pieces.map(count).collect::<Vec<_>>()
        };
        assert_eq!(lengths(1_000, 1), [1_000]);
        assert_eq!(lengths(15_000, 1), [240, 480, 280]);
        assert_eq!(lengths(86_400_000, 1_000_000)[..3], [2, 2, 2]);
        assert_eq!(lengths(86_400_000, 1)[..3], [2, 4, 8]);
    }

    #[test]
    fn a_piece_is_as_long_as_its_weight_allows_and_not_shorter_than_its_reach() {
        let steps = Steps {
            from: 0,
            to: 99_999,
            step: 1,
        };
        let longest = |reach, weight| cut(steps, reach, weight).into_iter().map(count).max();
        assert_eq!(longest(0, 1), Some(MOST_AT_ONCE - 1));
        assert_eq!(longest(0, 1_000), Some(1_000));
        assert_eq!(longest(0, 1_000_000), Some(1_000), "the first one");
        assert_eq!(longest(5_000, 1_000), Some(5_000));
        assert_eq!(longest(50_000, 1_000), Some(MOST_AT_ONCE - 1));
        assert_eq!(cut(steps, 0, 1_000_000).last().map(|p| count(*p)), Some(3));
    }
}
