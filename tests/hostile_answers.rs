//! Captured answers, damaged: no cut and no changed byte is a panic or takes memory out of proportion, and no cut passes
//! for the whole.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

use mirrorwatch::connect::{checkpoints, wire};
use mirrorwatch::jolokia::view;
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Whether an answer of this kind is accepted.
type Reader = fn(&[u8]) -> bool;

/// The readers by what the names of the captured answers contain.
const READERS: &[(&str, Reader)] = &[
    ("-health.json", |body| wire::health(body).is_ok()),
    ("-root.json", |body| wire::root(body).is_ok()),
    ("-status.json", |body| wire::connectors(body).is_ok()),
    ("-tasks.json", |body| {
        wire::tasks("c", body).is_ok() & checkpoints::connector("c", body).is_ok()
    }),
    ("-offsets.json", |body| wire::offsets(body).is_ok()),
    ("jolokia-", |body| view(body, &[]).is_ok()),
];

/// Memory that reading an answer may take.
const MEMORY_OF: usize = 8 << 20;

#[test]
fn no_cut_passes_for_the_whole_and_no_changed_byte_is_a_panic() {
    let mut read = 0;
    let mut paths: Vec<_> = fs::read_dir("tests/fixtures")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let reader = READERS.iter().find(|(part, _)| name.contains(part));
        if let Some((_, reader)) =
            reader.filter(|_| path.extension().is_some_and(|ending| ending == "json"))
        {
            damaged(&path, *reader);
            read += 1;
        }
    }
    assert!(read >= 7, "{read} captured answers");
}

fn damaged(path: &Path, reader: Reader) {
    let whole = fs::read(path).unwrap();
    let whole = whole.trim_ascii_end();
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    // Long answers repeat themselves: of those a part of the places is enough here; `make fuzz` takes every one.
    let step = match std::env::var_os("EVERY_BYTE") {
        Some(_) => 1,
        None => whole.len().div_ceil(1_500),
    };
    let is_good = reader(whole);
    for end in (0..whole.len()).step_by(step) {
        assert!(!reader(&whole[..end]), "{}: cut at {end}", path.display());
    }
    let mut bent = whole.to_vec();
    for at in (step / 2..bent.len()).step_by(step) {
        for change in [1 << (at % 8), 0xff] {
            bent[at] ^= change;
            let _ = reader(&bent);
            bent[at] ^= change;
        }
    }
    assert_eq!(reader(&bent), is_good, "{}: as before", path.display());
    let most = MEMORY.peak_usage() - before;
    assert!(most <= MEMORY_OF, "{}: {most} bytes", path.display());
}
