//! Names that others chose: on the page, through promtool's own storage and back, and on the landing page, they are the
//! same data and steer nothing.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "fuzz/labels.rs"]
#[allow(dead_code, reason = "the seeds are the fuzzer's")]
mod labels;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use mirrorwatch::exposition::{Format, Pages, render};
use mirrorwatch::http;
use mirrorwatch::model::canary::{BlindView, CanaryView, LatencyView, LegsView};
use mirrorwatch::model::jmx::{BEANS, JmxSample};
use mirrorwatch::model::text::is_safe;
use mirrorwatch::model::time::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};

/// Each is told apart from each other one.
fn corpus() -> Vec<String> {
    let mut names: Vec<String> = [
        "plain",
        "\"",
        "'",
        "\\",
        "\\n",
        "\n",
        "\r",
        "\r\n",
        "\t",
        "\\\"",
        "\"} 1\nforged{x=\"",
        "{}",
        "#",
        "# HELP x",
        "a,b=\"c\"",
        "\u{1b}[2J\u{1b}]0;x\u{7}",
        "\u{7f}",
        "\u{85}\u{9b}31m",
        "\u{1}\u{2}\u{1f}",
        "\u{202e}drowssap\u{202c}",
        "\u{2066}x\u{2069}",
        "\u{feff}mark",
        "zero\u{200b}width",
        "\u{2028}\u{2029}",
        "🦀👩‍👩‍👧‍👦",
        "e\u{301}",
        "é",
        "\u{fffd}",
        "\u{10ffff}",
        "<script>alert(1)</script>",
        "&amp;",
        "${jndi:ldap://x}",
        "%0a%0d",
        "../../etc/passwd",
        "; rm -rf /",
        "NaN",
        "+Inf",
        " leading",
        "trailing ",
    ]
    .map(str::to_owned)
    .to_vec();
    names.push("x".repeat(1 << 20));
    names.push("x".repeat((1 << 20) + 1));
    names.push("🦀".repeat(1 << 18));
    names
}

fn page(format: Format) -> String {
    let sample = |(number, name): (usize, String)| JmxSample {
        bean: 0,
        attribute: 0,
        labels: ["source", "target", &name, &number.to_string()]
            .map(str::to_owned)
            .into(),
        value: f64::from(u32::try_from(number).unwrap()),
    };
    render(
        &labels::snapshot(corpus().into_iter().enumerate().map(sample).collect()),
        format,
    )
}

fn metric() -> String {
    format!("{}_record_count", BEANS[0].prefix)
}

#[test]
fn one_long_name_does_not_make_a_page_long() {
    for format in [Format::Classic, Format::OpenMetrics] {
        let page = page(format);
        assert_eq!(
            page.lines()
                .filter(|line| line.starts_with(&metric()))
                .count(),
            corpus().len()
        );
        assert!(page.len() < 1 << 17, "{}", page.len());
    }
}

#[test]
fn promtool_stores_the_page_and_gives_back_the_same_names() {
    let promtool = [".lab/debian/usr/bin/promtool", "promtool"]
        .into_iter()
        .find(|path| Path::new(path).exists())
        .unwrap_or("promtool");
    let folder = tempfile::tempdir().unwrap();
    let (text, blocks) = (folder.path().join("page"), folder.path().join("blocks"));
    // Its importer wants a time with each sample.
    let page = page(Format::OpenMetrics);
    let stamped = page.lines().map(|line| {
        if line.starts_with('#') {
            format!("{line}\n")
        } else {
            format!("{line} 1795423000\n")
        }
    });
    fs::write(&text, stamped.collect::<String>()).unwrap();
    let run = |arguments: &[&str], paths: &[&Path]| {
        let output = Command::new(promtool)
            .args(arguments)
            .args(paths)
            .output()
            .expect("promtool is there; `make setup` gets it");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    };
    run(
        &["tsdb", "create-blocks-from", "openmetrics"],
        &[&text, &blocks],
    );
    // It opens a whole database, of which the log before the blocks is a part.
    fs::create_dir(blocks.join("wal")).unwrap();
    let dump = run(&["tsdb", "dump"], &[&blocks]);
    let stored: Vec<(String, f64)> = dump
        .lines()
        .filter(|line| line.contains(&metric()))
        .map(stored)
        .collect();
    assert_eq!(stored.len(), corpus().len());
    for (number, name) in corpus().into_iter().enumerate() {
        let value = f64::from(u32::try_from(number).unwrap());
        let (topic, _) = stored
            .iter()
            .find(|(_, stored)| stored.to_bits() == value.to_bits())
            .unwrap();
        let is_cut = name.len() > 256
            && topic.len() <= 256
            && name.starts_with(&topic[..topic.find('…').unwrap_or(0)]);
        assert!(
            *topic == name || is_cut,
            "{name:.60?} came back as {topic:?}"
        );
    }
    let topics: BTreeSet<_> = stored.iter().map(|(topic, _)| topic).collect();
    assert_eq!(topics.len(), corpus().len(), "no two became one");
}

