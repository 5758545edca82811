//! The value of a load record: run, partition and sequence number in plain text, filled up to the size asked for.

/// The value; longer than `size` if the numbers need it.
pub(super) fn encode(run: u32, partition: i32, sequence: u64, size: usize) -> Vec<u8> {
    let mut value = format!("load {run} {partition} {sequence} ").into_bytes();
    value.resize(value.len().max(size), b'.');
    value
}

/// Partition and sequence number of a record of this run.
pub(super) fn decode(value: &[u8], run: u32) -> Option<(i32, u64)> {
    let text = std::str::from_utf8(value).ok()?;
    let mut words = text.split(' ');
    let ours = words.next()? == "load" && words.next()?.parse() == Ok(run);
    let (partition, sequence) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    ours.then_some((partition, sequence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_known_again_by_its_own_run_only() {
        let value = encode(7, 5, 123, 200);
        assert_eq!(value.len(), 200);
        assert_eq!(decode(&value, 7), Some((5, 123)));
        assert_eq!(decode(&value, 8), None);
        assert_eq!(decode(b"other", 7), None);
    }
}
