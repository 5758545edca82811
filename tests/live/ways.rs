//! Both directions at once, each with a replication policy of its own, a chain through both, and the probe of the offset
//! translation before and after a worker was killed: what it tells is what reading both clusters gives.

mod away;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

use mirrorwatch_lab::{Action, Policy, Profile};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::message::Message as _;
use rdkafka::{Offset, TopicPartitionList};

use crate::site::{Site, Turn, get, wait_until};

const FORTH: &str = "test-mirrorwatch-canary";
const BACK: &str = "back-mirrorwatch-canary";
/// Both connectors take it: it goes to the target and comes back under another name.
const CHAIN: &str = "back-chain-canary";
const GROUP: &str = "mirrorwatch-probe-source-target";
const PATIENCE: Duration = Duration::from_secs(20);

/// Identity from source to target, a separator of its own from target to source.
fn both_ways() -> Turn {
    Turn::on("both-ways", |config| {
        config.profile = Profile::Tuned;
        config.policy = Policy::Identity;
        config.back = Some(Policy::Default {
            separator: "-to-".to_owned(),
        });
        let topics = ("topics".to_owned(), format!("test-.*, {CHAIN}"));
        config.connector_properties.extend([topics]);
    })
}

#[test]
fn canaries_flow_both_ways_and_the_probe_tells_where_a_group_lands_before_and_after_a_kill() {
    let mut turn = both_ways();
    names_are_those_of_each_policy(&turn);
    // The offset that was committed stands for the whole test: the next commit is that of the next start.
    let config = with_probe_and_chain(&turn);
    turn.reconfigure(&config);
    the_chain_has_the_name_of_both_connectors(&turn);
    the_probe_tells_what_is_read(&turn);
    the_probe_that_nobody_translates_is_told(&turn);
    turn.lab
        .fault(Action::Kill, "owner")
        .expect("an owner is killed");
    turn.restart_exporter_after(Duration::ZERO);
    the_probe_tells_what_is_read(&turn);
    a_group_that_lands_too_far_is_told_with_what_it_skips(&turn);
}

/// The lab's configuration with more in it: a probe of each flow, of which MM2 translates the group of one only. The lab has two clusters,
/// so the chain's third is the first by another name.
fn with_probe_and_chain(site: &Site) -> PathBuf {
    let text = fs::read_to_string(site.file("mirrorwatch.yml")).expect("the lab wrote it");
    let source = &site.lab.description().clusters["source"].bootstrap;
    let pace = "      records_per_second: 10\n";
    let probed = format!("{pace}      translation_probe: {{ interval: 1h }}\n");
    let far = format!("clusters:\n  far: {{ bootstrap.servers: \"{source}\" }}\n");
    let chain = format!(
        "  - {{ source: target, target: far, connector: mirror-source-back, separator: -to- }}\n\
         chains:\n  - through: [source, target, far]\n    canary: {{ topic: {CHAIN}, partitions: 2 }}\npoll:"
    );
    let text = text.replace(pace, &probed);
    let text = text.replace("clusters:\n", &far).replace("poll:", &chain);
    let config = site.file("probed.yml");
    fs::write(&config, text).expect("the lab's directory is ours");
    config
}

