//! What one flush holds: the times of its first and its last sample, the labels of its series, and the times and values of their samples.
//!
//! The labels and the samples are made small by zstd, each for themselves: flushes with the same series begin with the same bytes, so that one
//! knows the series of the next flush without inflating them. The times of a scrape are all the same, and are stored as what they differ
//! from the one before, whichever series that is of. A value is kept bit for bit, so that the marker of a series' end and every other NaN come back as they were. It is stored as what differs
//! from the value before it, which is mostly nothing.

use std::collections::HashMap;
use std::io::Read as _;

use zstd::zstd_safe::{DCtx, ResetDirective};

use crate::promql::{Labels, Millis, Sample};

/// The samples of a flush by series, each in the order in which they were scraped.
pub(super) type Batch = HashMap<Labels, Vec<Sample>>;

/// Most bytes of one flush before compression that are read: more than any exporter's page a hundred times over.
const MAX_RAW: u64 = 1 << 30;
/// Bytes of a value.
const VALUE: usize = 8;
/// zstd's own default.
const LEVEL: i32 = 3;

/// The payload of a frame.
pub(super) fn encode(batch: &Batch) -> Vec<u8> {
    let mut series: Vec<_> = batch.iter().collect();
    series.sort_unstable_by_key(|(labels, _)| *labels);
    let (mut labels, mut times, mut values) = (Vec::new(), Vec::new(), Vec::new());
    put(&mut labels, series.len() as u64);
    let mut at = 0;
    for (who, samples) in series {
        put_labels(&mut labels, who);
        put(&mut times, samples.len() as u64);
        let mut bits = 0;
        for sample in samples {
            put(&mut times, zigzag(sample.at.wrapping_sub(at)));
            values.extend((sample.value.to_bits() ^ bits).to_le_bytes());
            (at, bits) = (sample.at, sample.value.to_bits());
        }
    }
    let mut samples = Vec::with_capacity(times.len() + values.len() + 8);
    put(&mut samples, times.len() as u64);
    samples.extend(times);
    samples.extend(values);
    let (labels, samples) = (deflated(&labels), deflated(&samples));
    let (first, last) = ends(batch);
    let mut payload = Vec::with_capacity(labels.len() + samples.len() + 32);
    put(&mut payload, zigzag(first));
    put(&mut payload, zigzag(last));
    put(&mut payload, labels.len() as u64);
    payload.extend(labels);
    payload.extend(samples);
    payload
}

/// The times of the first and the last sample; of none, that nothing lies between.
fn ends(batch: &Batch) -> (Millis, Millis) {
    let times = batch.values().flatten().map(|sample| sample.at);
    let (first, last) = (times.clone().min(), times.max());
    (first.unwrap_or(Millis::MAX), last.unwrap_or(Millis::MIN))
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(bytes, LEVEL).expect("memory can be compressed")
}

/// The times of the first and the last sample of a payload, if there is one: known before anything is inflated.
pub(super) fn times(mut payload: &[u8]) -> Option<(Millis, Millis)> {
    let (first, last) = take_ends(&mut payload)?;
    (first <= last).then_some((first, last))
}

fn take_ends(payload: &mut &[u8]) -> Option<(Millis, Millis)> {
    Some((unzigzag(take(payload)?), unzigzag(take(payload)?)))
}

/// Reads payloads, one after the other. One flush mostly has the series of the one before: their labels are not read again.
pub(super) struct Decoder {
    context: DCtx<'static>,
    raw: Vec<u8>,
    /// Of the last payload: its labels as they stood there, and read.
    labels: Vec<u8>,
    series: Vec<Labels>,
    counts: Vec<usize>,
    times: Vec<Millis>,
}

/// What a payload holds, series by series.
pub(super) struct Payload<'a> {
    pub(super) series: &'a [Labels],
    /// Whether these are the series of the payload before.
    pub(super) has_same_series: bool,
    counts: &'a [usize],
    times: &'a [Millis],
    values: &'a [u8],
}

impl Decoder {
    pub(super) fn new() -> Self {
        Self {
            context: DCtx::create(),
            raw: Vec::new(),
            labels: Vec::new(),
            series: Vec::new(),
            counts: Vec::new(),
            times: Vec::new(),
        }
    }

