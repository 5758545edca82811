//! The judgement as JSON: the same judgement gives the same bytes, keys in the order of its fields, one newline at the end.

use std::io::{self, Write};

use crate::recovery::judgement::Judgement;

/// Write the judgement.
pub fn write(out: &mut impl Write, judgement: &Judgement) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, judgement)?;
    out.write_all(b"\n")
}
