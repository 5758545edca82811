//! The command line: names, flags and help texts; no logic.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::model::bound::Bound;
use crate::promql::parse_duration;

/// Watch Kafka `MirrorMaker` 2 running on Kafka Connect, and judge its resilience tests.
#[derive(Debug, Parser)]
#[command(
    name = "mirrorwatch",
    version,
    about = "Watch Kafka MirrorMaker 2 running on Kafka Connect, and judge its resilience tests",
    max_term_width = 80,
    help_expected = true
)]
pub struct Cli {
    /// Log at LEVEL and above: error, warn, info, debug, trace.
    #[arg(
        long = "log.level",
        value_name = "LEVEL",
        default_value = "info",
        global = true
    )]
    pub log_level: String,
    /// Write logs as FORMAT.
    #[arg(
        long = "log.format",
        value_name = "FORMAT",
        default_value = "text",
        global = true
    )]
    pub log_format: LogFormat,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// How log lines are written to stderr.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LogFormat {
    /// One readable line per event.
    Text,
    /// One JSON object per event.
    Json,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Poll Connect, Jolokia and Kafka, send canary records, and serve /metrics.
    Serve(Serve),
    /// Run a resilience test's steps, save the evidence, and judge it.
    Drill(Drill),
    /// Judge saved evidence, or the samples of a server, again.
    Evaluate(Evaluate),
    /// Join the drills of the plan's tests into one report of the whole section.
    Report(Report),
    /// Compare a source topic with its remote topic, record by record.
    Audit(Audit),
    /// Scrape /metrics pages into a recording, or tell what one holds.
    Record(Record),
    /// Ask a recording, a drill's evidence or a server in `PromQL`, evaluated here.
    Query(Query),
    /// Replay Prometheus' rule files over samples: when each alert would have fired.
    Replay(Replay),
    /// Put `OpenMetrics` text, or a window of a server, into a recording.
    Import(Import),
    /// Write samples for promtool or promqltest.
    Export(Export),
    /// Check configurations, inventories and scenarios without running anything.
    Check(Check),
    /// List the shipped scenarios, or print one of them to begin your own with.
    Scenarios(Scenarios),
    /// Print the list of metrics as Markdown, or what Jolokia is asked for them.
    Metrics(Metrics),
    /// Print shell completions for SHELL.
    Completions {
        /// Shell to complete for.
        #[arg(value_name = "SHELL")]
        shell: clap_complete::Shell,
    },
    /// Print the man page, or that of COMMAND.
    Man {
        /// Command to print the page of.
        #[arg(value_name = "COMMAND")]
        command: Option<String>,
    },
}

/// `mirrorwatch metrics`
#[derive(Args, Debug)]
pub struct Metrics {
    /// Print the request that every Jolokia agent is asked with (curl --data-binary @- … sends it).
    #[arg(long)]
    pub question: bool,
}

/// `mirrorwatch serve`
#[derive(Args, Debug)]
pub struct Serve {
    /// Read the configuration from FILE.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Listen on ADDRESS; repeatable. `:19850` means every address.
    #[arg(long = "web.listen-address", value_name = "ADDRESS", default_value = ":19850", value_parser = listen_address)]
    pub listen: Vec<SocketAddr>,
    /// Read TLS, client certificates, passwords and headers from FILE, in the form that Prometheus' exporters share.
    #[arg(long = "web.config.file", value_name = "FILE")]
    pub web_config: Option<PathBuf>,
    /// Serve the metrics under PATH.
    #[arg(long = "web.telemetry-path", value_name = "PATH", default_value = "/metrics", value_parser = telemetry_path)]
    pub telemetry_path: String,
    /// Read the configuration again on POST or PUT to /-/reload, as on SIGHUP.
    #[arg(long = "web.enable-lifecycle")]
    pub lifecycle: bool,
    /// Call this exporter NAME in the canaries' records: they go on after a restart under the same name only, and no two may share one
    /// [default: HOST:PORT].
    #[arg(long, value_name = "NAME", value_parser = exporter_name)]
    pub exporter_name: Option<String>,
}