    /// A payload, or `None` where it is not what `encode` makes.
    pub(super) fn decode(&mut self, payload: &[u8]) -> Option<Payload<'_>> {
        let Some((has_same_series, values)) = self.take_apart(payload) else {
            // Nobody has seen its series: the next payload's are others.
            self.labels.clear();
            return None;
        };
        Some(Payload {
            series: &self.series,
            has_same_series,
            counts: &self.counts,
            times: &self.times,
            values: &self.raw[values..],
        })
    }

    /// Whether it has the series of the payload before, and where its values begin.
    fn take_apart(&mut self, mut payload: &[u8]) -> Option<(bool, usize)> {
        take_ends(&mut payload)?;
        let labels = take_length(&mut payload)?;
        let (labels, samples) = payload.split_at_checked(labels)?;
        let has_same_series = !labels.is_empty() && labels == self.labels;
        if !has_same_series {
            self.inflate(labels)?;
            self.series = take_series(&self.raw)?;
            self.labels.clear();
            self.labels.extend(labels);
        }
        self.inflate(samples)?;
        let mut rest = self.raw.as_slice();
        let times = take_length(&mut rest)?;
        let (mut times, values) = rest.split_at_checked(times)?;
        self.counts.clear();
        self.times.clear();
        let mut at = 0;
        for _ in &self.series {
            let count = take_length(&mut times)?;
            take_times(&mut times, &mut at, count, &mut self.times)?;
            self.counts.push(count);
        }
        let is_whole = times.is_empty() && values.len() == self.times.len() * VALUE;
        is_whole.then_some((has_same_series, self.raw.len() - values.len()))
    }

    fn inflate(&mut self, bytes: &[u8]) -> Option<()> {
        // What the payload before was cut off in is over.
        self.context.reset(ResetDirective::SessionOnly).ok()?;
        self.raw.clear();
        // As a stream: what a damaged header says of its length asks for no memory.
        let decoder = zstd::stream::read::Decoder::with_context(bytes, &mut self.context);
        decoder.take(MAX_RAW).read_to_end(&mut self.raw).ok()?;
        Some(())
    }
}

impl Payload<'_> {
    /// The times of the first and the last sample.
    pub(super) fn times(&self) -> Option<(Millis, Millis)> {
        let (first, last) = (self.times.iter().min()?, self.times.iter().max()?);
        Some((*first, *last))
    }

    /// The sample of each series, in the order of the series, if each has one, as in the flush of a single scrape.
    pub(super) fn column(&self) -> Option<impl Iterator<Item = Sample>> {
        let samples = self.times.iter().zip(self.values.as_chunks().0);
        let is_column = self.counts.iter().all(|count| *count == 1);
        is_column.then(|| samples.map(|(at, bits)| sample(*at, u64::from_le_bytes(*bits))))
    }

    /// The samples of each series, in the order of the series.
    pub(super) fn samples(&self) -> impl Iterator<Item = impl Iterator<Item = Sample>> {
        let (mut times, mut values) = (self.times, self.values);
        self.counts.iter().map(move |count| {
            let (these, rest) = times.split_at(*count);
            times = rest;
            let (bits, rest) = values.split_at(count * VALUE);
            values = rest;
            these.iter().zip(bits.as_chunks().0).scan(0, undiffer)
        })
    }
}

/// A value from what differs from the value before it.
#[expect(clippy::unnecessary_wraps, reason = "as `scan` wants it")]
fn undiffer(bits: &mut u64, (at, differing): (&Millis, &[u8; VALUE])) -> Option<Sample> {
    *bits ^= u64::from_le_bytes(*differing);
    Some(sample(*at, *bits))
}

fn sample(at: Millis, bits: u64) -> Sample {
    Sample {
        at,
        value: f64::from_bits(bits),
    }
}

fn take_series(mut labels: &[u8]) -> Option<Vec<Labels>> {
    let mut series = Vec::new();
    for _ in 0..take_length(&mut labels)? {
        series.push(take_labels(&mut labels)?);
    }
    labels.is_empty().then_some(series)
}

