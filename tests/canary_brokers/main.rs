//! The whole canary between two real brokers, with the simulator as the hop between them, in kinds of trouble that no mock cluster knows.
//! The brokers' clocks are wrong all the time: that of the source is an hour ahead, that of the target a minute and a half behind.

mod broker;
#[path = "../canary_loop/hop.rs"]
mod hop;
#[path = "../canary_loop/kinds.rs"]
mod kinds;
mod page;
mod throttled;
mod too_large;
mod topics;
#[path = "../canary_loop/watch.rs"]
mod watch;

use std::sync::LazyLock;
use std::thread;
use std::time::Duration;

use broker::Broker;
use hop::Hop;
use mirrorwatch::canary::{self, Config, Handle};
use page::Page;
use watch::{all_flow, is_settled, stop, wait_for};

const PARTITIONS: i32 = 3;
/// How far each broker's clock is ahead of the host's, in seconds.
const AHEAD: [i64; 2] = [3_600, -90];

/// The source and the target of all tests; each test has topics of its own.
static BROKERS: LazyLock<[Broker; 2]> = LazyLock::new(|| {
    let target = thread::spawn(|| Broker::start("target", AHEAD[1]));
    let source = Broker::start("source", AHEAD[0]);
    [source, target.join().expect("the target starts")]
});

/// A canary through the simulator.
struct Flow {
    handle: Handle,
    hop: Hop,
    topic: String,
    remote: String,
}

impl Flow {
    /// Starts one with a topic of this name, and waits until it flows.
    fn start(topic: &str, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::new("source", "target", topic, "test");
        let remote = config.remote_topic();
        let [source, target] = &*BROKERS;
        for (broker, topic) in [(source, topic), (target, &remote)] {
            topics::create(broker, topic);
        }
        let bootstrap = "bootstrap.servers".to_owned();
        let of_source = (bootstrap.clone(), source.bootstrap.clone());
        config.source_cluster.extend([of_source]);
        let of_target = (bootstrap, target.bootstrap.clone());
        config.target_cluster.extend([of_target]);
        change(&mut config);
        let ends = [topic, &remote];
        let gather = Duration::from_millis(10);
        let hop = Hop::start(
            &source.bootstrap,
            &target.bootstrap,
            ends,
            PARTITIONS,
            gather,
        );
        let handle = canary::start(config).expect("its settings are sound");
        wait_for(&handle, all_flow);
        Self {
            handle,
            hop,
            topic: topic.to_owned(),
            remote,
        }
    }

    /// The page once the view is as wanted.
    #[track_caller]
    fn page(&self, wanted: impl Fn(&mirrorwatch::model::canary::CanaryView) -> bool) -> Page {
        Page::of(wait_for(&self.handle, wanted))
    }

    fn stop(self) {
        stop(self.handle);
        drop(self.hop);
    }
}

#[test]
fn each_kind_of_fault_and_a_delay_are_told_apart_and_in_number_though_both_clocks_are_wrong() {
    let flow = Flow::start("test-kinds", |config| {
        config.loss_grace = Duration::from_secs(1);
        // On a starved machine a gap of seconds is no fault of the hop.
        config.outage_threshold = Duration::from_mins(1);
    });
    kinds::inject(&flow.hop);
    kinds::are_told(&wait_for(&flow.handle, kinds::are_decided));
    flow.hop.pause();
    thread::sleep(Duration::from_secs(3));
    flow.hop.resume();
    let late = |view: &mirrorwatch::model::canary::CanaryView| {
        let buckets = &view.latency.buckets;
        let within = buckets.iter().find(|(edge, _)| *edge >= 1.0);
        view.latency.count - within.expect("there is such an edge").1
    };
    let before = late(&wait_for(&flow.handle, |_| true));
    let after = wait_for(&flow.handle, |view| {
        is_settled(view) && late(view) >= before + 40
    });
    // Late is none of the kinds.
    kinds::are_told(&after);
    the_clocks_are_told_and_no_time_is_wrong(&Page::of(after));
    flow.stop();
}

fn the_clocks_are_told_and_no_time_is_wrong(page: &Page) {
    for (side, ahead) in ["source", "target"].into_iter().zip(AHEAD) {
        let labels = format!("side=\"{side}\"");
        let skew = page.value("mm2_clock_skew_seconds", &labels);
        let error = page.value("mm2_clock_skew_error_seconds", &labels);
        #[expect(clippy::cast_precision_loss, reason = "there are few seconds")]
        let off = (skew - ahead as f64).abs();
        assert!(off <= error && error < 1.0, "{side}: {skew} ± {error}");
    }
    // The hop stood still for 3 s; nothing took as long as the clocks are apart.
    for part in ["latency", "acknowledgement", "replication", "fetch"] {
        let of = |what: &str| page.value(&format!("mm2_canary_{part}_seconds_{what}"), "");
        let mean = of("sum") / of("count");
        assert!((0.0..5.0).contains(&mean), "{part}: {mean}");
    }
    let now = page.value("mm2_canary_observed_through_timestamp_seconds", "");
    for through in page.values("mm2_canary_delivered_through_timestamp_seconds", "") {
        assert!((0.0..60.0).contains(&(now - through)), "{now} {through}");
    }
}