/// Longest name of an exporter, in bytes.
const MOST_NAME: usize = 200;

/// What the exit code of `drill` and `evaluate` says.
const EXIT_CODES: &str = "Exit codes:\n  0  PASS\n  1  FAIL\n  2  ERROR, or the command could not do its work\n  \
    3  INCONCLUSIVE (1 with --strict)\n  4  INVALID: the drill proves nothing, for instance as the\n     state was not steady before (1 with --strict)";

/// `mirrorwatch drill`
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct Drill {
    /// Scenario to run: a shipped NAME (`mirrorwatch scenarios` lists them) or the path of a file.
    #[arg(value_name = "SCENARIO", required_unless_present = "restore")]
    pub scenario: Option<String>,
    /// Read workers, addresses and commands from FILE.
    #[arg(long, value_name = "FILE", required_unless_present = "restore")]
    pub inventory: Option<PathBuf>,
    /// Hit VICTIM: leader, owner (not the leader, owns tasks of the flow), idle, a worker id, or the connector of that name
    /// [default: the scenario's].
    #[arg(long, value_name = "VICTIM")]
    pub victim: Option<String>,
    /// Hit WORKER as the second of two: leader, other (neither the victim nor the leader), or a worker id [default: the scenario's].
    #[arg(long, value_name = "WORKER")]
    pub second: Option<String>,
    /// Inject FAULT, a command of the victim in the inventory: stop, kill, freeze; of a link cut, stall [default: the scenario's].
    #[arg(long, value_name = "FAULT")]
    pub fault: Option<String>,
    /// Save the evidence in DIR, which must not exist [default: drill-SCENARIO-TIME].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Do not ask before the fault.
    #[arg(long)]
    pub yes: bool,
    /// Say what would be done to whom, how it would be undone and what would be judged, and do nothing.
    #[arg(long, conflicts_with_all = ["restore", "yes", "manual", "out"])]
    pub dry_run: bool,
    /// Have Alertmanager, as the inventory names it, send none of the flow's alerts while the drill lasts.
    #[arg(long, conflicts_with_all = ["restore", "manual"])]
    pub silence: bool,
    /// Let a person do the steps and undo them: each is told, and stamped when Enter says that it begins and that it has taken effect.
    #[arg(long, conflicts_with = "restore")]
    pub manual: bool,
    /// Write the report in LANG.
    #[arg(long, value_name = "LANG", default_value = "en")]
    pub lang: Lang,
    /// Write the report as FORMAT to stdout.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
    /// Exit with 1 for INCONCLUSIVE and INVALID, too.
    #[arg(long)]
    pub strict: bool,
    /// Undo what an interrupted drill left in DIR, and do nothing else.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["scenario", "inventory"])]
    pub restore: Option<PathBuf>,
}

/// `mirrorwatch evaluate`
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub struct Evaluate {
    /// Evidence of a drill: scenario, inventory, events and samples.
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// Take the samples from the Prometheus server at URL instead of those in DIR.
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// Who asks the server.
    #[command(flatten)]
    pub login: Login,
    /// Take the samples from the recording that the drill made beside, instead of those that its server had.
    #[arg(long, conflicts_with_all = ["server", "scrape_interval"])]
    pub recording: bool,
    /// Say that the server scrapes every INTERVAL [default: the inventory's].
    #[arg(long, value_name = "INTERVAL", requires = "server")]
    pub scrape_interval: Option<String>,
    /// Judge by the scenario in FILE instead of the one in DIR.
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<PathBuf>,
    /// Suppose another limit for criterion ID (recovery-time=30s); the report says so; repeatable.
    #[arg(long, value_name = "ID=LIMIT")]
    pub what_if: Vec<String>,
    /// Write the report in LANG.
    #[arg(long, value_name = "LANG", default_value = "en")]
    pub lang: Lang,
    /// Write the report as FORMAT to stdout.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
    /// Exit with 1 for INCONCLUSIVE and INVALID, too.
    #[arg(long)]
    pub strict: bool,
}

