//! The fault table: each fault on a real lab, what the exporter's page says of it, and that it says so no later than two polls after the
//! peer itself shows it. `docs/faults.md` tells the same in words.

mod expect;
mod history;
mod kept;
mod movers;
mod of_brokers;
mod of_connectors;
mod of_links;
mod of_topics;
mod of_workers;
mod page;
mod peer;
mod readings;
mod roles;
mod row;
mod run;
mod runner;
mod says;
mod signs;
mod still;
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
pub(crate) use of_topics::FLEETING;
pub(crate) use peer::{CONNECTOR, Peers};
pub(crate) use row::{Act, Row};
pub(crate) use run::do_it;
pub(crate) use table::{all, of_root};

use history::History;
use kept::Kept;
use runner::Bench;

/// The Kafka that a lab runs unless told otherwise, and the users'.
const NEWEST: &str = "4.3.1";
const USERS: &str = "3.7.2";
/// Time between two polls of one endpoint.
const POLL: Duration = Duration::from_secs(2);

/// Both Kafkas at once, each with a lab and an exporter of its own: what most rows do is wait.
#[test]
fn every_fault_shows_on_the_page_within_two_polls_of_its_peer_on_both_kafkas() {
    let _turn = Turn::alone();
    let tables = tables(&std::env::var("FAULT_KAFKA").unwrap_or_default());
    let any = tables.iter().any(|table| !table.rows.is_empty());
    assert!(any, "no row has what FAULT says in its name");
    let failed: String = thread::scope(|scope| {
        let each = tables.iter().map(|table| scope.spawn(|| run(table)));
        let running: Vec<_> = each.collect();
        let ended = running.into_iter();
        ended
            .map(|table| table.join().expect("a table ends"))
            .collect()
    });
    assert!(failed.is_empty(), "{failed}");
}

/// What is run on one Kafka.
struct Table {
    config: Config,
    rows: Vec<Row>,
    /// Rows that only root can run.
    left_out: Vec<Row>,
}

/// Unless told otherwise all rows on the newest Kafka, and on the users' one the most frequent faults; with `FAULT_KAFKA=all` all rows on
/// both, with a version all rows on that one alone.
fn tables(wanted: &str) -> Vec<Table> {
    match wanted {
        "" => vec![whole(NEWEST), chosen(USERS, table::users(), Vec::new())],
        "all" => vec![whole(NEWEST), whole(USERS)],
        version => vec![whole(version)],
    }
}

fn whole(kafka: &str) -> Table {
    let (mut rows, of_root) = (table::all(), table::of_root());
    if !rustix::process::geteuid().is_root() {
        return chosen(kafka, rows, of_root);
    }
    rows.splice(..0, of_root);
    let mut table = chosen(kafka, rows, Vec::new());
    table.config.links = LinkKind::Netns;
    table
}

/// These rows, or, with `FAULT=killed`, only those that have that word in their name.
fn chosen(kafka: &str, mut rows: Vec<Row>, mut left_out: Vec<Row>) -> Table {
    let word = std::env::var("FAULT").unwrap_or_default();
    rows.retain(|row| row.fault.contains(&word));
    left_out.retain(|row| row.fault.contains(&word));
    Table {
        config: config(kafka),
        rows,
        left_out,
    }
}

/// Runs the rows one after the other on a lab; what failed.
fn run(table: &Table) -> String {
    let mut failed = String::new();
    for row in &table.left_out {
        let _ = writeln!(
            failed,
            "Kafka {}, not run, because only root may drop packets: {}",
            table.config.kafka, row.fault
        );
    }
    if table.rows.is_empty() {
        return failed;
    }
    let _ = fs::remove_dir_all(&table.config.dir);
    let lab =
        Lab::start(&table.config).unwrap_or_else(|error| panic!("the lab does not start: {error}"));
    let _exporter = serve(&lab, &exporter_config(&lab));
    let history = History::begin(&lab.description().exporter);
    let bench = Bench {
        lab: &lab,
        history: &history,
        peers: Peers::of(&lab),
        kept: Kept::in_folder(lab.dir().join("fault-table")),
    };
    let mut measured = String::new();
    for row in &table.rows {
        let ended = bench.run(row);
        match &ended {
            Ok(times) => measured.push_str(&words::measured(row.fault, times)),
            Err(why) => {
                let (kafka, pages) = (&table.config.kafka, bench.kept.dir().display());
                let _ = writeln!(
                    failed,
                    "Kafka {kafka}: {} — {why}\n  pages: {pages}",
                    row.fault
                );
            }
        }
        for (name, text) in [("measured.md", &measured), ("failed.txt", &failed)] {
            fs::write(bench.kept.dir().join(name), text).expect("the lab's directory is writable");
        }
        if ended.is_err() && bench.await_steady().is_err() {
            break;
        }
    }
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
