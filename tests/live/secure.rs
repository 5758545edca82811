//! Where brokers, Connect and Jolokia speak TLS, ask for passwords and grant nothing that docs/permissions.md does not list: a drill passes, each
//! of these rights was used, none was missing, and no password stands anywhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use mirrorwatch::recovery::judgement::{Compared, Found, Verdict};

use crate::site::{Drill, Site, Turn, wait_until};

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
    everything_was_read(&site.page("text/plain"));
    the_rights_are_those_of_the_document(site);
    no_password_was_told(site, &drill);
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

/// REST, Jolokia, the group, offsets, statuses, checkpoints, heartbeats: nobody was refused anything.
fn everything_was_read(page: &str) {
    let denied = page.lines().filter(|line| {
        line.starts_with("mm2_exporter_poll_errors_total{")
            && line.contains("kind=\"denied\"")
            && !line.ends_with(" 0")
    });
    assert_eq!(denied.collect::<Vec<_>>(), Vec::<&str>::new());
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