/// `mirrorwatch report`
#[derive(Args, Debug)]
#[command(after_help = SECTION_EXIT_CODES)]
pub struct Report {
    /// Evidence of a drill, which is judged again, or its judgement (report.json); several runs of one test are fine.
    #[arg(value_name = "DIR", required = true)]
    pub drills: Vec<PathBuf>,
    /// Write the report in LANG.
    #[arg(long, value_name = "LANG", default_value = "en")]
    pub lang: Lang,
    /// Write the report as FORMAT to stdout.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: SectionFormat,
    /// Exit with 1 for INCONCLUSIVE and INVALID, too.
    #[arg(long)]
    pub strict: bool,
}

/// What the exit code of `report` says.
const SECTION_EXIT_CODES: &str = "Exit codes, the worst run's:\n  0  PASS: each of the seven tests was run\n  1  FAIL\n  2  ERROR, or the command could not do its work\n  \
    3  INCONCLUSIVE, or a test was not run\n  4  INVALID";

/// Form of the section's report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SectionFormat {
    /// For a terminal of 80 columns.
    Text,
    /// For wikis and merge requests.
    Markdown,
    /// One page that needs nothing else, with every drill drawn; prints on A4.
    Html,
    /// The judgements, and what they come to.
    Json,
}

/// Who asks a server.
#[derive(Args, Debug)]
pub struct Login {
    /// Ask as FILE says: `basic_auth`, `authorization`, `headers` and `tls`, as docs/reference-config.yml shows them.
    #[arg(long, value_name = "FILE")]
    pub access: Option<PathBuf>,
}

/// What the exit code of `audit` says.
const AUDIT_EXIT_CODES: &str = "Exit codes:\n  0  nothing is missing or changed\n  1  something is\n  2  the command could not do its work\n  \
    3  nothing is known to be, and not all can be decided yet";

/// `mirrorwatch audit`
#[derive(Args, Debug)]
#[command(after_help = AUDIT_EXIT_CODES)]
pub struct Audit {
    /// Topic at the source.
    #[arg(value_name = "TOPIC")]
    pub topic: String,
    /// Read clusters and flows from FILE, the configuration of `serve`.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Audit FLOW, as source->target by the aliases of the clusters [default: the only one].
    #[arg(long, value_name = "FLOW")]
    pub flow: Option<String>,
    /// Compare with TOPIC at the target [default: what the flow's replication policy makes of the name].
    #[arg(long, value_name = "TOPIC")]
    pub remote_topic: Option<String>,
    /// Judge records with a timestamp at or after TIME: 2026-11-26T18:00:00Z, or 15m for 15 minutes ago.
    #[arg(long, value_name = "TIME", conflicts_with = "offsets")]
    pub from: Option<String>,
    /// Judge records with a timestamp before TIME.
    #[arg(long, value_name = "TIME", conflicts_with = "offsets")]
    pub to: Option<String>,
    /// Judge these offsets of the source, PARTITION:FROM-TO (TO not included) or PARTITION:FROM-; repeatable.
    #[arg(long, value_name = "RANGE", value_delimiter = ',')]
    pub offsets: Vec<String>,
    /// Wait for what is in flight until nothing has come for DURATION.
    #[arg(long, value_name = "DURATION", default_value = "10s")]
    pub settle: String,
    /// Do not compare PART: key, value, headers, timestamp; repeatable.
    #[arg(long, value_name = "PART", value_delimiter = ',', value_parser = ["key", "value", "headers", "timestamp"])]
    pub ignore: Vec<String>,
    /// Read with LEVEL, the isolation level of consumers.
    #[arg(long, value_name = "LEVEL", default_value = "read_committed", value_parser = ["read_committed", "read_uncommitted"])]
    pub isolation: String,
    /// Remember RECORDS of all partitions together, up to 210 bytes each.
    #[arg(long, value_name = "RECORDS", default_value_t = 2_000_000)]
    pub memory: usize,
    /// Keep the state in FILE while the audit runs, and go on from it if it is there.
    #[arg(long, value_name = "FILE")]
    pub resume: Option<PathBuf>,
    /// Write the report as FORMAT to stdout.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
}

