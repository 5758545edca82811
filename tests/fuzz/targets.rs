//! What is fed: each reader of what others write as a plain function of bytes. It says whether the input was accepted,
//! and panics where a promise of the reader is broken.

use std::fs;
use std::path::Path;

use mirrorwatch::connect::{checkpoints, wire};
use mirrorwatch::drill::page::Page;
use mirrorwatch::exposition::negotiate;
use mirrorwatch::jolokia::{self, ObjectName};
use mirrorwatch::model::connect::State;
use mirrorwatch::model::flow::{Flow, ReplicationPolicy};
use mirrorwatch::model::jmx::client_id;
use mirrorwatch::promql::{Comparison, Query, Sample, SeriesSet, Settings, Steps, parse_duration};
use mirrorwatch::storage::export::openmetrics;
use mirrorwatch::storage::text::{Format, parse};
use mirrorwatch::{config, jolokia::view};

use super::{labels, prometheus, recordings, records};

/// One reader.
pub(crate) struct Target {
    /// Its name, and that of its folder of kept inputs.
    pub(crate) name: &'static str,
    /// Real inputs to begin with.
    pub(crate) seeds: fn() -> Vec<Vec<u8>>,
    /// Read an input; whether it was accepted.
    pub(crate) run: fn(&[u8]) -> bool,
}

/// All of them.
pub(crate) const TARGETS: &[Target] = &[
    Target {
        name: "accept",
        seeds: accepts,
        run: accept,
    },
    Target {
        name: "connect_group",
        seeds: records::groups,
        run: records::group,
    },
    Target {
        name: "connect_health",
        seeds: || fixtures(&["-health.json", "-root.json"]),
        run: health,
    },
    Target {
        name: "connect_offsets",
        seeds: || fixtures(&["-offsets.json"]),
        run: |body| wire::offsets(body).is_ok(),
    },
    Target {
        name: "connect_status",
        seeds: || fixtures(&["-status.json"]),
        run: status,
    },
    Target {
        name: "connect_tasks",
        seeds: || fixtures(&["-tasks.json"]),
        run: |body| wire::tasks("c", body).is_ok() & checkpoints::connector("c", body).is_ok(),
    },
    Target {
        name: "duration",
        seeds: || texts(&["15s", "1m30s", "250ms", "1y2w3d"]),
        run: duration,
    },
    Target {
        name: "exposition_text",
        seeds: expositions,
        run: exposition_text,
    },
    Target {
        name: "expression",
        seeds: expressions,
        run: expression,
    },
    Target {
        name: "jolokia_bulk",
        seeds: || fixtures(&["jolokia-"]),
        run: bulk,
    },
    Target {
        name: "labels",
        seeds: labels::seeds,
        run: labels::come_back,
    },
    Target {
        name: "main_config",
        seeds: configs,
        run: main_config,
    },
    Target {
        name: "mm2_records",
        seeds: records::seeds,
        run: records::run,
    },
    Target {
        name: "object_name",
        seeds: names,
        run: object_name,
    },
    Target {
        name: "page",
        seeds: pages,
        run: |text| Page::parse(&lossy(text)).named("mm2_worker_up").count() > 0,
    },
    Target {
        name: "prometheus_api",
        seeds: || fixtures(&["prometheus-"]),
        run: prometheus::run,
    },
    Target {
        name: "recording",
        seeds: recordings::seeds,
        run: recordings::run,
    },
    Target {
        name: "selector",
        seeds: || texts(&["up{job=\"x\"} == 0", "a_b{c=~\"d.*\",e!=\"f\"} > 1.5"]),
        run: selector,
    },
];

/// Pages that an exporter answered with, in both formats.
fn expositions() -> Vec<Vec<u8>> {
    let open = "# TYPE a counter\na_total{x=\"y\"} 5 1.5 # {t=\"q\"} 1 2\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\n# EOF\n";
    let classic =
        "# TYPE s summary\ns{quantile=\"0.5\"} NaN 1500\n{\"a b\",\"c d\"=\"e\\n\"} -Inf\n";
    let mut all = pages();
    all.extend(texts(&[open, classic]));
    all
}

/// What is read comes back as it was when it is written again.
fn exposition_text(input: &[u8]) -> bool {
    let text = lossy(input);
    let both = [Format::Classic, Format::OpenMetrics].map(|format| parse(format, &text));
    for line in both.iter().flatten().flatten() {
        let mut series = SeriesSet::default();
        let sample = Sample {
            at: line.at.unwrap_or(1),
            value: line.value,
        };
        series.add(line.labels.clone(), [sample]);
        let mut written = Vec::new();
        openmetrics(&mut written, &series).unwrap();
        let again = parse(Format::OpenMetrics, &String::from_utf8(written).unwrap()).unwrap();
        // Only the marker of a series' end has no form.
        assert!(
            again.is_empty() || again[0].labels == line.labels,
            "{:?}",
            line.labels
        );
    }
    both.iter().any(Result::is_ok)
}

fn expressions() -> Vec<Vec<u8>> {
    texts(&[
        "sum by (job) (rate(up{a=~\"b.*\"}[5m] offset 1m)) / on (job) group_left () count(up) > bool 0.5",
        "histogram_quantile(0.9, sum by (le) (rate(x_bucket[1m])))",
        "max_over_time((up or vector(1))[10m:30s] @ end())",
        "label_replace(topk(2, up), \"a\", \"$1\", \"job\", \"(.*)\") unless absent(up)",
    ])
}

