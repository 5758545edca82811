//! Scripts of a folder, and that our own pass.

use std::io;
use std::path::{Path, PathBuf};

use mirrorwatch::promql::Settings;

use crate::promqltest::{Engine, Report, Row, run};

/// What comes of the scripts of a folder.
pub(crate) fn report(folder: &Path, engine: &mut impl Engine) -> io::Result<Report> {
    let mut rows = Vec::new();
    for path in scripts(folder)? {
        let name = path.file_name().unwrap_or_default();
        let file = name.to_string_lossy().into_owned();
        let outcomes = run(&std::fs::read_to_string(&path)?, engine)
            .map_err(|error| io::Error::other(format!("{file}: {error}")))?;
        rows.push(Row { file, outcomes });
    }
    Ok(Report { rows })
}

fn scripts(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut files: Vec<_> = entries.collect::<io::Result<_>>()?;
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == "test")
    });
    files.sort();
    Ok(files)
}

#[test]
fn every_evaluation_of_our_scripts_passes() {
    let report = report(Path::new("tests/promql"), &mut Settings::default()).unwrap();
    let failures: Vec<_> = report.failures().collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let [passed, _, refused] = report.counts();
    assert_eq!(refused, 0);
    assert!(passed > 200, "{report}");
}