/// `mirrorwatch record`
#[derive(Args, Debug)]
pub struct Record {
    /// Record into DIR, which is made, or gone on with.
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// Scrape the page at URL (`http://host:19850/metrics`); JOB=URL gives its series another job than --job.
    #[arg(value_name = "[JOB=]URL", required_unless_present = "info")]
    pub targets: Vec<String>,
    /// Who asks the targets.
    #[command(flatten)]
    pub login: Login,
    /// Give the series of all targets the label job NAME.
    #[arg(long, value_name = "NAME", default_value = "mirrorwatch")]
    pub job: String,
    /// Scrape each target every INTERVAL.
    #[arg(long, value_name = "INTERVAL", default_value = "5s", value_parser = duration)]
    pub interval: Duration,
    /// Give a scrape TIMEOUT, at most the interval [default: the interval, at most 10s].
    #[arg(long, value_name = "TIMEOUT", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// Stop after DURATION [default: at Ctrl-C or SIGTERM].
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub length: Option<Duration>,
    /// Write what was scraped every DURATION: a kill costs no more.
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration)]
    pub flush: Duration,
    /// Delete the oldest samples when the recording is larger than SIZE.
    #[arg(long, value_name = "SIZE", default_value = "1GB", value_parser = size)]
    pub max_size: u64,
    /// Delete samples when they are older than AGE.
    #[arg(long, value_name = "AGE", default_value = "7d", value_parser = duration)]
    pub max_age: Duration,
    /// Tell what the recording in DIR holds, and what of it cannot be read.
    #[arg(long, conflicts_with = "targets")]
    pub info: bool,
}

/// `mirrorwatch query`
#[derive(Args, Debug)]
pub struct Query {
    /// Ask SOURCE: the directory of a recording or of a drill's evidence, or the URL of a Prometheus-compatible server.
    #[arg(value_name = "SOURCE")]
    pub source: String,
    /// Who asks the server.
    #[command(flatten)]
    pub login: Login,
    /// The `PromQL` expression.
    #[arg(value_name = "EXPR")]
    pub expr: String,
    /// Evaluate at TIME: 2026-11-26T18:00:00Z, seconds since the epoch, or 15m for 15 minutes ago [default: the last sample, or now].
    #[arg(long, value_name = "TIME", conflicts_with_all = ["from", "to", "step"])]
    pub at: Option<Bound>,
    /// Evaluate from TIME on, at every step.
    #[arg(long, value_name = "TIME", requires = "to")]
    pub from: Option<Bound>,
    /// Evaluate until TIME.
    #[arg(long, value_name = "TIME", requires = "from")]
    pub to: Option<Bound>,
    /// Evaluate every STEP [default: a 250th of the range, at least 1s].
    #[arg(long, value_name = "STEP", requires = "from", value_parser = duration)]
    pub step: Option<Duration>,
    /// Take a sample for the value until it is older than DURATION.
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration)]
    pub lookback: Duration,
    /// Write the answer as FORMAT [default: table, of a range sparkline].
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<AnswerFormat>,
}

/// `mirrorwatch replay`
#[derive(Args, Debug)]
pub struct Replay {
    /// Take the samples from SOURCE: the directory of a recording or of a drill's evidence, or the URL of a server.
    #[arg(value_name = "SOURCE")]
    pub source: String,
    /// Who asks the server.
    #[command(flatten)]
    pub login: Login,
    /// Evaluate the rules in FILE; repeatable.
    #[arg(long = "rules", value_name = "FILE", required = true)]
    pub rules: Vec<PathBuf>,
    /// Begin at TIME: 2026-11-26T18:00:00Z, or 15m for 15 minutes ago [default: the first sample].
    #[arg(long, value_name = "TIME")]
    pub from: Option<Bound>,
    /// End at TIME [default: the last sample].
    #[arg(long, value_name = "TIME")]
    pub to: Option<Bound>,
    /// Evaluate groups without an interval of their own every INTERVAL.
    #[arg(long, value_name = "INTERVAL", default_value = "15s", value_parser = duration)]
    pub interval: Duration,
}

