//! The fault table: each fault on a real lab, what the exporter's page says of it, and that it says so no later than two polls after the
//! peer itself shows it. `docs/faults.md` tells the same in words.

mod expect;
mod history;
mod kept;
mod of_connectors;
mod of_links;
mod of_topics;
mod of_workers;
mod page;
mod peer;
mod roles;
mod row;
mod runner;
mod says;
mod signs;
mod table;
mod truth;
mod whole;
mod words;

use std::fmt::Write as _;
use std::fs;
use std::thread;
use std::time::Duration;

use mirrorwatch_lab::{Config, Lab, LinkKind};

use crate::site::{Turn, serve};
use history::History;
use kept::Kept;
use peer::Peers;
use row::Row;
use runner::Bench;

/// Time between two polls of one endpoint.
const POLL: Duration = Duration::from_secs(2);

/// Both Kafkas at once, each with a lab and an exporter of its own: what most rows do is wait.
#[test]
fn every_fault_shows_on_the_page_within_two_polls_of_its_peer_on_both_kafkas() {
    let _turn = Turn::alone();
    let (mut newest, users) = (config("4.3.1"), config("3.7.2"));
    let mut rows = table::all();
    let mut failed = String::new();
    if rustix::process::geteuid().is_root() {
        newest.links = LinkKind::Netns;
        rows.splice(..0, table::of_root());
    } else {
        for row in table::of_root() {
            let _ = writeln!(
                failed,
                "not run, because only root may drop packets: {}",
                row.fault
            );
        }
    }
    let (rows, rows_of_users) = (chosen(rows), chosen(table::users()));
    assert!(!rows.is_empty(), "no row has what FAULT says in its name");
    thread::scope(|scope| {
        let beside = scope.spawn(|| run(&users, &rows_of_users));
        failed.push_str(&run(&newest, &rows));
        failed.push_str(&beside.join().expect("the table of 3.7.2 ends"));
    });
    assert!(failed.is_empty(), "{failed}");
}

/// All rows, or, with `FAULT=killed`, only those that have that word in their name.
fn chosen(mut rows: Vec<Row>) -> Vec<Row> {
    let word = std::env::var("FAULT").unwrap_or_default();
    rows.retain(|row| row.fault.contains(&word));
    rows
}

/// Runs the rows one after the other on a lab; what failed.
fn run(config: &Config, rows: &[Row]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let _ = fs::remove_dir_all(&config.dir);
    let lab = Lab::start(config).unwrap_or_else(|error| panic!("the lab does not start: {error}"));
    let exporter = serve(&lab, &exporter_config(&lab));
    let history = History::begin(&lab.description().exporter);
    let bench = Bench {
        lab: &lab,
        history: &history,
        peers: Peers::of(&lab),
        kept: Kept::in_folder(lab.dir().join("fault-table")),
    };
    let (mut failed, mut measured) = (String::new(), String::new());
    for row in rows {
        match bench.run(row) {
            Ok(times) => measured.push_str(&words::measured(row.fault, &times)),
            Err(why) => {
                let _ = writeln!(
                    failed,
                    "Kafka {}: {} — {why}\n  pages: {}",
                    config.kafka,
                    row.fault,
                    bench.kept.dir().display()
                );
                if bench.await_steady().is_err() {
                    break;
                }
            }
        }
        for (name, text) in [("measured.md", &measured), ("failed.txt", &failed)] {
            fs::write(bench.kept.dir().join(name), text).expect("the lab's directory is writable");
        }
    }
    drop(exporter);
    failed
}

/// A lab whose group notices soon and withholds tasks for longer than two polls.
fn config(kafka: &str) -> Config {
    let mut config = Config::new(format!(
        "{}/lab-faults-{kafka}",
        env!("CARGO_TARGET_TMPDIR")
    ));
    kafka.clone_into(&mut config.kafka);
    config.tasks_max = 2;
    config.extra_topics = vec![of_topics::FLEETING.to_owned()];
    let pairs = [
        ("session.timeout.ms", "6000"),
        ("heartbeat.interval.ms", "2000"),
        ("scheduled.rebalance.max.delay.ms", "8000"),
        ("offset.flush.interval.ms", "2000"),
    ];
    let pairs = pairs.map(|(key, value)| (key.to_owned(), value.to_owned()));
    config.worker_properties.extend(pairs);
    let refresh = ("refresh.topics.interval.seconds".to_owned(), "5".to_owned());
    config.connector_properties.extend([refresh]);
    config
}

/// The lab's own configuration with polls so often that waiting for two takes no time.
fn exporter_config(lab: &Lab) -> std::path::PathBuf {
    let text =
        fs::read_to_string(lab.dir().join("mirrorwatch.yml")).expect("the lab has written it");
    let (before, _) = text.split_once("poll:").expect("the lab says how often");
    let path = lab.dir().join("mirrorwatch-faults.yml");
    let seconds = POLL.as_secs();
    let polls = format!(
        "poll: {{ interval: {seconds}s, deadline: 1900ms, time_to_live: {}s }}\n",
        3 * seconds
    );
    fs::write(&path, before.to_owned() + &polls).expect("the lab's directory is writable");
    path
}