/// The times of a series, after one of the series before.
fn take_times(
    from: &mut &[u8],
    at: &mut Millis,
    count: usize,
    times: &mut Vec<Millis>,
) -> Option<()> {
    for _ in 0..count {
        *at = at.wrapping_add(unzigzag(take(from)?));
        times.push(*at);
    }
    Some(())
}

fn put_labels(to: &mut Vec<u8>, labels: &Labels) {
    put(to, labels.iter().count() as u64);
    for text in labels.iter().flat_map(|(name, value)| [name, value]) {
        put(to, text.len() as u64);
        to.extend(text.as_bytes());
    }
}

fn take_labels(from: &mut &[u8]) -> Option<Labels> {
    let mut pairs = Vec::new();
    for _ in 0..take_length(from)? {
        pairs.push((take_text(from)?, take_text(from)?));
    }
    Some(pairs.into_iter().collect())
}

fn take_text<'a>(from: &mut &'a [u8]) -> Option<&'a str> {
    let length = take_length(from)?;
    let (text, rest) = from.split_at_checked(length)?;
    *from = rest;
    std::str::from_utf8(text).ok()
}

/// LEB128: seven bits a byte, the lowest first.
fn put(to: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        to.push(u8::try_from(number & 0x7f).expect("seven bits") | 0x80);
        number >>= 7;
    }
    to.push(u8::try_from(number).expect("seven bits"));
}

fn take(from: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn take_length(from: &mut &[u8]) -> Option<usize> {
    usize::try_from(take(from)?).ok()
}

/// Small numbers of either sign are small.
fn zigzag(number: i64) -> u64 {
    (number.cast_unsigned() << 1) ^ (number >> 63).cast_unsigned()
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bits(samples: &[Sample]) -> Vec<(Millis, u64)> {
        samples.iter().map(|s| (s.at, s.value.to_bits())).collect()
    }

    proptest! {
        #[test]
        fn every_sample_comes_back_bit_for_bit(
            all in proptest::collection::hash_map(
                ("[a-z]{1,3}", ".{0,5}"),
                prop_oneof![
                    proptest::collection::vec((any::<i64>(), any::<u64>()), 0..20),
                    proptest::collection::vec((any::<i64>(), any::<u64>()), 1),
                ],
                0..10,
            )
        ) {
            let batch: Batch = all
                .into_iter()
                .map(|((name, value), samples)| {
                    let labels = [("__name__", name), ("l", value)].into_iter().collect();
                    let samples = samples.into_iter().map(|(at, bits)| Sample { at, value: f64::from_bits(bits) });
                    (labels, samples.collect())
                })
                .collect();
            let mut decoder = Decoder::new();
            for has_same_series in [false, true] {
                let encoded = encode(&batch);
                let all = batch.values().flatten().map(|sample| sample.at);
                prop_assert_eq!(times(&encoded), all.clone().min().zip(all.max()));
                let read = decoder.decode(&encoded).expect("it was just written");
                prop_assert_eq!(read.series.len(), batch.len());
                prop_assert_eq!(read.has_same_series, has_same_series);
                for (labels, samples) in read.series.iter().zip(read.samples()) {
                    prop_assert_eq!(bits(&samples.collect::<Vec<_>>()), bits(&batch[labels]));
                }
                let column: Option<Vec<_>> = read.column().map(Iterator::collect);
                let is_column = batch.values().all(|samples| samples.len() == 1);
                prop_assert_eq!(column.is_some(), is_column);
                let each = read.series.iter().flat_map(|labels| &batch[labels]).copied();
                prop_assert!(column.is_none_or(|column| bits(&column) == bits(&each.collect::<Vec<_>>())));
            }
        }

        #[test]
        fn no_payload_panics(raw in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut decoder = Decoder::new();
            let _ = decoder.decode(&raw);
            let labels = deflated(&raw);
            let mut payload = vec![0, 0];
            put(&mut payload, labels.len() as u64);
            payload.extend(labels);
            payload.extend(deflated(&raw));
            let _ = decoder.decode(&payload);
            let whole = encode(&Batch::new());
            prop_assert!(decoder.decode(&whole).is_some(), "what was wrong before does not matter");
        }
    }
}
