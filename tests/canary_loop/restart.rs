//! The exporter is killed or stopped and comes back: nothing in flight is forgotten, nothing is counted twice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use mirrorwatch::canary;
use mirrorwatch::model::canary::CanaryView;
use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use tempfile::TempDir;

use crate::exporter::{Exporter, free_port};
use crate::hop::Fault;
use crate::watch::{all_flow, stop, wait_for};
use crate::{Cluster, PARTITIONS, REMOTE, TOPIC, clusters, config, hop_between, start};

fn totals(view: &CanaryView) -> [u64; 4] {
    let sum = |of: fn(&mirrorwatch::model::canary::PartitionView) -> u64| {
        view.partitions.iter().map(of).sum()
    };
    [
        sum(|p| p.sent),
        sum(|p| p.acknowledged),
        sum(|p| p.received),
        sum(|p| p.duplicates + p.lost + p.reordered + p.outage_count),
    ]
}

#[test]
fn a_canary_that_is_stopped_and_started_goes_on_with_its_run_and_its_counts() {
    let (source, target) = clusters(true);
    let hop = hop_between(&source, &target);
    let first = start(&source, &target);
    let before = wait_for(&first, all_flow);
    stop(first);
    thread::sleep(Duration::from_millis(500));
    let second = start(&source, &target);
    let after = wait_for(&second, |view| {
        view.partitions.len() == 3 && view.partitions.iter().all(|p| p.received >= 30)
    });
    assert_eq!(after.run, before.run);
    assert!(after.run_start.micros_since(before.run_start).abs() < 1_000_000);
    assert_eq!(totals(&after)[3], 0, "{after:#?}");
    for (before, after) in totals(&before).into_iter().zip(totals(&after)) {
        assert!(after >= before);
    }
    assert_eq!((after.source_blind.count, after.target_blind.count), (1, 1));
    let [sent, acknowledged, received, _] = totals(&after);
    assert!(
        sent - acknowledged <= 6 && acknowledged - received <= 9,
        "{after:#?}"
    );
    stop(second);
    drop(hop);
}

#[test]
fn another_instance_has_a_run_of_its_own_and_two_of_one_name_are_said_to_be_so() {
    let (source, target) = clusters(true);
    let hop = hop_between(&source, &target);
    let one = start(&source, &target);
    wait_for(&one, all_flow);
    let mut other = config(&source, &target);
    other.instance = "other".into();
    let other = canary::start(other).expect("a mock is at hand");
    let seen = wait_for(&other, all_flow);
    assert_eq!((totals(&seen)[3], seen.problem.as_deref()), (0, None));
    assert_ne!(seen.run, wait_for(&one, all_flow).run);
    assert_eq!(wait_for(&one, all_flow).problem, None);
    stop(other);

    let twin = start(&source, &target);
    for handle in [&one, &twin] {
        let view = wait_for(handle, |view| view.problem.is_some());
        let problem = view.problem.as_deref().unwrap_or_default();
        assert!(problem.contains("another process"), "{problem}");
        assert_eq!(
            totals(&view)[3],
            0,
            "records of the twin are nobody's faults: {view:#?}"
        );
    }
    stop(one);
    stop(twin);
    drop(hop);
}

/// What a canary told while it flowed; it is stopped, and so is the hop.
fn flowed_and_stopped(source: &Cluster, target: &Cluster) -> Arc<CanaryView> {
    let hop = hop_between(source, target);
    let canary = start(source, target);
    let view = wait_for(&canary, all_flow);
    stop(canary);
    drop(hop);
    view
}

#[test]
fn a_remote_topic_that_was_made_anew_meanwhile_begins_a_new_run() {
    let (source, target) = clusters(true);
    let before = flowed_and_stopped(&source, &target);
    let (_, fresh) = clusters(true);
    let hop = hop_between(&source, &fresh);
    // The hop copies all of the source again, so that the fresh log is soon as long; it is stopped before.
    hop.pause();
    let second = start(&source, &fresh);
    let view = wait_for(&second, |view| {
        view.run != before.run && view.partitions.iter().all(|p| p.acknowledged > 10)
    });
    assert_eq!(totals(&view)[3], 0, "{view:#?}");
    stop(second);
    drop(hop);
}

#[test]
fn a_remote_topic_that_was_made_anew_and_has_grown_beyond_the_old_one_begins_a_new_run() {
    let (source, target) = clusters(true);
    let before = flowed_and_stopped(&source, &target);
    let (_, fresh) = clusters(true);
    // The same records follow, each at another offset than it had.
    fill(&fresh, 500);
    let hop = hop_between(&source, &fresh);
    let second = start(&source, &fresh);
    let view = wait_for(&second, |view| view.run != before.run && all_flow(view));
    assert_eq!(totals(&view)[3], 0, "{view:#?}");
    stop(second);
    drop(hop);
}

/// Put so many of somebody's records into each partition of the remote topic.
fn fill(target: &Cluster, records: i32) {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", target.bootstrap_servers())
        .create()
        .expect("the properties are known");
    for partition in (0..PARTITIONS)
        .cycle()
        .take((records * PARTITIONS).unsigned_abs() as usize)
    {
        let record = BaseRecord::<(), _>::to(REMOTE)
            .payload("another's")
            .partition(partition);
        producer.send(record).expect("the queue has room");
    }
    let patience = Duration::from_secs(10);
    producer.flush(patience).expect("the mock takes all of it");
}

