//! Row F6 of docs/robustness.md: a disk without room.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const EVIDENCE: &str = "lab/runs/2026-11-23-kill-owner/evidence";

fn mirrorwatch() -> Command {
    Command::new(env!("CARGO_BIN_EXE_mirrorwatch"))
}

/// Imports `file` into a recording on a disk of its own that has so much room, then tells what the recording has.
fn imported(dir: &Path, room: &str, file: &Path) -> Output {
    let script = r#"mount -t tmpfs -o size="$2" disk "$3" && cd "$3" || exit 77
        "$1" import samples "$4"; code=$?; "$1" record --info samples; exit $code"#;
    let mut unshared = Command::new("unshare");
    unshared.args([
        "--user",
        "--map-root-user",
        "--mount",
        "sh",
        "-c",
        script,
        "sh",
    ]);
    unshared.arg(env!("CARGO_BIN_EXE_mirrorwatch")).arg(room);
    unshared.arg(dir).arg(file);
    unshared.output().unwrap()
}

fn told(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn an_import_onto_a_full_disk_names_the_file_and_leaves_a_recording_that_is_readable() {
    let dir = tempfile::tempdir().unwrap();
    let (disk, file) = (dir.path().join("disk"), dir.path().join("samples.om"));
    fs::create_dir(&disk).unwrap();
    let exported = mirrorwatch().args(["export", EVIDENCE]).output().unwrap();
    fs::write(&file, exported.stdout).unwrap();

    let (info, error) = told(&imported(&disk, "1M", &file));
    assert!(error.contains("samples imported"), "{error}");
    assert!(info.contains("samples   33,540 "), "{info}");

    let full = imported(&disk, "12k", &file);
    let (info, error) = told(&full);
    assert_eq!(full.status.code(), Some(2), "{error}");
    let complaint = "samples.om: samples/00000001.log: No space left on device (os error 28)\n";
    assert!(error.ends_with(complaint), "{error}");
    assert!(info.contains("samples   none"), "{info}");
}

#[test]
fn what_cannot_be_written_to_stdout_is_an_error() {
    for arguments in [
        &["evaluate", EVIDENCE][..],
        &["report", EVIDENCE],
        &["query", EVIDENCE, "up"],
        &["export", EVIDENCE],
        &["scenarios"],
        &["metrics"],
    ] {
        let full = fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let output = mirrorwatch().args(arguments).stdout(full).output().unwrap();
        let (_, error) = told(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(error.contains("No space left on device"), "{error}");
    }
}
