//! The exporter's configuration: the reference file loads, and each bad file is refused with exactly one message that
//! names file, line or key, and remedy, and shows no value.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::time::Duration;

use mirrorwatch::config;
use mirrorwatch::model::flow::ReplicationPolicy;

#[test]
fn the_reference_file_loads_and_says_what_the_defaults_are() {
    let config = config::load(Path::new("docs/reference-config.yml")).unwrap();
    assert_eq!(config.workers.len(), 3);
    assert_eq!(config.workers[1].id, "connect-2.example.org:8083");
    let canary = config.flows[0].canary.as_ref().unwrap();
    assert_eq!(
        (canary.records_per_second, canary.partitions),
        (10.0, Some(6))
    );
    assert_eq!(config.flows[0].flow.policy, ReplicationPolicy::default());
    assert_eq!(config.schedule.interval, Duration::from_secs(5));
    let target = &config.clusters["target"].0;
    assert_eq!(target["enable.ssl.certificate.verification"], "true");
}

#[test]
fn what_is_left_out_is_the_default_of_the_reference_file() {
    let text = "
connect: { workers: [{ url: 'https://connect.example.org' }], group: connect }
clusters: { source: { bootstrap.servers: a }, target: { bootstrap.servers: b } }
flows: [{ source: source, target: target, connector: mirror-source, canary: {} }]";
    let short = config::parse(Path::new("mirrorwatch.yml"), text).unwrap();
    let reference = config::load(Path::new("docs/reference-config.yml")).unwrap();
    assert_eq!(short.workers[0].id, "connect.example.org:443");
    assert_eq!(short.group.unwrap().cluster, "target");
    assert_eq!(short.schedule.interval, reference.schedule.interval);
    assert_eq!(short.schedule.deadline, reference.schedule.deadline);
    assert_eq!(short.schedule.time_to_live, reference.schedule.time_to_live);
    assert_eq!(short.limits.granularity, reference.limits.granularity);
    assert_eq!(
        short.limits.series_per_metric,
        reference.limits.series_per_metric
    );
    assert!(short.limits.topics.is_open());
    let mut canary = reference.flows[0].canary.clone().unwrap();
    canary.partitions = None;
    assert_eq!(short.flows[0].canary, Some(canary));
}

#[test]
fn flows_in_both_directions_and_chains_have_canaries_of_their_own() {
    let text = "
connect: { workers: [{ url: 'http://a:1' }] }
clusters: { a: { bootstrap.servers: a }, b: { bootstrap.servers: b }, c: { bootstrap.servers: c } }
flows:
  - { source: a, target: b, connector: ab, canary: {} }
  - { source: b, target: a, connector: ba, canary: {} }
  - { source: b, target: c, connector: bc, separator: _ }
chains:
  - { through: [a, b, c], canary: { topic: test-chain } }";
    let config = config::parse(Path::new("mirrorwatch.yml"), text).unwrap();
    let chain = &config.chains[0];
    let connectors: Vec<&str> = chain.flows.iter().map(|flow| &*flow.connector).collect();
    assert_eq!(connectors, ["ab", "bc"]);
    assert_eq!(chain.canary.topic, "test-chain");
}

#[test]
fn a_secret_is_read_from_its_file_and_never_printed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("password"), "hunter2\n").unwrap();
    let path = folder.path().join("mirrorwatch.yml");
    let text = "
connect: { workers: [{ url: 'http://a:1' }] }
clusters: { source: { bootstrap.servers: a, sasl.password.file: password } }
flows: [{ source: source, target: target, connector: mirror-source }]";
    fs::write(&path, text).unwrap();
    let config = config::load(&path).unwrap();
    assert_eq!(config.clusters["source"].0["sasl.password"], "hunter2");
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn a_password_for_the_workers_is_read_from_its_file_and_never_printed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("password"), "hunter2\n").unwrap();
    let path = folder.path().join("mirrorwatch.yml");
    let access = "{ basic_auth: { username: mirrorwatch, password_file: password } }";
    let text = format!(
        "
connect: {{ workers: [{{ url: 'http://a:1' }}], rest_access: {access}, jolokia_access: {access} }}
clusters: {{}}
flows: [{{ source: source, target: target, connector: mirror-source }}]"
    );
    fs::write(&path, text).unwrap();
    let printed = format!("{:?}", config::load(&path).unwrap());
    assert_eq!(
        printed.matches("\"authorization\": Sensitive").count(),
        2,
        "{printed}"
    );
    assert!(!printed.contains("hunter2"));
}

/// `UPDATE_GOLDEN=1` writes what is said now to `tests/golden/config-errors.txt`; read the difference before it is kept.
#[test]
fn each_bad_file_is_refused_with_exactly_its_message() {
    let mut files: Vec<_> = fs::read_dir("tests/config")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(".bad.yml"))
        .collect();
    files.sort();
    let mut said = String::new();
    for file in files {
        let error = config::load(&file).expect_err(&file.to_string_lossy());
        assert!(
            !format!("{error}").contains("hunter2"),
            "a value is shown: {error}"
        );
        writeln!(said, "{error}").unwrap();
    }
    let golden = Path::new("tests/golden/config-errors.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(golden, &said).unwrap();
    }
    assert_eq!(said, fs::read_to_string(golden).unwrap());
}
