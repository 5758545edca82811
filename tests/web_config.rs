//! The web configuration file: the same verdict as `promtool check web-config` on every file of `tests/web_config`, but
//! for the differences that are listed here, and for each bad one a message that names file, line, key and remedy.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod tls;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use mirrorwatch::web;
use tls::Authority;

/// Files on which promtool 2.42 says otherwise, and why.
const DIFFERENCES: &[(&str, &str)] = &[
    (
        "client-ca-inline.good.yml",
        "`client_ca` is newer than promtool 2.42",
    ),
    (
        "client-sans.good.yml",
        "`client_allowed_sans` is newer than promtool 2.42",
    ),
    (
        "rate-limit.good.yml",
        "`rate_limit` is newer than promtool 2.42",
    ),
    (
        "rate-limit-off.good.yml",
        "`rate_limit` is newer than promtool 2.42",
    ),
    (
        "tls-inline.good.yml",
        "`cert` and `key` are newer than promtool 2.42",
    ),
    (
        "tls-inline-key.good.yml",
        "`key` is newer than promtool 2.42",
    ),
    ("cipher-cbc.bad.yml", "rustls has no suites in CBC mode"),
    ("ciphers-none-left.bad.yml", "no client could connect"),
    ("client-ca-empty.bad.yml", "no client could be verified"),
    (
        "client-verify-without-ca.bad.yml",
        "Go would take any certificate of a public authority",
    ),
    (
        "curve-p521.bad.yml",
        "rustls has no key exchange over this curve",
    ),
    ("header-two-lines.bad.yml", "the value cannot be sent"),
    (
        "http2-yes.bad.yml",
        "a boolean is `true` or `false`, as in YAML 1.2",
    ),
    (
        "tls-without-certificate.bad.yml",
        "Go would serve without TLS, and not say so",
    ),
    ("user-odd-hash.bad.yml", "no password could match"),
    ("user-with-colon.bad.yml", "nobody could log in"),
    ("version-old.bad.yml", "rustls has no TLS 1.0"),
    ("versions-swapped.bad.yml", "no client could connect"),
];

/// The files of `tests/web_config` with what they name, in a folder of their own.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let (server, other) = (authority.issue("localhost"), authority.issue("localhost"));
    let mut named = BTreeMap::from([
        ("server.crt", server.certificate.clone()),
        ("server.key", server.key),
        ("other.key", other.key),
        ("ca.crt", authority.pem()),
    ]);
    named.insert(
        "chain.crt",
        format!("{}{}", server.certificate, authority.pem()),
    );
    named.insert("cut.crt", server.certificate[..100].to_owned());
    for (name, text) in &named {
        fs::write(folder.path().join(name), text).unwrap();
    }
    for entry in fs::read_dir("tests/web_config").unwrap() {
        let path = entry.unwrap().path();
        let mut text = fs::read_to_string(&path).unwrap();
        text = text.replace("@FOLDER@", folder.path().to_str().unwrap());
        for (name, content) in &named {
            text = text.replace(&format!("@{name}@"), &format!("{content:?}"));
        }
        fs::write(folder.path().join(path.file_name().unwrap()), text).unwrap();
    }
    folder
}

fn files(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names
        .filter(|name| {
            [".good.yml", ".bad.yml"]
                .iter()
                .any(|end| name.ends_with(end))
        })
        .collect();
    names.sort();
    names
}

#[test]
fn a_good_file_loads_and_a_bad_one_is_refused_with_exactly_its_message() {
    let folder = folder();
    let mut said = String::new();
    for name in files(folder.path()) {
        match web::load(&folder.path().join(&name)) {
            Ok(_) => assert!(name.ends_with(".good.yml"), "{name} loads"),
            Err(error) => {
                assert!(name.ends_with(".bad.yml"), "{error}");
                let error = error
                    .to_string()
                    .replace(&format!("{}/", folder.path().display()), "");
                assert!(
                    !error.contains("hunter2") && !error.contains("$2"),
                    "a secret is shown: {error}"
                );
                writeln!(said, "{error}").unwrap();
            }
        }
    }
    let golden = Path::new("tests/golden/web-config-errors.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(golden, &said).unwrap();
    }
    assert_eq!(said, fs::read_to_string(golden).unwrap());
}

#[test]
fn promtool_gives_the_same_verdict_but_for_the_differences_that_are_listed() {
    let folder = folder();
    let names = files(folder.path());
    assert!(names.len() >= 50, "{}", names.len());
    let here = Path::new(".lab/debian/usr/bin/promtool");
    let promtool = if here.exists() {
        here
    } else {
        Path::new("promtool")
    };
    let output = Command::new(fs::canonicalize(promtool).unwrap_or(promtool.to_owned()))
        .args(["check", "web-config"])
        .args(&names)
        .current_dir(folder.path())
        .output()
        .expect("promtool is there; `make setup` gets it");
    let said = String::from_utf8_lossy(&output.stderr).into_owned()
        + &String::from_utf8_lossy(&output.stdout);
    let mut wrong = Vec::new();
    for name in &names {
        let takes = said.contains(&format!("{name} SUCCESS"));
        let refuses = said.contains(&format!("{name} FAILED"));
        assert!(takes != refuses, "promtool says nothing of {name}: {said}");
        let differs = takes != name.ends_with(".good.yml");
        let listed = DIFFERENCES.iter().any(|(known, _)| known == name);
        if differs != listed {
            wrong.push(format!(
                "{name}: promtool {}",
                if takes { "takes it" } else { "refuses it" }
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}\n{said}");
}
