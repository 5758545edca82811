//! A window of raw samples, asked for piece by piece: below the server's limits, and each piece a little into the one before, so that a server
//! that tells two stories about the same time is found out.

use super::answer::Data;
use super::error::excerpt;
use super::{Error, Fetched, Server};
use crate::fetch;
use crate::promql::{Labels, Millis, Sample, Selector, SeriesSet};

/// Length of a piece to begin with: far below Prometheus' limit of samples per query at any scrape interval.
const PIECE: Millis = 300_000;
/// A piece that yields fewer samples than this is followed by one twice as long, up to a day.
const FEW: usize = 200_000;
const LONGEST: Millis = 86_400_000;
/// What a server does not answer in a piece as short as this one, it does not answer at all.
const LEAST: Millis = 10_000;
/// Ranges are left-open since Prometheus 3 and closed before: this much more makes both complete.
const EDGE: Millis = 1_000;
/// How far a piece reaches into the one before: a sample at least at the longest usual scrape interval.
const OVERLAP: Millis = 60_000;

impl Server {
    /// Every sample of some selectors in the left-open range of times. A piece that is too much for the server is halved.
    pub async fn samples(
        &self,
        selectors: &[Selector],
        from: Millis,
        to: Millis,
    ) -> Result<Fetched, Error> {
        self.samples_telling(selectors, from, to, |_| ()).await
    }

    /// The same; `tell` is called after each piece with how many milliseconds it was long.
    pub async fn samples_telling(
        &self,
        selectors: &[Selector],
        from: Millis,
        to: Millis,
        mut tell: impl FnMut(Millis),
    ) -> Result<Fetched, Error> {
        let mut all = Fetched::default();
        for selector in selectors {
            let mut window = Window::new(selector, from);
            while window.reached < to {
                let until = window.next(to);
                match self.piece(&window, until).await {
                    Ok(piece) => {
                        tell(until - window.reached);
                        window.join(piece, until);
                    }
                    Err(error) if window.shortened(until, &error) => {}
                    Err(error) => return Err(error),
                }
            }
            all.warnings.extend(window.warnings);
            all.series.join(window.series);
        }
        all.warnings.sort();
        all.warnings.dedup();
        Ok(all)
    }

    /// The samples after the overlap's beginning until a time.
    async fn piece(&self, window: &Window<'_>, until: Millis) -> Result<Fetched, Error> {
        let (selector, from) = (window.selector, window.overlap().0);
        let range = until - from + EDGE;
        let query = format!("{selector}[{range}ms]");
        let answer = self.query(&query, Some(until)).await?;
        let Data::Matrix(matrix) = answer.data else {
            return Err(self.malformed("a range is not a matrix"));
        };
        let mut piece = Fetched {
            warnings: answer.warnings,
            ..Fetched::default()
        };
        for series in matrix {
            let raw = series.raw().map_err(|what| self.malformed(what))?;
            if raw.is_rounded {
                let warning = "times finer than a millisecond were rounded".to_owned();
                piece.warnings.push(warning);
            }
            if piece.series.get(&series.metric).is_some() {
                let warning = excerpt(&format!("{} came twice in one answer", series.metric));
                piece.warnings.push(warning);
            }
            let samples = raw.samples.into_iter();
            let is_value = |sample: &Sample| !(answer.is_victoria && sample.value.is_nan());
            let is_within = |sample: &Sample| sample.at > from && sample.at <= until;
            let wanted = samples.filter(|sample| is_value(sample) && is_within(sample));
            let wanted: Vec<_> = wanted.collect();
            if !wanted.is_empty() {
                piece.series.add(series.metric, wanted);
            }
        }
        Ok(piece)
    }
}

/// What is fetched of a selector so far.
struct Window<'a> {
    selector: &'a Selector,
    from: Millis,
    /// Until when it is fetched.
    reached: Millis,
    /// Of the next piece, and of any: what was refused once is not asked for again.
    length: Millis,
    most: Millis,
    series: SeriesSet,
    warnings: Vec<String>,
}

impl<'a> Window<'a> {
    fn new(selector: &'a Selector, from: Millis) -> Self {
        Self {
            selector,
            from,
            reached: from,
            length: PIECE,
            most: LONGEST,
            series: SeriesSet::default(),
            warnings: Vec::new(),
        }
    }

    /// The times that the next piece answers again, left-open.
    fn overlap(&self) -> (Millis, Millis) {
        let start = self.reached.saturating_sub(OVERLAP).max(self.from);
        (start, self.reached)
    }

    /// Until when the next piece goes.
    fn next(&self, to: Millis) -> Millis {
        self.reached.saturating_add(self.length).min(to)
    }

    /// Whether a piece until this time, which was not answered, can be asked for in shorter ones; they will be. A server that is silent about a short
    /// piece is silent altogether.
    fn shortened(&mut self, until: Millis, error: &Error) -> bool {
        let asked = until - self.reached;
        let is_silence = matches!(
            error,
            Error::Http {
                cause: fetch::Error::Timeout(_),
                ..
            }
        );
        self.length = (asked / 2).max(LEAST);
        self.most = self.length;
        error.is_too_much() && asked > LEAST && (asked >= PIECE || !is_silence)
    }