/// Topic and value of a line of promtool's dump: `{__name__="…", topic="…"} value time`, quoted as Go quotes.
fn stored(line: &str) -> (String, f64) {
    let start = line.find("topic=\"").unwrap() + "topic=".len();
    let mut end = start + 1;
    let bytes = line.as_bytes();
    while bytes[end] != b'"' {
        end += if bytes[end] == b'\\' { 2 } else { 1 };
    }
    let rest = line.rsplit("} ").next().unwrap();
    (
        unquoted(&line[start + 1..end]),
        rest.split(' ').next().unwrap().parse().unwrap(),
    )
}

/// What stands between the quotes of a string of Go.
fn unquoted(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            bytes.extend(c.to_string().into_bytes());
            continue;
        }
        let escape = rest.next().unwrap();
        let digits = match escape {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        let code: String = rest.by_ref().take(digits).collect();
        match escape {
            'x' => bytes.push(u8::from_str_radix(&code, 16).unwrap()),
            'u' | 'U' => {
                let c = char::from_u32(u32::from_str_radix(&code, 16).unwrap()).unwrap();
                bytes.extend(c.to_string().into_bytes());
            }
            other => bytes.push(match other {
                'a' => 7,
                'b' => 8,
                'f' => 12,
                'n' => b'\n',
                'r' => b'\r',
                't' => b'\t',
                'v' => 11,
                '\\' => b'\\',
                '"' => b'"',
                other => panic!("\\{other}"),
            }),
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// A canary of a flow with this name, in trouble.
fn canary(name: &str) -> Arc<CanaryView> {
    let blind = BlindView::default();
    let at = Timestamp::from_millis(1_795_423_000_000);
    Arc::new(CanaryView {
        source: name.to_owned(),
        target: "target".to_owned(),
        topic: "t".to_owned(),
        remote_topic: name.to_owned(),
        instance: "i".to_owned(),
        run: "r".to_owned(),
        period: Duration::from_millis(100),
        outage_threshold: Duration::from_secs(1),
        run_start: at,
        observed_through: at,
        lateness: Duration::ZERO,
        problem: Some(format!("there is no topic `{name}`")),
        partitions: Vec::new(),
        source_blind: blind.clone(),
        target_blind: blind,
        latency: LatencyView::default(),
        legs: LegsView::default(),
    })
}

/// What the landing page is made of; any other tag would have come in with a name.
const TAGS: [&str; 14] = [
    "a", "body", "h1", "h2", "html", "nav", "p", "span", "table", "tbody", "td", "th", "thead",
    "tr",
];

#[tokio::test]
async fn names_on_the_landing_page_are_text_and_steer_no_terminal() {
    let mut snapshot = labels::snapshot(Vec::new());
    snapshot.canaries = corpus().iter().map(|name| canary(name)).collect();
    let (_sender, snapshots) = watch::channel(Arc::new(snapshot));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (_stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(http::run(
        listener,
        Arc::new(Pages::new(snapshots)),
        stopped,
    ));
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (_, page) = answer.split_once("\r\n\r\n").unwrap();
    let unsafe_one = page.chars().find(|c| *c != '\n' && !is_safe(*c));
    assert_eq!(unsafe_one, None);
    assert!(!page.contains("<script") && page.contains("&lt;script&gt;alert(1)"));
    let plain = page.split_once("<body>").unwrap().1;
    for tag in plain.split('<').skip(1) {
        let name = tag
            .split(['>', ' '])
            .next()
            .unwrap()
            .trim_start_matches('/');
        assert!(TAGS.contains(&name), "<{tag:.40}");
    }
    assert!(page.contains("plain"), "the names are there");
}
