//! `record`, `query`, `import` and `export` as they are run: on the kept evidence of a drill, and on targets of this machine.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};
use std::thread;

const EVIDENCE: &str = "lab/runs/2026-11-23-kill-owner/evidence";

fn mirrorwatch(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mirrorwatch"))
        .args(arguments)
        .output()
        .unwrap()
}

/// What it wrote to stdout, having succeeded.
fn written(arguments: &[&str]) -> String {
    let output = mirrorwatch(arguments);
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        complaint(&output)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn what_is_exported_imports_and_exports_the_same_and_promtool_takes_it() {
    let dir = tempfile::tempdir().unwrap();
    let exported = written(&["export", EVIDENCE]);
    assert!(
        exported.lines().count() > 10_000,
        "the evidence is that of a real drill"
    );
    let (file, recording) = (dir.path().join("samples.om"), dir.path().join("recording"));
    fs::write(&file, &exported).unwrap();
    written(&["import", text(&recording), text(&file)]);
    assert!(
        written(&["export", text(&recording)]) == exported,
        "the round trip changes nothing"
    );
    let blocks = dir.path().join("blocks");
    let said = promtool()
        .args([
            "tsdb",
            "create-blocks-from",
            "openmetrics",
            text(&file),
            text(&blocks),
        ])
        .output()
        .unwrap();
    assert!(said.status.success(), "{}", complaint(&said));
}

fn promtool() -> Command {
    let here = Path::new(".lab/debian/usr/bin/promtool");
    Command::new(if here.exists() {
        fs::canonicalize(here).unwrap()
    } else {
        "promtool".into()
    })
}

#[test]
fn a_window_and_a_selector_choose_what_is_exported() {
    let all = written(&["export", EVIDENCE, "--match", "up"]);
    let times: Vec<&str> = all
        .lines()
        .filter_map(|line| line.split(' ').nth(2))
        .collect();
    assert!(times.len() > 30, "{all}");
    let (from, to) = (times[9], times[19]);
    let some = written(&[
        "export", EVIDENCE, "--match", "up", "--from", from, "--to", to,
    ]);
    let chosen: Vec<&str> = some
        .lines()
        .filter_map(|line| line.split(' ').nth(2))
        .collect();
    assert_eq!(chosen, times[10..20], "after the one, until the other");
}

#[test]
fn evidence_is_asked_in_the_shape_of_prometheus_api() {
    let answer = written(&["query", EVIDENCE, "count(up) + 0.5", "--format", "json"]);
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["status"], "success");
    assert_eq!(answer["data"]["resultType"], "vector");
    assert_eq!(answer["data"]["result"][0]["value"][1], "1.5");
}

#[test]
fn each_error_of_a_query_says_what_to_do_and_has_its_kind() {
    let cases = [
        (EVIDENCE, "up(", "bad_data", "unclosed left parenthesis"),
        (
            EVIDENCE,
            "histogram_fraction(0, 1, up) + double_exponential_smoothing(up[1m], 0.5, 0.5)",
            "bad_data",
            "is not supported",
        ),
        (
            EVIDENCE,
            "up + on () {__name__=~\".+\"}",
            "execution",
            "many-to-many matching not allowed",
        ),
        ("nowhere", "up", "unavailable", "neither a recording"),
        ("http://127.0.0.1:1", "up", "unavailable", "no connection"),
    ];
    for (source, query, kind, says) in cases {
        let output = mirrorwatch(&["query", source, query, "--format", "json"]);
        assert_eq!(output.status.code(), Some(2), "{query}");
        let error: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(
            (&error["status"], &error["errorType"]),
            (&"error".into(), &kind.into()),
            "{error}"
        );
        assert!(error["error"].as_str().unwrap().contains(says), "{error}");
        let plain = mirrorwatch(&["query", source, query]);
        assert_eq!(plain.status.code(), Some(2));
        assert!(
            complaint(&plain).starts_with("mirrorwatch: "),
            "{}",
            complaint(&plain)
        );
    }
}

#[test]
fn too_many_steps_are_refused_before_anything_is_evaluated() {
    let until = |expr: &str, to: &str| {
        let window = ["--from", "1970-01-01T00:00:00Z", "--to", to, "--step", "1s"];
        mirrorwatch(&[&["query", EVIDENCE, expr], &window[..]].concat())
    };
    let cases = [
        ("up", "1970-01-12T13:46:39Z", None),
        (
            "up",
            "1970-01-12T13:46:40Z",
            Some("more than 1000000 steps"),
        ),
        ("sum(up or up)", "1970-01-01T03:03:19Z", None),
        (
            "sum(up or up)",
            "1970-01-01T03:03:20Z",
            Some("at 11000 at most"),
        ),
    ];
    for (expr, to, refusal) in cases {
        let output = until(expr, to);
        assert_eq!(output.status.success(), refusal.is_none(), "{expr} {to}");
        let complaint = complaint(&output);
        assert!(complaint.contains(refusal.unwrap_or("")), "{complaint}");
    }
}