/// `mirrorwatch import`
#[derive(Args, Debug)]
pub struct Import {
    /// Put the samples into the recording DIR, which is made, or gone on with.
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// Read `OpenMetrics` text whose samples have times from FILE; - is stdin.
    #[arg(
        value_name = "FILE",
        required_unless_present = "server",
        conflicts_with = "server"
    )]
    pub file: Option<PathBuf>,
    /// Take the samples of the Prometheus-compatible server at URL.
    #[arg(long, value_name = "URL", requires_all = ["from", "to"])]
    pub server: Option<String>,
    /// Who asks the server.
    #[command(flatten)]
    pub login: Login,
    /// Take samples after TIME: 2026-11-26T18:00:00Z, or 15m for 15 minutes ago.
    #[arg(long, value_name = "TIME", requires = "server")]
    pub from: Option<Bound>,
    /// Take samples until TIME.
    #[arg(long, value_name = "TIME", requires = "server")]
    pub to: Option<Bound>,
    /// Take series that match SELECTOR; repeatable [default: all].
    #[arg(long = "match", value_name = "SELECTOR", requires = "server")]
    pub selectors: Vec<String>,
    /// Import what the server has even if it warns that samples may be missing.
    #[arg(long, requires = "server")]
    pub incomplete: bool,
}

/// `mirrorwatch export`
#[derive(Args, Debug)]
pub struct Export {
    /// Take the samples from SOURCE: the directory of a recording or of a drill's evidence, or the URL of a server.
    #[arg(value_name = "SOURCE")]
    pub source: String,
    /// Who asks the server.
    #[command(flatten)]
    pub login: Login,
    /// Take series that match SELECTOR; repeatable [default: all].
    #[arg(long = "match", value_name = "SELECTOR")]
    pub selectors: Vec<String>,
    /// Take samples after TIME: 2026-11-26T18:00:00Z, or 15m for 15 minutes ago.
    #[arg(long, value_name = "TIME")]
    pub from: Option<Bound>,
    /// Take samples until TIME.
    #[arg(long, value_name = "TIME")]
    pub to: Option<Bound>,
    /// Write FORMAT: openmetrics for promtool tsdb create-blocks-from, load for promqltest.
    #[arg(long, value_name = "FORMAT", default_value = "openmetrics")]
    pub format: ExportFormat,
}

/// Form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// `OpenMetrics` text with times.
    Openmetrics,
    /// A `load` block.
    Load,
}

/// Form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AnswerFormat {
    /// For a terminal of 80 columns.
    Table,
    /// A line of blocks for each series.
    Sparkline,
    /// A row for each sample.
    Csv,
    /// The shape of Prometheus' HTTP API.
    Json,
}

/// `mirrorwatch scenarios`
#[derive(Args, Debug)]
pub struct Scenarios {
    /// Print the scenario NAME as it is shipped.
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Write titles in LANG.
    #[arg(long, value_name = "LANG", default_value = "en")]
    pub lang: Lang,
}

/// What the exit code of `check` says.
const CHECK_EXIT_CODES: &str = "Exit codes:\n  0  all is in order\n  2  something is not, or a right is missing\n  \
    3  no right is known to be missing, and not all could be asked about";

/// `mirrorwatch check`
#[derive(Args, Debug)]
#[command(after_help = CHECK_EXIT_CODES)]
pub struct Check {
    /// Check the exporter's configuration in FILE; repeatable.
    #[arg(long, value_name = "FILE")]
    pub config: Vec<PathBuf>,
    /// Check the web configuration in FILE; repeatable.
    #[arg(long = "web.config.file", value_name = "FILE")]
    pub web_config: Vec<PathBuf>,
    /// Check the inventory in FILE; repeatable.
    #[arg(long, value_name = "FILE")]
    pub inventory: Vec<PathBuf>,
    /// Check the scenario in FILE (or the shipped NAME); repeatable.
    #[arg(long, value_name = "FILE")]
    pub scenario: Vec<String>,
    /// Ask the clusters, workers and agents of each --config, and the clusters of each --inventory, whether every right is granted that is
    /// needed; changes nothing.
    #[arg(long)]
    pub rights: bool,
}

