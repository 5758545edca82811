use std::fs;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use super::*;
use crate::model::time::Timestamp;
use crate::promql::{Labels, Millis, Sample};

fn labels(name: &str, instance: &str) -> Labels {
    [("__name__", name), ("job", "mm2"), ("instance", instance)]
        .into_iter()
        .collect()
}

/// What the scrape at a time yields: `up`, and three series with values that tell the time.
fn scrape(at: Millis) -> Vec<(Labels, Sample)> {
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let value = at as f64;
    ["up", "a", "b", "c"]
        .map(|name| (labels(name, "w:1"), Sample { at, value }))
        .into()
}

fn writer(dir: &Path, limits: Limits) -> Writer {
    Writer::open(dir, limits, Timestamp::from_millis(5)).unwrap()
}

/// So many flushes of one scrape each, at 1 s, 2 s and so on.
fn record(dir: &Path, flushes: Millis) {
    let mut writer = writer(dir, Limits::default());
    for n in 1..=flushes {
        writer.add(scrape(n * 1_000));
        writer.flush().unwrap();
    }
}

fn times(contents: &Contents) -> Vec<Millis> {
    let all = contents.series.iter().next();
    all.map_or(Vec::new(), |(_, samples)| {
        samples.iter().map(|s| s.at).collect()
    })
}

fn read(dir: &Path) -> Contents {
    let recording = Recording::open(dir).unwrap();
    recording.read(|_| true, 0, Millis::MAX).unwrap()
}

fn only_segment(dir: &Path) -> PathBuf {
    dir.join("00000001.log")
}

#[test]
fn what_was_flushed_is_read_within_a_left_open_window_and_of_the_series_that_are_wanted() {
    let dir = tempfile::tempdir().unwrap();
    record(dir.path(), 5);
    let recording = Recording::open(dir.path()).unwrap();
    let contents = recording
        .read(|labels| labels.name() == "a", 1_000, 4_000)
        .unwrap();
    assert_eq!(contents.series.len(), 1);
    assert_eq!(times(&contents), [2_000, 3_000, 4_000]);
    assert!(contents.damages.is_empty());
}

#[test]
fn what_a_recording_holds_is_told() {
    let dir = tempfile::tempdir().unwrap();
    record(dir.path(), 3);
    let info = Recording::open(dir.path()).unwrap().info().unwrap();
    assert_eq!(info.times, Some((1_000, 3_000)));
    assert_eq!(info.targets, [("mm2".to_owned(), "w:1".to_owned())]);
    assert_eq!(
        (info.scrapes, info.series, info.samples, info.segments),
        (3, 4, 12, 1)
    );
    assert_eq!(info.created, Timestamp::from_millis(5));
}

#[test]
fn a_stale_marker_and_other_nans_come_back_bit_for_bit() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = writer(dir.path(), Limits::default());
    let stale = Sample::stale(1_000);
    let other = Sample {
        at: 2_000,
        value: f64::from_bits(0x7ff8_dead_beef_0001),
    };
    writer.add([(labels("a", "w"), stale), (labels("a", "w"), other)]);
    writer.flush().unwrap();
    let contents = read(dir.path());
    let (_, samples) = contents.series.iter().next().unwrap();
    assert!(samples[0].is_stale());
    assert_eq!(samples[1].value.to_bits(), other.value.to_bits());
}

#[test]
fn a_recording_goes_on_behind_a_torn_flush_in_a_segment_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    record(dir.path(), 3);
    let segment = only_segment(dir.path());
    let whole = fs::read(&segment).unwrap();
    fs::write(&segment, &whole[..whole.len() - 3]).unwrap();
    let mut writer = writer(dir.path(), Limits::default());
    writer.add(scrape(9_000));
    writer.flush().unwrap();
    let contents = read(dir.path());
    assert_eq!(times(&contents), [1_000, 2_000, 9_000]);
    assert_eq!(contents.damages.len(), 1);
    assert_eq!(contents.damages[0].segment, segment);
}

#[test]
fn only_one_process_writes_and_only_into_a_recording_or_an_empty_directory() {
    let dir = tempfile::tempdir().unwrap();
    let recording = dir.path().join("deep/recording");
    let held = writer(&recording, Limits::default());
    let second = Writer::open(&recording, Limits::default(), Timestamp::from_millis(0));
    assert!(matches!(second, Err(Error::Locked(_))));
    drop(held);
    writer(&recording, Limits::default());
    let occupied = Writer::open(
        &dir.path().join("deep"),
        Limits::default(),
        Timestamp::from_millis(0),
    );
    assert!(matches!(occupied, Err(Error::Occupied(_))));
    assert!(matches!(
        Recording::open(dir.path()),
        Err(Error::Missing(_))
    ));
}

#[test]
fn a_manifest_of_another_version_is_refused_with_its_number() {
    let dir = tempfile::tempdir().unwrap();
    record(dir.path(), 1);
    let path = dir.path().join("recording.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"format\": 2", "\"format\": 3")).unwrap();
    let error = Recording::open(dir.path()).unwrap_err().to_string();
    assert!(
        error.contains("recording.json: format 3 is not known"),
        "{error}"
    );
}