#[test]
fn a_range_in_many_pieces_of_a_recording_has_the_answer_of_a_few() {
    let dir = tempfile::tempdir().unwrap();
    let (file, recording) = (dir.path().join("samples.om"), dir.path().join("recording"));
    fs::write(&file, written(&["export", EVIDENCE])).unwrap();
    written(&["import", text(&recording), text(&file)]);
    let samples = fs::read_to_string(&file).unwrap();
    let ups = samples.lines().filter(|line| line.starts_with("up{"));
    let times = ups.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
    let from = times.fold(f64::INFINITY, f64::min).floor();
    let ask = |to: f64| {
        let (from, to) = (from.to_string(), to.to_string());
        let window = ["--from", &from, "--to", &to, "--step", "20ms"];
        let query = "sum(up) + count(rate(mm2_exporter_poll_errors_total[1m]))";
        let csv = ["--format", "csv", "--lookback", "10s"];
        written(&[&["query", text(&recording), query], &window[..], &csv[..]].concat())
    };
    // 501 steps are one piece, 6,001 are cut.
    let all = ask(from + 120.0);
    assert!(all.lines().count() > 5_000, "{all}");
    let few = ask(from + 10.0);
    assert!(few.lines().count() > 10 && all.starts_with(&few), "{few}");
}

/// Answers each request with the next page, then closes; without one it hangs up.
fn target(pages: &'static [&'static str]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/metrics", listener.local_addr().unwrap());
    thread::spawn(move || {
        let mut pages = pages.iter();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let Some(page) = pages.next() else { continue };
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nConnection: close\r\n";
            let _ = write!(stream, "{head}Content-Length: {}\r\n\r\n{page}", page.len());
        }
    });
    url
}

#[test]
fn a_target_that_goes_away_is_recorded_as_down_and_its_series_end() {
    let dir = tempfile::tempdir().unwrap();
    let recording = dir.path().join("recording");
    let url = target(&["a 1\n", "a 2\n"]);
    let output = mirrorwatch(&[
        "record",
        text(&recording),
        &url,
        "--interval",
        "500ms",
        "--for",
        "2200ms",
        "--flush",
        "1s",
    ]);
    assert!(output.status.success(), "{}", complaint(&output));
    assert!(
        complaint(&output).contains("failed, the last one: 127.0.0.1:"),
        "{}",
        complaint(&output)
    );
    let value = |query: &str| {
        let answer = written(&["query", text(&recording), query, "--format", "json"]);
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        answer["data"]["result"][0]["value"][1]
            .as_str()
            .map(str::to_owned)
    };
    assert_eq!(value("up").as_deref(), Some("0"));
    assert_eq!(value("a"), None, "it has ended");
    assert_eq!(value("sum_over_time(a[1m])").as_deref(), Some("3"));
    let info = written(&["record", text(&recording), "--info"]);
    assert!(info.contains("target    mirrorwatch 127.0.0.1:"), "{info}");
    assert!(!info.contains("unread"), "{info}");
}

#[test]
fn what_cannot_be_recorded_is_refused_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let recording = text(dir.path()).to_owned() + "/r";
    let url = "http://127.0.0.1:1/metrics";
    let cases: [(&[&str], &str); 5] = [
        (&["record", &recording], "required"),
        (
            &["record", &recording, "host:1"],
            "is no page that can be scraped",
        ),
        (
            &["record", &recording, url, url],
            "is there twice under the job mirrorwatch",
        ),
        (
            &[
                "record",
                &recording,
                url,
                "--interval",
                "1s",
                "--timeout",
                "2s",
            ],
            "give at most the interval",
        ),
        (&["record", "/dev/null/r", url], "/dev/null/r"),
    ];
    for (arguments, says) in cases {
        let output = mirrorwatch(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            complaint(&output).contains(says),
            "{arguments:?}: {}",
            complaint(&output)
        );
    }
    assert!(!Path::new(&recording).exists(), "nothing was made");
}

#[test]
fn shipped_alerts_are_replayed_over_the_evidence_of_a_killed_worker() {
    let rules = [
        "--rules",
        "rules/mm2.rules.yml",
        "--rules",
        "alerts/mm2.alerts.yml",
    ];
    let told = written(&[&["replay", EVIDENCE], &rules[..]].concat());
    let at = |word: &str| {
        let mut lines = told
            .lines()
            .filter(|line| line.contains(" MirrorMakerWorkerDown ") && line.contains(word));
        lines
            .next()
            .and_then(|line| line.split(' ').next())
            .map(str::to_owned)
    };
    let (pending, fires) = (at(" pending "), at(" fires "));
    assert!(fires.is_some() && pending < fires, "{told}");
    assert!(
        !told.contains("MirrorMakerWorkerDown {job=\"mirrorwatch\", severity=\"critical\""),
        "one of three: {told}"
    );
    assert!(!told.contains(" failed "), "{told}");
}
