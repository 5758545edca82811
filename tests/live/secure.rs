//! Where brokers, Connect and Jolokia speak TLS, ask for passwords and grant nothing that docs/permissions.md does not list: a drill passes, each
//! of these rights was used, none was missing, and no password stands anywhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread::sleep;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use mirrorwatch::clock;
use mirrorwatch::recovery::judgement::{Compared, Found, Verdict};

use crate::site::{Drill, MIRRORWATCH, Site, Turn, free_address, get, said, serve_at, wait_until};

/// The lab of this test: its extra topic is replicated and not audited.
fn secured() -> Turn {
    Turn::on("secure", |config| {
        config.secure = true;
        config.extra_topics = vec!["test-extra".to_owned()];
    })
}

#[test]
fn where_everything_is_secured_a_drill_passes_with_the_rights_of_the_document_and_no_others() {
    let site = &secured();
    wait_until("the probe has landed", Duration::from_mins(3), || {
        let page = site.page("text/plain");
        page.contains("\nmm2_translation_probe_reread_records{")
    });
    let scenario = site.short_scenario("secure", "35s", "20s");
    let drill = site.drill(&scenario, "owner", "kill");
    let verdict = (drill.judgement.verdict, drill.code);
    assert_eq!(verdict, (Verdict::Pass, 0), "{}", drill.text);
    the_load_is_all_there(&drill);
    let page = site.page("text/plain");
    nothing_was_denied(&page);
    everything_is_told(&page);
    all_rights_are_said_to_be_granted(site);
    withdrawn_rights_are_named(site);
    a_token_is_renewed(site);
    the_rights_are_those_of_the_document(site);
    no_password_was_told(site, &drill);
}

fn checked(arguments: &[&str], file: &Path) -> Output {
    let mut command = Command::new(MIRRORWATCH);
    command
        .args(["check", "--rights"])
        .args(arguments)
        .arg(file);
    command.output().expect("mirrorwatch runs")
}

/// By password, for what the exporter does and for what the drill's audits do.
fn all_rights_are_said_to_be_granted(site: &Site) {
    for (kind, file) in [
        ("--config", "mirrorwatch.yml"),
        ("--inventory", "inventory.yml"),
    ] {
        let output = checked(&[kind], &site.file(file));
        // Nobody has made heartbeats at the source that MM2 could copy.
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        let unknown: Vec<_> = told
            .lines()
            .filter(|line| line.contains(" not known: "))
            .collect();
        let is_absent = |line: &&str| {
            line.contains("`source.heartbeats`") && line.ends_with("there is no such topic yet")
        };
        assert!(unknown.iter().all(is_absent), "{told}");
        let code = if unknown.is_empty() { 0 } else { 3 };
        assert_eq!(output.status.code(), Some(code), "{}", said(&output));
        assert!(
            said(&output).contains(" rights granted"),
            "{}",
            said(&output)
        );
    }
}

/// Three were withdrawn from who comes with this token: these are named, and no others.
fn withdrawn_rights_are_named(site: &Site) {
    let config = with_token(site, "mirrorwatch-curtailed", 600);
    let output = checked(&["--config"], &config);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let named: Vec<_> = text
        .lines()
        .filter(|line| line.contains(" is not granted"))
        .collect();
    assert_eq!(named.len(), 3, "{text}");
    for (right, option) in [
        (
            "source: Write on topic `test-mirrorwatch-canary` (canary)",
            "--operation Write --topic test-mirrorwatch-canary",
        ),
        (
            "target: Read on topic `source.test-mirrorwatch-canary` (canary)",
            "--operation Read --topic source.test-mirrorwatch-canary",
        ),
        (
            "source: Describe on group `orders-app` (serve: consumer_groups)",
            "--operation Describe --group orders-app",
        ),
    ] {
        let is_whole = |line: &&&str| {
            line.contains(right)
                && line.contains("--allow-principal User:mirrorwatch-curtailed")
                && line.ends_with(option)
        };
        assert_eq!(named.iter().filter(is_whole).count(), 1, "{right}: {text}");
    }
    let late = with_token(site, "mirrorwatch-curtailed", -1);
    let output = checked(&["--config"], &late);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(
        said(&output).contains("mirrorwatch-curtailed.jwt, whose token expired at"),
        "{}",
        said(&output)
    );
}

