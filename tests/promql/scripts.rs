//! Our own scripts pass.

use crate::promqltest::{Report, Row, run};
use mirrorwatch::promql::Settings;

#[test]
fn every_evaluation_of_our_scripts_passes() {
    let mut rows = Vec::new();
    for entry in std::fs::read_dir("tests/promql").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "test") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let outcomes = run(&text, &mut Settings::default()).unwrap();
        rows.push(Row {
            file: path.file_name().unwrap().to_string_lossy().into_owned(),
            outcomes,
        });
    }
    let report = Report { rows };
    let failures: Vec<_> = report.failures().collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let [passed, _, refused] = report.counts();
    assert_eq!(refused, 0);
    assert!(passed > 200, "{report}");
}
