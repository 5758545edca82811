use super::*;

/// A worker that answers until `dies`, scraped each second for five minutes.
fn worker(dies: i64) -> SeriesSet {
    let mut set = SeriesSet::default();
    let labels = |name: &str| {
        let pairs = [
            ("__name__", name),
            ("instance", "i"),
            ("job", "mirrorwatch"),
        ];
        pairs.into_iter().collect::<Labels>()
    };
    let worker = [("worker", "w1:8083")];
    let of_worker = labels("mm2_worker_up");
    let of_worker: Labels = of_worker.iter().chain(worker).collect();
    let samples = |value: &dyn Fn(i64) -> f64| -> Vec<_> {
        let times = 0..300;
        let sample = |second: i64| Sample {
            at: second * 1_000,
            value: value(second),
        };
        times.map(sample).collect()
    };
    set.add(labels("up"), samples(&|_| 1.0));
    let up = |second| if second < dies { 1.0 } else { 0.0 };
    set.add(of_worker, samples(&up));
    set
}

fn down<'a>(alerts: &'a Alerts, severity: &str) -> &'a Alert {
    let mut all = alerts.all.iter();
    let is_it =
        |alert: &&Alert| alert.name == "MirrorMakerWorkerDown" && alert.severity == severity;
    all.find(is_it).unwrap()
}

#[test]
fn a_worker_that_dies_is_told_by_its_alert_when_the_hold_is_over() {
    let alerts = told(&worker(121), |_| true).unwrap();
    assert_eq!(alerts.over, (0, 299_000));
    let episode = Episode {
        pending: 125_000,
        fired: Some(135_000),
        over: None,
    };
    let down = down(&alerts, "warning");
    assert_eq!(down.episodes, [episode]);
    assert!(down.lacks.is_empty());
    let lives = told(&worker(1_000), |_| true).unwrap();
    assert_eq!(self::down(&lives, "warning").episodes, []);
}

#[test]
fn what_the_server_stored_itself_counts_and_not_the_replay() {
    let mut series = worker(121);
    let labels = |state: &str| {
        let pairs = [
            ("__name__", "ALERTS"),
            ("alertname", "MirrorMakerWorkerDown"),
            ("alertstate", state),
            ("job", "mirrorwatch"),
            ("severity", "warning"),
            ("worker", "w1:8083"),
        ];
        pairs.into_iter().collect::<Labels>()
    };
    let at = |seconds: std::ops::RangeInclusive<i64>| {
        let samples = seconds.step_by(5).map(|second| Sample {
            at: second * 1_000 + 7,
            value: 1.0,
        });
        samples.collect::<Vec<_>>()
    };
    series.add(labels("pending"), at(123..=138));
    series.add(labels("firing"), at(143..=200));
    let alerts = told(&series, |_| true).unwrap();
    let stored = down(&alerts, "warning");
    let episode = Episode {
        pending: 123_007,
        fired: Some(143_007),
        over: Some(203_007),
    };
    assert_eq!(stored.episodes, [episode]);
    assert!(stored.stored && stored.interval == 0 && stored.late == 5_000);
    // Of the other severity it stored nothing.
    assert!(!down(&alerts, "critical").stored);
}

#[test]
fn of_an_alert_whose_series_were_not_taken_nothing_is_known() {
    let alerts = told(&worker(121), |metric| metric.starts_with("mm2_")).unwrap();
    assert!(down(&alerts, "warning").lacks.is_empty());
    let flat = alerts
        .all
        .iter()
        .find(|alert| alert.name == "MirrorMakerRecordCountFlat");
    let lacks = &flat.unwrap().lacks;
    assert!(
        lacks.contains("kafka_connect_mirror_source_connector_record_count"),
        "{lacks:?}"
    );
}

#[test]
fn without_a_sample_there_is_no_replay() {
    let nothing = told(&SeriesSet::default(), |_| true).unwrap();
    assert_eq!(nothing, Alerts::default());
}

#[test]
fn what_the_alerts_rest_on_is_exposed_by_somebody() {
    let known: Vec<_> = crate::exposition::catalogue::all()
        .iter()
        .map(|m| m.name)
        .collect();
    let unknown: Vec<_> = metrics().unwrap();
    let unknown: Vec<_> = unknown
        .into_iter()
        .filter(|name| {
            !["up", "ALERTS"].contains(&name.as_str()) && !known.contains(&name.as_str())
        })
        .collect();
    assert_eq!(unknown, Vec::<String>::new());
}