/// The other canaries' ledgers go on over the restart; the chain's begins, once its topic is made and copied twice.
fn the_chain_has_the_name_of_both_connectors(site: &Site) {
    let named = format!("topic=\"{CHAIN}\",remote_topic=\"target-to-{CHAIN}\"");
    wait_until("the chain's canary flows", Duration::from_secs(90), || {
        let page = site.page("text/plain");
        let of_chain = |name: &str| {
            let start = format!("{name}{{source=\"source\",target=\"far\"");
            let lines = page.lines().filter(|line| line.starts_with(&start));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        let arrived = of_chain("mm2_canary_first_arrival_timestamp_seconds").len();
        let infos = of_chain("mm2_canary_info");
        let info = infos.first();
        assert!(info.is_none_or(|info| info.contains(&named)), "{info:?}");
        info.is_some() && arrived == 2
    });
}

/// `Site::start` has waited for arrivals on every partition of both canaries; here is under which names, and that nothing else came.
fn names_are_those_of_each_policy(site: &Site) {
    let page = site.page("text/plain");
    let info = |source: &str| {
        let start = format!("mm2_canary_info{{source=\"{source}\"");
        let line = page.lines().find(|line| line.starts_with(&start));
        line.unwrap_or_default().to_owned()
    };
    let named = |topic: &str, remote: &str| format!("topic=\"{topic}\",remote_topic=\"{remote}\"");
    let back = format!("target-to-{BACK}");
    assert!(info("source").contains(&named(FORTH, FORTH)), "{page}");
    assert!(info("target").contains(&named(BACK, &back)), "{page}");
    assert_eq!(topics(site, "source"), [&back, FORTH]);
    assert_eq!(topics(site, "target"), [BACK, FORTH]);
}

/// The canaries' topics of one cluster.
fn topics(site: &Site, cluster: &str) -> Vec<String> {
    let client = client(site, cluster);
    let metadata = client.fetch_metadata(None, PATIENCE).expect("it answers");
    let names = metadata
        .topics()
        .iter()
        .map(|topic| topic.name().to_owned());
    let mut names: Vec<_> = names.filter(|name| name.contains("canary")).collect();
    names.sort();
    names
}

/// Every partition, by both of the group's offsets: found, nothing skipped, and as many records as there are to be read again.
fn the_probe_tells_what_is_read(site: &Site) {
    let mut told = (BTreeMap::new(), BTreeMap::new());
    wait_until(
        "the probe tells what reading gives",
        Duration::from_secs(40),
        || {
            told = (
                probed(site, "mm2_translation_probe_reread_records"),
                read(site),
            );
            !told.1.is_empty() && told.0 == told.1
        },
    );
    let skipped = probed(site, "mm2_translation_probe_skipped_records");
    let any = skipped.values().any(|records| *records > 0);
    assert!(
        !skipped.is_empty() && !any,
        "all lands at or before its record: {skipped:?}"
    );
}

/// The lab has a checkpoint connector for one direction.
fn the_probe_that_nobody_translates_is_told(site: &Site) {
    let told = |flow: &str, problem| {
        let line = format!("mm2_translation_probe_problem{{{flow}}} {problem}");
        site.page("text/plain").lines().any(|other| other == line)
    };
    wait_until("both probes are judged", Duration::from_mins(1), || {
        told("source=\"source\",target=\"target\"", 0)
            && told("source=\"target\",target=\"source\"", 1)
    });
    let exporter = &site.lab.description().exporter;
    let landing = get(&format!("http://{exporter}/"), "text/html").unwrap_or_default();
    let said = "no connector has a task that translates groups from `target` to `source`";
    assert!(landing.contains(said), "{landing}");
}

/// The group is put near the target's end by hand, while its commit at the source is as old as the exporter's start.
fn a_group_that_lands_too_far_is_told_with_what_it_skips(site: &Site) {
    let (source, target) = (client(site, "source"), client(site, "target"));
    // Time for records behind the commit.
    sleep(Duration::from_secs(2));
    let (_, end) = target
        .fetch_watermarks(FORTH, 0, PATIENCE)
        .expect("it answers");
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(FORTH, 0, Offset::Offset(end - 1))
        .expect("an offset");
    target
        .commit(&list, CommitMode::Sync)
        .expect("the group is empty");
    let next = group_offsets(&source, 1)[&0];
    let first = records(&target, 0, end - 1).next().expect("the last one");
    let skipped = records(&source, 0, next).position(|record| record == first);
    let skipped = skipped.expect("it was copied from there") as u64;
    assert!(skipped > 0);
    wait_until("the page tells it", Duration::from_secs(30), || {
        let told = probed(site, "mm2_translation_probe_skipped_records");
        told.get(&(0, "group".to_owned())) == Some(&skipped)
            && told.get(&(0, "checkpoint".to_owned())) == Some(&0)
    });
}

/// What the page has of a metric of the probe, by partition and by whose offset.
fn probed(site: &Site, metric: &str) -> BTreeMap<(i32, String), u64> {
    let page = site.page("text/plain");
    let lines = page
        .lines()
        .filter(|line| line.starts_with(&format!("{metric}{{")));
    let label = |line: &str, name: &str| {
        let (_, rest) = line.split_once(&format!("{name}=\""))?;
        Some(rest.split_once('"')?.0.to_owned())
    };
    let sample = |line: &str| {
        let partition = label(line, "partition")?.parse().ok()?;
        let records = line.rsplit(' ').next()?.parse().ok()?;
        Some(((partition, label(line, "via")?), records))
    };
    lines.filter_map(sample).collect()
}

/// The same, read from both clusters; empty unless every partition can be told.
fn read(site: &Site) -> BTreeMap<(i32, String), u64> {
    let (source, target) = (client(site, "source"), client(site, "target"));
    let metadata = source
        .fetch_metadata(Some(FORTH), PATIENCE)
        .expect("it answers");
    let partitions = metadata.topics()[0].partitions().len();
    let mut found = BTreeMap::new();
    let (committed, synced) = (
        group_offsets(&source, partitions),
        group_offsets(&target, partitions),
    );
    for partition in 0..i32::try_from(partitions).expect("few partitions") {
        let Some(&upstream) = committed.get(&partition) else {
            return BTreeMap::new();
        };
        let checkpoint = checkpoint(site, partition);
        for (via, offset) in [
            ("checkpoint", checkpoint),
            ("group", synced.get(&partition).copied()),
        ] {
            let distance = offset.and_then(|offset| {
                let next = records(&source, partition, upstream).next()?;
                records(&target, partition, offset).position(|record| record == next)
            });
            let Some(distance) = distance else {
                return BTreeMap::new();
            };
            found.insert((partition, via.to_owned()), distance as u64);
        }
    }
    found
}

/// What the group has committed of its topic on one cluster.
fn group_offsets(client: &BaseConsumer, partitions: usize) -> BTreeMap<i32, i64> {
    let mut list = TopicPartitionList::new();
    list.add_partition_range(FORTH, 0, i32::try_from(partitions).expect("few") - 1);
    let answer = client
        .committed_offsets(list, PATIENCE)
        .expect("it answers");
    let elements = answer.elements().into_iter();
    elements
        .filter_map(|element| match element.offset() {
            Offset::Offset(offset) => Some((element.partition(), offset)),
            _ => None,
        })
        .collect()
}

/// The offset in MM2's newest checkpoint of the group, as the page has it from the checkpoints' topic.
fn checkpoint(site: &Site, partition: i32) -> Option<i64> {
    let page = site.page("text/plain");
    let labels = format!("group=\"{GROUP}\",topic=\"{FORTH}\",partition=\"{partition}\"");
    let line = page.lines().find(|line| {
        line.starts_with("mm2_checkpoint_downstream_offset{") && line.contains(&labels)
    });
    line?.rsplit(' ').next()?.parse().ok()
}

/// Key and value of each record of a partition from an offset on, until nothing comes.
fn records(
    client: &BaseConsumer,
    partition: i32,
    offset: i64,
) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(FORTH, partition, Offset::Offset(offset))
        .expect("an offset");
    client.assign(&list).expect("it is assigned");
    std::iter::from_fn(move || {
        let message = client.poll(Duration::from_secs(2))?.ok()?;
        let bytes = |part: Option<&[u8]>| part.unwrap_or_default().to_vec();
        Some((bytes(message.key()), bytes(message.payload())))
    })
}

fn client(site: &Site, cluster: &str) -> BaseConsumer {
    let lab = site.lab.description();
    ClientConfig::new()
        .set("bootstrap.servers", &lab.clusters[cluster].bootstrap)
        .set("group.id", GROUP)
        .set("enable.auto.commit", "false")
        .create()
        .expect("a client")
}