/// Language of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    /// English.
    En,
    /// French.
    Fr,
}

/// Form of a drill's report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For a terminal of 80 columns.
    Text,
    /// For wikis and merge requests.
    Markdown,
    /// One page that needs nothing else, and prints on A4.
    Html,
    /// For servers that show tests: a case for each criterion.
    Junit,
    /// The judgement as it stands in `report.json`.
    Json,
}

/// Form of an audit's report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a terminal of 80 columns.
    Text,
    /// For machines.
    Json,
}

fn listen_address(text: &str) -> Result<SocketAddr, String> {
    let full = if text.starts_with(':') {
        format!("[::]{text}")
    } else {
        text.to_owned()
    };
    full.parse().map_err(|_| {
        format!("`{text}` is not an address; write `:19850`, `127.0.0.1:19850` or `[::1]:19850`")
    })
}

fn telemetry_path(text: &str) -> Result<String, String> {
    let is_plain =
        |c: char| c.is_ascii_graphic() && !matches!(c, '?' | '#' | '%' | '"' | '<' | '>');
    if text.starts_with('/')
        && !text.starts_with("//")
        && !text.starts_with("/-/")
        && text.chars().all(is_plain)
    {
        return Ok(text.to_owned());
    }
    Err(format!(
        "`{text}` is not a path that can be served; write one such as `/metrics`, not below `/-/`"
    ))
}

/// As Prometheus writes durations; none is zero.
fn duration(text: &str) -> Result<Duration, String> {
    match parse_duration(text) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        Ok(_) => Err("it must not be zero".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Units of sizes as Prometheus' flags have them: powers of 1024.
const SIZES: [(&str, u32); 5] = [("TB", 40), ("GB", 30), ("MB", 20), ("KB", 10), ("B", 0)];

fn size(text: &str) -> Result<u64, String> {
    let of_unit = |(unit, power): &(&str, u32)| {
        let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
        number.checked_mul(1 << power).filter(|size| *size > 0)
    };
    SIZES.iter().find_map(of_unit).ok_or_else(|| {
        format!("`{text}` is not a size; write a whole number with its unit: 512MB, 2GB")
    })
}

#[test]
fn a_size_has_a_unit_of_powers_of_1024() {
    assert_eq!(size("512MB"), Ok(512 << 20));
    assert_eq!(size("7B"), Ok(7));
    for wrong in ["", "GB", "1", "0B", "1.5GB", "-1B", "99999999999999TB"] {
        assert!(size(wrong).is_err(), "{wrong}");
    }
}

/// A name becomes a label, and stands in every record of a canary.
fn exporter_name(text: &str) -> Result<String, String> {
    let is_printable = !text.chars().any(char::is_control);
    if is_printable && text.trim() == text && (1..=MOST_NAME).contains(&text.len()) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "a name has 1 to {MOST_NAME} bytes, and neither control characters nor space around it; write one such as `mirrorwatch-a`"
    ))
}

#[test]
fn an_exporter_has_a_name_that_can_be_printed() {
    let longest = "x".repeat(MOST_NAME);
    for name in ["mirrorwatch-a", "host:19850", "Überwachung 1", &longest] {
        assert_eq!(exporter_name(name).as_deref(), Ok(name));
    }
    for name in ["", " a", "a\n", "\u{7}", &format!("{longest}x")] {
        assert!(exporter_name(name).is_err(), "{name:?}");
    }
}

#[test]
fn metrics_are_served_under_plain_paths_only() {
    for path in ["/metrics", "/", "/a/b.c"] {
        assert!(telemetry_path(path).is_ok(), "{path}");
    }
    for path in ["", "metrics", "//x", "/-/ready", "/a b", "/a?b", "/ü"] {
        assert!(telemetry_path(path).is_err(), "{path}");
    }
}
