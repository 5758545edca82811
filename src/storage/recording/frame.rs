//! Frames: what one flush wrote, whole or not at all.
//!
//! A frame is `MWR1`, the length of its payload, the CRC-32C of its payload and the CRC-32C of these 12 bytes, then the payload. All numbers
//! are little-endian and have 32 bits.

use std::io::{self, Read};
use std::ops::Range;

const MAGIC: &[u8; 4] = b"MWR1";
const HEADER: usize = 16;

/// A piece of a segment.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    /// Where it stands.
    pub(super) bytes: Range<usize>,
    /// The payload of a frame; `None` where the bytes are no frame.
    pub(super) payload: Option<&'a [u8]>,
}

/// A payload with its header before it.
pub(super) fn frame(payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a flush is far below 4 GiB");
    let mut frame = Vec::with_capacity(HEADER + payload.len());
    frame.extend(MAGIC);
    frame.extend(length.to_le_bytes());
    frame.extend(crc32c::crc32c(payload).to_le_bytes());
    frame.extend(crc32c::crc32c(&frame).to_le_bytes());
    frame.extend(payload);
    frame
}

/// Hands over the pieces of a segment. In memory is a frame at a time, and where there is damage all that is behind it.
pub(super) fn each_piece(mut segment: impl Read, mut see: impl FnMut(Piece<'_>)) -> io::Result<()> {
    let (mut at, mut frame) = (0, Vec::new());
    loop {
        frame.clear();
        read_more(&mut segment, HEADER as u64, &mut frame)?;
        if let Some(length) = length(&frame) {
            read_more(&mut segment, length.into(), &mut frame)?;
        }
        if frame.is_empty() {
            return Ok(());
        }
        let is_frame = payload_at(&frame, 0).is_some();
        if !is_frame {
            segment.read_to_end(&mut frame)?;
        }
        for Piece { bytes, payload } in pieces(&frame) {
            let bytes = at + bytes.start..at + bytes.end;
            see(Piece { bytes, payload });
        }
        at += frame.len();
    }
}

/// At most so many bytes: a length that is damaged asks for no memory.
fn read_more(from: &mut impl Read, most: u64, to: &mut Vec<u8>) -> io::Result<usize> {
    from.take(most).read_to_end(to)
}

/// The pieces of a segment, in order, from its first byte to its last.
pub(super) fn pieces(bytes: &[u8]) -> impl Iterator<Item = Piece<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        if at == bytes.len() {
            return None;
        }
        let payload = payload_at(bytes, at);
        let start = at;
        at = match payload {
            Some(payload) => start + HEADER + payload.len(),
            None => next_frame(bytes, start + 1),
        };
        Some(Piece {
            bytes: start..at,
            payload,
        })
    })
}

fn next_frame(bytes: &[u8], from: usize) -> usize {
    let mut starts = from..bytes.len().saturating_sub(HEADER);
    let next =
        starts.find(|at| bytes[*at..].starts_with(MAGIC) && payload_at(bytes, *at).is_some());
    next.unwrap_or(bytes.len())
}

fn payload_at(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let (header, rest) = bytes.get(at..)?.split_at_checked(HEADER)?;
    let payload = rest.get(..usize::try_from(length(header)?).ok()?)?;
    (number(header, 8) == crc32c::crc32c(payload)).then_some(payload)
}

/// The length of the payload behind a header, if it is one.
fn length(header: &[u8]) -> Option<u32> {
    let is_header = header.len() == HEADER
        && &header[..4] == MAGIC
        && number(header, 12) == crc32c::crc32c(&header[..12]);
    is_header.then(|| number(header, 4))
}

fn number(header: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(header[at..at + 4].try_into().expect("4 bytes"))
}

#[test]
fn frames_are_read_whole_and_what_is_no_frame_is_damage() {
    let mut bytes = frame(b"one");
    bytes.extend(frame(b""));
    bytes.extend(frame(b"three"));
    let all = |bytes| {
        let pieces = pieces(bytes).map(|piece| (piece.bytes, piece.payload));
        let all: Vec<_> = pieces.collect();
        let (mut n, mut same) = (0, true);
        let see = |piece: Piece<'_>| {
            same &= all.get(n) == Some(&(piece.bytes, piece.payload));
            n += 1;
        };
        each_piece(bytes, see).unwrap();
        assert!(same && n == all.len(), "of a file they are the same");
        all
    };
    let whole = [
        (0..19, Some(&b"one"[..])),
        (19..35, Some(b"")),
        (35..56, Some(b"three")),
    ];
    assert_eq!(all(&bytes), whole);
    let mut damaged = bytes.clone();
    damaged[17] ^= 1;
    assert_eq!(all(&damaged)[0], (0..19, None));
    assert_eq!(all(&damaged)[1..], whole[1..]);
    assert_eq!(all(&bytes[..55])[2], (35..55, None));
    assert!(all(b"").is_empty());
}
