//! Whether the target's log is still the one that an earlier life read: what stood just before the reader's place must stand there
//! still. Offsets alone do not tell: a topic that was deleted and made again may have grown beyond that place meanwhile. Pure.

/// By partition, the checksum of what was read last.
#[derive(Debug, Default)]
pub(super) struct Marks {
    read: Vec<Option<u32>>,
    /// Offsets at which what an earlier life read last must be found first.
    expected: Vec<Option<i64>>,
}

/// What a record that was read is to the marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// It is to be counted.
    New,
    /// An earlier life has counted it.
    Known,
    /// The log is another one.
    Strange,
}

impl Marks {
    /// An earlier life was before these offsets, and had read these checksums there.
    pub(super) fn were(&mut self, marks: Vec<Option<(i64, u32)>>) {
        self.expected = marks.iter().map(|mark| Some(mark.as_ref()?.0)).collect();
        self.read = marks.into_iter().map(|mark| Some(mark?.1)).collect();
    }

    /// A record was read.
    pub(super) fn read(&mut self, partition: usize, offset: i64, checksum: u32) -> Reading {
        if self.read.len() <= partition {
            self.read.resize(partition + 1, None);
        }
        let expected = self.expected.get_mut(partition).and_then(Option::take);
        let before = self.read[partition].replace(checksum);
        // Without the record itself, which retention may have taken, nothing is known against the log.
        match expected {
            Some(next) if offset + 1 == next && before == Some(checksum) => Reading::Known,
            Some(next) if offset < next => Reading::Strange,
            _ => Reading::New,
        }
    }

    /// The checksum of what was read last.
    pub(super) fn last(&self, partition: usize) -> Option<u32> {
        self.read.get(partition).copied().flatten()
    }
}

#[test]
fn what_an_earlier_life_read_last_is_known_again_and_not_counted_twice() {
    let mut marks = Marks::default();
    assert_eq!(marks.read(1, 6, 77), Reading::New);
    assert_eq!((marks.last(0), marks.last(1)), (None, Some(77)));
    let mut next = Marks::default();
    next.were(vec![None, Some((7, 77))]);
    assert_eq!(next.last(1), Some(77), "kept until something is read");
    assert_eq!(next.read(1, 6, 77), Reading::Known);
    assert_eq!(next.read(1, 7, 78), Reading::New);
    assert_eq!(
        next.read(1, 6, 77),
        Reading::New,
        "read again by the reader"
    );
    assert_eq!(next.read(0, 6, 77), Reading::New);
}

#[test]
fn another_record_in_its_place_gives_another_log_away() {
    for (offset, checksum, reading) in [
        (6, 77, Reading::Known),
        (6, 78, Reading::Strange),
        (3, 77, Reading::Strange),
        (7, 78, Reading::New),
        (9, 78, Reading::New),
    ] {
        let mut marks = Marks::default();
        marks.were(vec![Some((7, 77))]);
        assert_eq!(
            marks.read(0, offset, checksum),
            reading,
            "{offset} {checksum}"
        );
    }
}