/// The brokers have each connection that came with a token prove itself anew every 5 s: an exporter whose first one has expired long since still reads,
/// and an audit compares.
fn a_token_is_renewed(site: &Site) {
    let user = "mirrorwatch-bearer";
    let config = with_token(site, user, 25);
    let address = free_address();
    let mut exporter = serve_at(&site.lab, &config, &address);
    let page = || get(&format!("http://{address}/metrics"), "text/plain").unwrap_or_default();
    wait_until("who has a token reads", Duration::from_secs(20), || {
        reads(&page())
    });
    let first = fs::read_to_string(site.file(&format!("{user}.jwt"))).expect("it was written");
    with_token(site, user, 600);
    sleep(Duration::from_secs(35));
    wait_until(
        "who has another token reads on",
        Duration::from_secs(20),
        || reads(&page()),
    );
    // A client that is asked rarely may learn of the new token a moment late on a busy machine: one poll was denied then, and it reads on.
    everything_is_told(&page());
    exporter.kill();
    let mut audit = Command::new(MIRRORWATCH);
    audit
        .args([
            "audit",
            "test-orders",
            "--from",
            "60s",
            "--to",
            "30s",
            "--config",
        ])
        .arg(&config);
    let output = audit.output().expect("mirrorwatch runs");
    assert!(
        matches!(output.status.code(), Some(0 | 3)),
        "{}",
        said(&output)
    );
    let log = fs::read_to_string(site.file("logs/mirrorwatch.log")).expect("it is there");
    assert!(!log.contains(&first) && !said(&output).contains(&first));
}

/// Both clusters and their groups were read at the last poll.
fn reads(page: &str) -> bool {
    [
        "cluster:source",
        "cluster:target",
        "consumer_groups:source",
        "consumer_groups:target",
    ]
    .iter()
    .all(|endpoint| {
        let line = format!("mm2_exporter_endpoint_up{{endpoint=\"{endpoint}\"}} 1");
        page.lines().any(|one| one.starts_with(&line))
    })
}

