//! What one flush holds: series and their samples, in three columns (labels, times, values) that zstd makes small.
//!
//! A value is kept bit for bit, so that the marker of a series' end and every other NaN come back as they were. It is stored as what differs
//! from the value before it, which is mostly nothing.

use std::collections::HashMap;
use std::io::Read as _;

use crate::promql::{Labels, Millis, Sample};

/// The samples of a flush by series, each in the order in which they were scraped.
pub(super) type Batch = HashMap<Labels, Vec<Sample>>;

/// Most bytes of one flush before compression that are read: more than any exporter's page a hundred times over.
const MAX_RAW: u64 = 1 << 30;
/// zstd's own default.
const LEVEL: i32 = 3;

/// The payload of a frame.
pub(super) fn encode(batch: &Batch) -> Vec<u8> {
    let mut series: Vec<_> = batch.iter().collect();
    series.sort_unstable_by_key(|(labels, _)| *labels);
    let (mut labels, mut times, mut values) = (Vec::new(), Vec::new(), Vec::new());
    put(&mut labels, series.len() as u64);
    for (who, samples) in series {
        put_labels(&mut labels, who);
        put(&mut times, samples.len() as u64);
        let (mut at, mut bits) = (0, 0);
        for sample in samples {
            put(&mut times, zigzag(sample.at.wrapping_sub(at)));
            values.extend((sample.value.to_bits() ^ bits).to_le_bytes());
            (at, bits) = (sample.at, sample.value.to_bits());
        }
    }
    let mut raw = Vec::with_capacity(labels.len() + times.len() + values.len() + 16);
    put(&mut raw, labels.len() as u64);
    put(&mut raw, times.len() as u64);
    raw.extend(labels);
    raw.extend(times);
    raw.extend(values);
    zstd::bulk::compress(&raw, LEVEL).expect("memory can be compressed")
}

/// The series in a payload that `keep` keeps, each with its samples; `None` where the payload is not what `encode` makes.
pub(super) fn decode(
    payload: &[u8],
    keep: impl Fn(&Labels) -> bool,
) -> Option<Vec<(Labels, Vec<Sample>)>> {
    let mut raw = Vec::new();
    // As a stream: what a damaged header says of its length asks for no memory.
    let decoder = zstd::stream::read::Decoder::with_buffer(payload).ok()?;
    decoder.take(MAX_RAW).read_to_end(&mut raw).ok()?;
    let mut rest = raw.as_slice();
    let (labels, times) = (take_length(&mut rest)?, take_length(&mut rest)?);
    let (mut labels, rest) = rest.split_at_checked(labels)?;
    let (mut times, mut values) = rest.split_at_checked(times)?;
    let mut series = Vec::new();
    for _ in 0..take_length(&mut labels)? {
        let who = take_labels(&mut labels)?;
        let samples = take_samples(&mut times, &mut values)?;
        if keep(&who) {
            series.push((who, samples));
        }
    }
    (labels.is_empty() && times.is_empty() && values.is_empty()).then_some(series)
}

fn take_samples(times: &mut &[u8], values: &mut &[u8]) -> Option<Vec<Sample>> {
    let count = take_length(times)?;
    let (mut at, mut bits): (Millis, u64) = (0, 0);
    // Each has a byte at least: a damaged count asks for no memory.
    let mut samples = Vec::with_capacity(count.min(times.len()));
    for _ in 0..count {
        at = at.wrapping_add(unzigzag(take(times)?));
        let (differing, rest) = values.split_first_chunk::<8>()?;
        *values = rest;
        bits ^= u64::from_le_bytes(*differing);
        samples.push(Sample {
            at,
            value: f64::from_bits(bits),
        });
    }
    Some(samples)
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
                proptest::collection::vec((any::<i64>(), any::<u64>()), 0..20),
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
            let read = decode(&encode(&batch), |_| true).expect("it was just written");
            prop_assert_eq!(read.len(), batch.len());
            for (labels, samples) in read {
                prop_assert_eq!(bits(&samples), bits(&batch[&labels]));
            }
        }

        #[test]
        fn no_payload_panics(raw in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&raw, |_| true);
            let _ = decode(&zstd::bulk::compress(&raw, LEVEL).unwrap(), |_| true);
        }
    }
}