/// The program itself, with a canary between two mock clusters and no Connect that answers; on another port each time, as another host
/// is.
fn program(source: &Cluster, target: &Cluster) -> (Exporter, TempDir) {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    configure(&folder, source, target, "1s");
    let address = format!("--web.listen-address=127.0.0.1:{}", free_port());
    let arguments = [&address, "--exporter-name=watcher"];
    (Exporter::start_in(folder.path(), &arguments), folder)
}

fn configure(folder: &TempDir, source: &Cluster, target: &Cluster, grace: &str) {
    let text = format!(
        "connect: {{ workers: [{{ url: 'http://127.0.0.1:1' }}] }}
clusters: {{ source: {{ bootstrap.servers: '{}' }}, target: {{ bootstrap.servers: '{}' }} }}
flows: [{{ source: source, target: target, connector: mirror-source, canary: {{ topic: '{TOPIC}', partitions: {PARTITIONS}, \
         loss_grace: {grace}, records_per_second: 50 }} }}]",
        source.bootstrap_servers(),
        target.bootstrap_servers()
    );
    std::fs::write(folder.path().join("mirrorwatch.yml"), text).expect("there is room for a file");
}

/// A family of the canary on a page, summed over its partitions.
fn sum(page: &str, family: &str) -> u64 {
    let samples = page
        .lines()
        .filter_map(|line| line.strip_prefix(family)?.strip_prefix('{'));
    let values = samples.filter_map(|rest| rest.rsplit(' ').next()?.parse::<u64>().ok());
    values.sum()
}

fn received(page: &str) -> u64 {
    sum(page, "mm2_canary_received_records_total")
}

/// The run that a page tells.
fn run(page: &str) -> Option<&str> {
    let info = page
        .lines()
        .find(|line| line.starts_with("mm2_canary_info{"))?;
    info.split("run=\"").nth(1)?.split('"').next()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_that_changes_a_canary_restarts_it_and_its_run_goes_on_without_a_twin() {
    let (source, target) = clusters(true);
    let hop = hop_between(&source, &target);
    let (exporter, folder) = program(&source, &target);
    let exporter = exporter.listening().await;
    exporter
        .until("records arrive", |page| received(page) >= 200)
        .await;
    let before = exporter.page().await;
    configure(&folder, &source, &target, "2s");
    exporter.hang_up();
    let enough = received(&before) + 500;
    exporter
        .until("records arrive again", |page| received(page) >= enough)
        .await;
    let after = exporter.page().await;
    assert_eq!(run(&after), run(&before));
    assert_eq!(sum(&after, "mm2_canary_blind_spans_total"), 2, "{after}");
    assert_eq!(sum(&after, "mm2_canary_problem"), 0, "{}", exporter.log());
    for kind in ["duplicate", "lost", "reordered"] {
        let family = format!("mm2_canary_{kind}_records_total");
        assert_eq!(sum(&after, &family), 0, "{family}\n{after}");
    }
    tokio::task::block_in_place(|| drop(hop));
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_again_and_again_while_records_are_lost_and_replayed_it_counts_each_of_them_once() {
    let (source, target) = clusters(true);
    let hop = hop_between(&source, &target);
    let mut least = 0;
    for life in 0..4 {
        let (exporter, _folder) = program(&source, &target);
        let exporter = exporter.listening().await;
        let enough = least + 200;
        exporter
            .until("records arrive", |page| received(page) >= enough)
            .await;
        if life < 3 {
            // Half of it while it lives, half while it is gone.
            tokio::task::block_in_place(|| {
                hop.inject(0, vec![Fault::Lose, Fault::Duplicate, Fault::Mangle]);
            });
            least = received(&exporter.page().await);
            drop(exporter);
            hop.replay(1, 10);
            continue;
        }
        exporter
            .until("every loss is confirmed", |page| {
                sum(page, "mm2_canary_lost_records_total") == 3
                    && sum(page, "mm2_canary_overtaken_records") == 0
            })
            .await;
        let page = exporter.page().await;
        assert!(page.contains("exporter=\"watcher\""), "{page}");
        let counts: BTreeMap<_, _> = [
            ("duplicate", 3 + 3 * 10),
            ("mangled_header", 3),
            ("reordered", 0),
            ("corrupt", 0),
            ("misrouted", 0),
            ("late_after_loss", 0),
            ("lost", 3),
        ]
        .into();
        for (kind, count) in counts {
            let family = format!("mm2_canary_{kind}_records_total");
            assert_eq!(
                sum(&page, &family),
                count,
                "{family}\n{page}\n{}",
                exporter.log()
            );
        }
        // Absences that follow each other within seconds are one span, of both sides.
        let absences = sum(&page, "mm2_canary_blind_spans_total");
        assert!((2..=6).contains(&absences), "{page}");
        assert_eq!(sum(&page, "mm2_canary_outages_total"), 0, "{page}");
    }
    tokio::task::block_in_place(|| drop(hop));
}
