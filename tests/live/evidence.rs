//! Evidence, bent as a server would have bent it.

use std::fs;
use std::path::Path;

/// Removes every sample of the canary after an instant (milliseconds) from evidence, and makes the checksums right again.
pub(crate) fn thin(evidence: &Path, after_ms: i64) {
    let path = evidence.join("samples.jsonl");
    let thinned: String = fs::read_to_string(&path)
        .expect("the evidence has samples")
        .lines()
        .map(|line| {
            let mut series: serde_json::Value =
                serde_json::from_str(line).expect("a series is JSON");
            if series["metric"]["__name__"]
                .as_str()
                .is_some_and(|name| name.starts_with("mm2_canary_"))
            {
                let samples = series["samples"]
                    .as_array_mut()
                    .expect("a series has samples");
                samples.retain(|sample| sample[0].as_i64().is_some_and(|at| at <= after_ms));
            }
            series.to_string() + "\n"
        })
        .collect();
    fs::write(&path, &thinned).expect("the copy is writable");
    let manifest = evidence.join("evidence.json");
    let old = fs::read_to_string(&manifest).expect("the evidence has a manifest");
    let mut parsed: serde_json::Value = serde_json::from_str(&old).expect("the manifest is JSON");
    replace_checksum(&mut parsed, "samples.jsonl", &sha256(thinned.as_bytes()));
    fs::write(
        &manifest,
        serde_json::to_string_pretty(&parsed).expect("JSON prints") + "\n",
    )
    .expect("the copy is writable");
}

/// Takes a file out of evidence, and out of the manifest.
pub(crate) fn forget(evidence: &Path, file: &str) {
    fs::remove_file(evidence.join(file)).expect("the copy has the file");
    let manifest = evidence.join("evidence.json");
    let text = fs::read_to_string(&manifest).expect("the evidence has a manifest");
    let mut parsed: serde_json::Value = serde_json::from_str(&text).expect("the manifest is JSON");
    let sealed = parsed["sha256"].as_object_mut();
    let sealed = sealed.expect("the manifest has checksums");
    sealed.remove(file).expect("the manifest names the file");
    fs::write(&manifest, parsed.to_string()).expect("the copy is writable");
}

fn replace_checksum(value: &mut serde_json::Value, file: &str, checksum: &str) {
    if let serde_json::Value::Object(map) = value {
        for (key, inner) in map.iter_mut() {
            if key == file && inner.is_string() {
                *inner = checksum.into();
            } else {
                replace_checksum(inner, file, checksum);
            }
        }
    }
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest as _, Sha256};
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}