    fn join(&mut self, piece: Fetched, until: Millis) {
        let differ = self.differences(&piece.series);
        if differ > 0 {
            self.warnings.push(format!(
                "{}: two answers of the server differ about the same minute, in {differ} series",
                self.selector
            ));
        }
        self.warnings.extend(piece.warnings);
        let samples: usize = piece.series.iter().map(|(_, samples)| samples.len()).sum();
        if samples < FEW {
            self.length = self.length.saturating_mul(2).min(self.most);
        }
        self.series.join(piece.series);
        self.reached = until;
    }

    /// How many series have other samples in the overlap than before.
    fn differences(&self, piece: &SeriesSet) -> usize {
        let overlap = self.overlap();
        let differs = |labels: &Labels| {
            let [before, now] =
                [&self.series, piece].map(|set| set.get(labels).unwrap_or_default());
            !same(within(before, overlap), within(now, overlap))
        };
        let known = self.series.iter().map(|(labels, _)| labels);
        let new = piece.iter().map(|(labels, _)| labels);
        let new = new.filter(|labels| self.series.get(labels).is_none());
        known.chain(new).filter(|labels| differs(labels)).count()
    }
}

fn within(samples: &[Sample], (from, to): (Millis, Millis)) -> &[Sample] {
    let until = |edge| samples.partition_point(|sample| sample.at <= edge);
    samples.get(until(from)..until(to)).unwrap_or_default()
}

fn same(a: &[Sample], b: &[Sample]) -> bool {
    let bits = |sample: &Sample| (sample.at, sample.value.to_bits());
    a.iter().map(bits).eq(b.iter().map(bits))
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;

    use super::*;

    /// Metrics and their samples.
    type Told<'a> = &'a [(&'a str, &'a [(Millis, f64)])];

    fn piece(all: Told<'_>) -> Fetched {
        let mut piece = Fetched::default();
        for (name, samples) in all {
            let samples = samples.iter().map(|(at, value)| Sample {
                at: *at,
                value: *value,
            });
            piece
                .series
                .add([("__name__", *name)].into_iter().collect(), samples);
        }
        piece
    }

    fn warned(second: Told<'_>) -> Vec<String> {
        let selector = Selector::parse(r#"{job="a"}"#).unwrap();
        let mut window = Window::new(&selector, 0);
        assert_eq!(window.overlap(), (0, 0));
        window.join(
            piece(&[("a", &[(200_000, 1.0), (290_000, f64::NAN)])]),
            300_000,
        );
        assert_eq!(window.overlap(), (240_000, 300_000));
        window.join(piece(second), 400_000);
        assert_eq!(window.reached, 400_000);
        window.warnings
    }

    #[test]
    fn a_piece_that_is_too_much_is_halved_and_one_of_few_samples_doubled() {
        let selector = Selector::named("up");
        let mut window = Window::new(&selector, 0);
        assert_eq!(window.next(1_000_000), 300_000);
        window.join(Fetched::default(), 300_000);
        assert_eq!(window.next(10_000_000), 900_000, "twice as long");
        let refused = |status| Error::Status {
            server: String::new(),
            status,
            message: String::new(),
        };
        let too_much = refused(StatusCode::UNPROCESSABLE_ENTITY);
        assert!(window.shortened(900_000, &too_much));
        assert_eq!(window.next(10_000_000), 600_000, "half as long");
        window.join(Fetched::default(), 600_000);
        assert_eq!(window.next(10_000_000), 900_000, "and no longer any more");
        assert!(!window.shortened(610_000, &too_much), "as short as it gets");
        assert!(window.shortened(610_001, &too_much));
        assert!(!window.shortened(900_000, &refused(StatusCode::UNAUTHORIZED)));
        let silence = Error::Http {
            server: String::new(),
            cause: fetch::Error::Timeout(std::time::Duration::from_secs(30)),
        };
        assert!(window.shortened(900_000, &silence) && !window.shortened(899_999, &silence));
    }

    #[test]
    fn two_answers_that_agree_where_they_overlap_join_without_a_word() {
        let agrees = warned(&[
            ("a", &[(290_000, f64::NAN), (310_000, 2.0)]),
            ("b", &[(310_000, 2.0)]),
        ]);
        assert_eq!(agrees, [""; 0]);
    }

    #[test]
    fn two_answers_that_differ_where_they_overlap_are_doubted() {
        let others: [Told<'_>; 4] = [
            &[("a", &[(310_000, 2.0)])],
            &[("a", &[(290_000, 2.0)])],
            &[("a", &[(280_000, 1.0), (290_000, f64::NAN)])],
            &[("a", &[(290_000, f64::NAN)]), ("b", &[(290_000, 1.0)])],
        ];
        for other in others {
            assert_eq!(
                warned(other),
                [
                    r#"{job="a"}: two answers of the server differ about the same minute, in 1 series"#
                ],
                "{other:?}"
            );
        }
    }
}
