//! Inputs near real ones: a seed with a few edits, now and then plain noise. proptest shrinks what fails.

use proptest::prelude::*;
use proptest::sample::Index;

/// What readers stumble over.
const TOKENS: &[&[u8]] = &[
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"null",
    b"NaN",
    b"\"NaN\"",
    b"1e999",
    b"-1e999",
    b"9223372036854775808",
    b"-9223372036854775809",
    b"18446744073709551616",
    b"0.1",
    b"-0",
    b"true",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\xc3",
    b"\x00",
    b"\x1b[2J",
    b"\n",
    b"\r\n",
    b"\t",
    b" ",
    b"=",
    b"*",
    b"?",
    b"q=",
    b";",
    b"gzip",
    b"*/*",
    b"text/plain",
    b"&a",
    b"*a",
    b"!!",
    b"- ",
    b"? ",
    b"|",
    b">",
    b"# ",
    b"ms",
    b"1y",
    b"\x7f\xff\xff\xff",
    b"\x80\x00\x00\x00",
    b"\xff\xff",
    b"\"status\":200",
    b"\"value\":",
    b"\xe2\x80\xae",
];

#[derive(Clone, Copy, Debug)]
enum Edit {
    Flip(Index, u8),
    Set(Index, u8),
    Cut(Index),
    Remove(Index, usize),
    Repeat(Index, usize, usize),
    Insert(Index, Index),
    Splice(Index, Index, Index, usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<Index>;
    prop_oneof![
        4 => (at(), 0_u8..8).prop_map(|(at, bit)| Edit::Flip(at, bit)),
        2 => (at(), any::<u8>()).prop_map(|(at, byte)| Edit::Set(at, byte)),
        1 => at().prop_map(Edit::Cut),
        2 => (at(), 1_usize..64).prop_map(|(at, length)| Edit::Remove(at, length)),
        1 => (at(), 1_usize..32, 1_usize..64).prop_map(|(at, length, times)| Edit::Repeat(at, length, times)),
        4 => (at(), at()).prop_map(|(at, token)| Edit::Insert(at, token)),
        2 => (at(), at(), at(), 1_usize..256).prop_map(|(at, seed, from, length)| Edit::Splice(at, seed, from, length)),
    ]
}

/// Inputs made of real ones, and of those that were kept because they are odd.
pub(crate) fn near(real: &[Vec<u8>], kept: &[Vec<u8>]) -> impl Strategy<Value = Vec<u8>> + use<> {
    prop_oneof![
        12 => edited(real.to_vec(), 3),
        4 => edited(real.to_vec(), 12),
        4 => edited(kept.to_vec(), 6),
        1 => prop::collection::vec(any::<u8>(), 0..300),
    ]
}

fn edited(seeds: Vec<Vec<u8>>, most: usize) -> impl Strategy<Value = Vec<u8>> {
    let edits = prop::collection::vec(edit(), 0..=most);
    (any::<Index>(), edits).prop_map(move |(seed, edits)| {
        let mut input = seed.get(&seeds).clone();
        for edit in edits {
            apply(&mut input, edit, &seeds);
        }
        input
    })
}

fn apply(input: &mut Vec<u8>, edit: Edit, seeds: &[Vec<u8>]) {
    let length = input.len();
    let place = |at: Index| at.index(length + 1);
    match edit {
        Edit::Flip(at, bit) if length > 0 => input[at.index(length)] ^= 1 << bit,
        Edit::Set(at, byte) if length > 0 => input[at.index(length)] = byte,
        Edit::Flip(..) | Edit::Set(..) => {}
        Edit::Cut(at) => input.truncate(place(at)),
        Edit::Remove(at, count) => {
            let at = place(at);
            input.drain(at..length.min(at + count));
        }
        Edit::Repeat(at, count, times) => {
            let at = place(at);
            let piece = input[at..length.min(at + count)].repeat(times);
            input.splice(at..at, piece);
        }
        Edit::Insert(at, token) => {
            let at = place(at);
            input.splice(at..at, token.get(TOKENS).iter().copied());
        }
        Edit::Splice(at, seed, from, count) => {
            let (at, other) = (place(at), seed.get(seeds));
            let from = from.index(other.len() + 1);
            input.splice(
                at..at,
                other[from..other.len().min(from + count)].iter().copied(),
            );
        }
    }
}