/// The lab's configuration for a user who comes with a token that expires so many seconds from now.
fn with_token(site: &Site, user: &str, seconds: i64) -> PathBuf {
    let expires = clock::wall().as_micros() / 1_000_000 + seconds;
    let claims = format!(
        r#"{{"sub":"{user}","iat":{},"exp":{expires}}}"#,
        expires - 3_600
    );
    let [header, claims] =
        [r#"{"alg":"none"}"#, &claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part));
    // Written whole, as whoever renews one does it.
    let token = site.file(&format!("{user}.jwt"));
    let fresh = token.with_extension("new");
    fs::write(&fresh, format!("{header}.{claims}.\n")).expect("the lab's folder is writable");
    fs::rename(&fresh, &token).expect("it is moved");
    let text = fs::read_to_string(site.file("mirrorwatch.yml")).expect("it is there");
    let by_token = format!("sasl.mechanism: OAUTHBEARER, sasl.oauthbearer.token.file: {user}.jwt");
    let mut changed = text;
    for mechanism in ["SCRAM-SHA-512", "PLAIN"] {
        let by_password = format!(
            "sasl.mechanism: {mechanism}, sasl.username: mirrorwatch, sasl.password.file: config/secure/mirrorwatch.password"
        );
        assert!(changed.contains(&by_password), "{changed}");
        changed = changed.replace(&by_password, &by_token);
    }
    let config = site.file(&format!("{user}.yml"));
    fs::write(&config, changed).expect("the lab's folder is writable");
    config
}

fn the_load_is_all_there(drill: &Drill) {
    let [audited] = &drill.judgement.audited[..] else {
        panic!("the lab names one topic: {:?}", drill.judgement.audited)
    };
    let Found::Compared(Compared {
        missing, records, ..
    }) = &audited.found
    else {
        panic!("it was audited: {audited:?}")
    };
    assert_eq!(*missing, 0, "{audited:?}");
    assert!(*records > 0, "{audited:?}");
}

/// Nobody was refused anything.
fn nothing_was_denied(page: &str) {
    let denied = page.lines().filter(|line| {
        line.starts_with("mm2_exporter_poll_errors_total{")
            && line.contains("kind=\"denied\"")
            && !line.ends_with(" 0")
    });
    assert_eq!(denied.collect::<Vec<_>>(), Vec::<&str>::new());
}

/// REST, Jolokia, the group, offsets, statuses, checkpoints, heartbeats.
fn everything_is_told(page: &str) {
    for shown in [
        "mm2_worker_up",
        "mm2_replicated_records_total",
        "mm2_connect_group_members",
        "mm2_consumer_group_lag_records",
        "mm2_checkpoint_timestamp_seconds",
        "mm2_task_state",
    ] {
        assert!(page.contains(&format!("\n{shown}")), "no {shown}");
    }
}

/// What the authorizers of both clusters wrote of mirrorwatch's user.
fn the_rights_are_those_of_the_document(site: &Site) {
    let mut unused = document();
    let listed = unused.len();
    let mut denied = BTreeSet::new();
    for cluster in ["source", "target"] {
        let log = site.file(&format!("logs/{cluster}-1.log"));
        let log = fs::read_to_string(log).expect("the broker's log is there");
        for line in log
            .lines()
            .filter(|line| line.contains("= User:mirrorwatch is "))
        {
            if line.contains(" is Denied ") {
                let from = line.find("operation = ").unwrap_or_default();
                denied.insert(format!("{cluster}: {}", &line[from..]));
            }
            unused.retain(|right| right.cluster != cluster || !right.is_behind(line));
        }
    }
    assert!(denied.is_empty(), "{denied:#?}");
    assert!(listed > 10 && unused.is_empty(), "{unused:#?}");
}

/// A row of the document's table.
#[derive(Debug)]
struct Right {
    cluster: String,
    resource: String,
    name: String,
    operation: String,
}

impl Right {
    /// Whether the authorizer allowed something by this rule.
    fn is_behind(&self, line: &str) -> bool {
        let operation = match self.operation.as_str() {
            "DescribeConfigs" => "DESCRIBE_CONFIGS".to_owned(),
            other => other.to_uppercase(),
        };
        [
            " is Allowed ".to_owned(),
            format!("resourceType={},", self.resource.to_uppercase()),
            format!("resourceName={},", self.name.trim_end_matches('*')),
            format!("operation={operation},"),
        ]
        .iter()
        .all(|part| line.contains(part))
    }
}

fn document() -> Vec<Right> {
    let text = fs::read_to_string("docs/permissions.md").expect("it is shipped");
    let (_, table) = text
        .split_once("## On the Kafka clusters")
        .expect("the table");
    let (table, _) = table.split_once("\n## ").expect("what follows it");
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let row = |line: &str| {
        let mut cells = line.split('|').skip(1);
        let mut cell = || {
            let cell = cells.next().expect("a row has its cells");
            cell.trim().trim_matches('`').to_owned()
        };
        Right {
            cluster: cell(),
            resource: cell(),
            name: cell(),
            operation: cell(),
        }
    };
    rows.map(row).collect()
}

/// Neither in the evidence, nor in the log, nor on the page, nor in what the drill said.
fn no_password_was_told(site: &Site, drill: &Drill) {
    let passwords: Vec<String> = ["lab", "connect", "mm2", "mirrorwatch"]
        .iter()
        .map(|user| site.file(&format!("config/secure/{user}.password")))
        .map(|file| fs::read_to_string(file).expect("the lab has one"))
        .collect();
    let mut told = vec![drill.text.clone(), site.page("text/plain")];
    read_all(&drill.dir, &mut told);
    read_all(&site.file("logs/mirrorwatch.log"), &mut told);
    for password in passwords {
        assert_eq!(password.len(), 32);
        assert!(!told.iter().any(|text| text.contains(&password)));
    }
}

fn read_all(path: &Path, into: &mut Vec<String>) {
    if path.is_dir() {
        let entries = fs::read_dir(path).expect("the folder is there");
        for entry in entries {
            read_all(&entry.expect("an entry").path(), into);
        }
        return;
    }
    let bytes = fs::read(path).expect("the file is there");
    into.push(String::from_utf8_lossy(&bytes).into_owned());
}
