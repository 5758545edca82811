//! The evidence directory: what was sealed reads back the same, and nothing else passes for it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;

use mirrorwatch::promql::{Sample, SeriesSet};
use mirrorwatch::storage::evidence::{self, Error, Provenance};

fn series() -> SeriesSet {
    let mut set = SeriesSet::default();
    let labels = [("__name__", "up"), ("job", "mirrorwatch")]
        .into_iter()
        .collect();
    set.add(labels, [Sample { at: 1, value: 1.0 }]);
    set
}

fn provenance() -> Provenance {
    Provenance {
        server: "http://p".into(),
        scrape_interval_us: 1_000_000,
        fetched: (0, 5),
        names: "up".into(),
        warnings: vec!["w".into()],
    }
}

fn sealed() -> (tempfile::TempDir, std::path::PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("drill");
    evidence::create(&dir, "scenario", "inventory").unwrap();
    fs::write(dir.join(evidence::EVENTS), "{}\n").unwrap();
    evidence::seal(&dir, &series(), provenance()).unwrap();
    (parent, dir)
}

#[test]
fn sealed_evidence_reads_back_the_same() {
    let (_parent, dir) = sealed();
    let evidence = evidence::load(&dir).unwrap();
    assert_eq!(evidence.series, series());
    assert_eq!(evidence.texts.scenario, "scenario");
    assert_eq!(evidence.manifest.warnings, ["w"]);
}

#[test]
fn a_changed_file_is_named() {
    for name in [
        evidence::SCENARIO,
        evidence::INVENTORY,
        evidence::EVENTS,
        evidence::SAMPLES,
    ] {
        let (_parent, dir) = sealed();
        fs::write(dir.join(name), "another").unwrap();
        match evidence::load(&dir) {
            Err(Error::Changed(path)) => assert_eq!(path, dir.join(name)),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn a_missing_file_is_named_with_the_remedy() {
    let (_parent, dir) = sealed();
    fs::remove_file(dir.join(evidence::MANIFEST)).unwrap();
    let error = evidence::load(&dir).unwrap_err().to_string();
    assert!(
        error.contains("evidence.json: not there") && error.contains("--server URL"),
        "{error}"
    );
    assert!(evidence::load_texts(&dir).is_ok());
}

#[test]
fn audits_are_sealed_with_the_rest() {
    let (_parent, dir) = sealed();
    assert_eq!(evidence::load(&dir).unwrap().texts.audits, None);
    evidence::add_audits(&dir, "audits").unwrap();
    let whole = evidence::load(&dir).unwrap();
    assert_eq!(whole.texts.audits.as_deref(), Some("audits"));
    assert_eq!(whole.series, series());
    fs::write(dir.join(evidence::AUDIT), "others").unwrap();
    for refused in [
        evidence::load(&dir).map(drop),
        evidence::load_texts(&dir).map(drop),
    ] {
        assert!(
            matches!(&refused, Err(Error::Changed(path)) if *path == dir.join(evidence::AUDIT)),
            "{refused:?}"
        );
    }
    fs::remove_file(dir.join(evidence::AUDIT)).unwrap();
    assert!(matches!(
        evidence::load(&dir),
        Err(Error::Missing { path, .. }) if path == dir.join(evidence::AUDIT)
    ));
}

#[test]
fn audits_that_the_manifest_does_not_name_are_no_evidence() {
    let (_parent, dir) = sealed();
    fs::write(dir.join(evidence::AUDIT), "audits").unwrap();
    assert_eq!(evidence::load(&dir).unwrap().texts.audits, None);
    // Before the seal they are as good as the events.
    fs::remove_file(dir.join(evidence::MANIFEST)).unwrap();
    let texts = evidence::load_texts(&dir).unwrap();
    assert_eq!(texts.audits.as_deref(), Some("audits"));
}

#[test]
fn evidence_is_never_overwritten() {
    let (_parent, dir) = sealed();
    assert!(matches!(
        evidence::create(&dir, "", ""),
        Err(Error::Exists(_))
    ));
}