#[test]
fn beyond_its_size_a_recording_forgets_its_oldest_segments() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits {
        size: 4_000,
        ..Limits::default()
    };
    let mut writer = writer(dir.path(), limits);
    for n in 1..=200 {
        writer.add(scrape(n * 1_000));
        writer.flush().unwrap();
    }
    let info = Recording::open(dir.path()).unwrap().info().unwrap();
    assert!((2_000..=4_000).contains(&info.bytes), "{info:?}");
    let (first, last) = info.times.unwrap();
    assert!(first > 100_000 && last == 200_000, "{info:?}");
}

#[test]
fn beyond_its_age_a_segment_is_forgotten_and_not_before() {
    let dir = tempfile::tempdir().unwrap();
    record(dir.path(), 1);
    let written = fs::metadata(only_segment(dir.path()))
        .unwrap()
        .modified()
        .unwrap();
    let written = written.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let written = Millis::try_from(written.as_millis()).unwrap();
    let hour = Duration::from_hours(1);
    let mut writer = writer(
        dir.path(),
        Limits {
            age: hour,
            ..Limits::default()
        },
    );
    for (at, is_there) in [(written + 3_600_000, true), (written + 3_600_001, false)] {
        writer.add(scrape(at));
        writer.flush().unwrap();
        assert_eq!(only_segment(dir.path()).exists(), is_there);
    }
}

/// A kill leaves a prefix of what was written: a thousand of them.
#[test]
fn after_a_kill_at_any_byte_all_flushes_before_it_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let segment = only_segment(dir.path());
    let mut ends = vec![0];
    let mut writer = writer(dir.path(), Limits::default());
    for n in 1..=8 {
        writer.add(scrape(n * 1_000));
        writer.flush().unwrap();
        ends.push(fs::metadata(&segment).unwrap().len());
    }
    let whole = fs::read(&segment).unwrap();
    let step = (whole.len() / 1_000).max(1);
    for killed in (0..=whole.len()).step_by(step) {
        fs::write(&segment, &whole[..killed]).unwrap();
        let contents = read(dir.path());
        let flushed = ends
            .iter()
            .filter(|end| **end > 0 && **end <= killed as u64)
            .count();
        assert_eq!(times(&contents).len(), flushed, "killed at byte {killed}");
        let is_torn = !ends.contains(&(killed as u64));
        assert_eq!(
            contents.damages.len(),
            usize::from(is_torn),
            "killed at byte {killed}"
        );
    }
}

proptest! {
    #[test]
    fn a_damaged_byte_costs_the_flush_it_is_in_and_is_told(at in 0.0..1.0, xor in 1u8..) {
        let dir = tempfile::tempdir().unwrap();
        record(dir.path(), 6);
        let segment = only_segment(dir.path());
        let mut bytes = fs::read(&segment).unwrap();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a share")]
        let at = (at * bytes.len() as f64) as usize;
        bytes[at] ^= xor;
        fs::write(&segment, &bytes).unwrap();
        let contents = read(dir.path());
        prop_assert_eq!(times(&contents).len(), 5);
        prop_assert_eq!(contents.damages.len(), 1);
        prop_assert!(contents.damages[0].bytes.contains(&at));
    }
}

#[test]
fn frames_that_are_read_again_have_what_one_reading_has() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = writer(dir.path(), Limits::default());
    // As an import behind a recording leaves them: not in the order of time, with a sample that is there twice.
    for at in [7_000, 8_000, 1_000, 2_000, 8_000, 9_000] {
        writer.add(scrape(at));
        writer.flush().unwrap();
    }
    let recording = Recording::open(dir.path()).unwrap();
    let mut frames = recording.frames();
    for (from, to) in [(0, 9_000), (1_000, 8_000), (8_000, 9_000), (9_000, 9_999)] {
        let wanted = |name, times| crate::storage::Wanted {
            selector: crate::promql::Selector::named(name),
            times,
        };
        let found = frames.read(&[wanted("a", (from, to))]).unwrap();
        let once = recording.read(|labels| labels.name() == "a", from, to);
        assert_eq!(found, once.unwrap());
        let others = frames.read(&[wanted("a", (0, 1_000)), wanted("b", (from, to))]);
        let others = others.unwrap().series;
        let times = |name| {
            let series = others.iter().find(|(labels, _)| labels.name() == name);
            let samples = series.map_or(&[][..], |(_, samples)| samples);
            samples.iter().map(|sample| sample.at).collect::<Vec<_>>()
        };
        assert_eq!(times("a"), [1_000], "each selector has its own times");
        assert!(times("b").iter().all(|at| (from + 1..=to).contains(at)));
    }
    assert_eq!(frames.last().unwrap(), Some(9_000));
    assert_eq!(recording.frames().last().unwrap(), Some(9_000));
}

#[test]
fn a_frame_that_can_be_read_no_more_is_damage_of_later_readings() {
    let dir = tempfile::tempdir().unwrap();
    record(dir.path(), 3);
    let mut frames = Recording::open(dir.path()).unwrap().frames();
    assert_eq!(frames.last().unwrap(), Some(3_000));
    let mut bytes = fs::read(only_segment(dir.path())).unwrap();
    bytes[20] ^= 1;
    fs::write(only_segment(dir.path()), bytes).unwrap();
    let all = crate::storage::Wanted {
        selector: crate::promql::Selector::named("a"),
        times: (0, 9_000),
    };
    let found = frames.read(&[all]).unwrap();
    assert_eq!(times(&found), [2_000, 3_000]);
    assert_eq!(found.damages.len(), 1);
}