/// What parses is evaluated on a few samples, or ends in an error.
fn expression(input: &[u8]) -> bool {
    let Ok(query) = Query::parse(&lossy(input)) else {
        return false;
    };
    let mut series = SeriesSet::default();
    let samples = [1.0, f64::NAN, 3.0];
    let samples = samples.into_iter().zip((0..).step_by(15_000));
    let samples = samples.map(|(value, at)| Sample { at, value });
    series.add(
        [("__name__", "up"), ("job", "a")].into_iter().collect(),
        samples,
    );
    let settings = Settings {
        max_samples: 10_000,
        ..Settings::default()
    };
    let steps = Steps {
        from: 0,
        to: 60_000,
        step: 20_000,
    };
    let _ = query.instant(&series, 30_000, &settings);
    let _ = query.range(&series, steps, &settings);
    true
}

fn lossy(input: &[u8]) -> String {
    String::from_utf8_lossy(input).into_owned()
}

fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// The captured answers whose file name contains one of these.
pub(crate) fn fixtures(parts: &[&str]) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = fs::read_dir("tests/fixtures")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    paths.retain(|path| {
        parts
            .iter()
            .any(|part| path.to_string_lossy().contains(part))
    });
    paths.sort();
    assert!(!paths.is_empty(), "{parts:?}");
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

fn health(body: &[u8]) -> bool {
    let root = wire::root(body).is_ok();
    wire::health(body).is_ok() || root
}

fn status(body: &[u8]) -> bool {
    let Ok(connectors) = wire::connectors(body) else {
        return false;
    };
    for connector in &connectors {
        let order: Vec<_> = connector.tasks.iter().map(|task| task.id).collect();
        assert!(
            order.is_sorted_by(|one, next| one < next),
            "each task once, in order"
        );
        let state = connector.state.as_str();
        assert_eq!(State::parse(state).as_str(), state);
    }
    true
}

fn bulk(body: &[u8]) -> bool {
    let flows = [Flow {
        source: "source".to_owned(),
        target: "target".to_owned(),
        connector: "mirror-source".to_owned(),
        policy: ReplicationPolicy::default(),
    }];
    match view(body, &flows) {
        Ok(view) => {
            assert!(view.samples.iter().all(|sample| sample.value.is_finite()));
            true
        }
        Err(error) => {
            assert!(error.to_string().len() < body.len() + 200, "{error}");
            matches!(error, jolokia::Error::Refused(_))
        }
    }
}

fn names() -> Vec<Vec<u8>> {
    texts(&[
        "kafka.connect.mirror:type=MirrorSourceConnector,source=a,target=b,topic=a.orders,partition=0",
        r#"kafka.consumer:type=consumer-metrics,client-id="s->t|c-0|replication-consumer""#,
        r#"d:k="a->b, \"c\" = \*\?\\\n",task=1"#,
        "connector-producer-mirror-source-2",
    ])
}

/// A name is read or refused; any text comes back from a quoted value as it was.
fn object_name(input: &[u8]) -> bool {
    let text = lossy(input);
    let _ = client_id::owner(&text);
    let quoted: String = text
        .chars()
        .flat_map(|c| match c {
            '\n' => vec!['\\', 'n'],
            '"' | '\\' | '*' | '?' => vec!['\\', c],
            other => vec![other],
        })
        .collect();
    let name =
        ObjectName::parse(&format!("d:type=t,k=\"{quoted}\",z=1")).expect("a quoted value is read");
    assert_eq!(
        (name.get("k"), name.get("z")),
        (Some(text.as_str()), Some("1"))
    );
    ObjectName::parse(&text).is_some()
}

fn accepts() -> Vec<Vec<u8>> {
    texts(&[
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
        "deflate, gzip;q=0.5",
        "text/html,*/*;q=0.8",
    ])
}

/// Whatever is asked for, something known is answered.
fn accept(input: &[u8]) -> bool {
    let text = lossy(input);
    let format = negotiate::format(Some(&text));
    assert!(format.content_type().contains("version="));
    negotiate::gzip(Some(&text))
}

fn configs() -> Vec<Vec<u8>> {
    let mut seeds = vec![fs::read("docs/reference-config.yml").unwrap()];
    let mut paths: Vec<_> = fs::read_dir("tests/config")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    seeds.extend(paths.iter().step_by(4).map(|path| fs::read(path).unwrap()));
    seeds
}

/// A configuration is read, or refused in one short message that names the file and a line in it.
fn main_config(input: &[u8]) -> bool {
    let text = lossy(input);
    match config::parse(Path::new("fuzz/mirrorwatch.yml"), &text) {
        Ok(_) => true,
        Err(error) => {
            let said = error.to_string();
            let rest = said
                .strip_prefix("fuzz/mirrorwatch.yml:")
                .unwrap_or_else(|| panic!("no file: {said}"));
            // YAML ends a line at a lone carriage return, too.
            let breaks = text
                .matches(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'])
                .count();
            let line: usize = rest.split(':').next().unwrap().parse().unwrap();
            assert!((1..=breaks + 2).contains(&line), "line {line}: {said}");
            assert!(said.len() < text.len() + 1_000, "{said}");
            false
        }
    }
}

fn duration(input: &[u8]) -> bool {
    let text = lossy(input);
    let _ = humantime::parse_duration(&text);
    match parse_duration(&text) {
        Ok(duration) => {
            let again = format!("{}ms", duration.as_millis());
            assert_eq!(parse_duration(&again), Ok(duration));
            true
        }
        Err(_) => false,
    }
}

fn selector(input: &[u8]) -> bool {
    Comparison::parse(&lossy(input)).is_ok()
}

fn pages() -> Vec<Vec<u8>> {
    let page = fs::read_to_string("tests/golden/metrics.txt").unwrap();
    let lines: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("mm2_"))
        .take(60)
        .collect();
    vec![lines.join("\n").into_bytes()]
}
