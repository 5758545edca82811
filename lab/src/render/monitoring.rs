//! The lab's own two Prometheus servers, which scrape the exporter's reserved address, and how every server and Alertmanager is started.

use super::product::quoted;
use crate::config::Config;
use crate::description::{Description, Prometheus};
use crate::home::{self, Home};
use crate::process::Launch;

/// An Alertmanager that shows alerts and tells nobody.
pub(super) const ALERTMANAGER: &str = "route:\n  receiver: nobody\nreceivers:\n  - name: nobody\n";

/// The server's `prometheus.yml`.
pub(super) fn prometheus(lab: &Description, config: &Config, server: &Prometheus) -> String {
    let seconds = server.scrape_interval_seconds;
    let timeout = seconds.min(5);
    let rules: Vec<String> = config.rules.iter().map(|glob| quoted(glob)).collect();
    format!(
        "global:\n  scrape_interval: {seconds}s\n  scrape_timeout: {timeout}s\n  evaluation_interval: {seconds}s\n\
         rule_files: [{rules}]\n\
         alerting:\n  alertmanagers:\n    - static_configs:\n        - targets: [{alertmanager}]\n\
         scrape_configs:\n  - job_name: mirrorwatch\n    static_configs:\n      - targets: [{exporter}]\n",
        rules = rules.join(", "),
        alertmanager = quoted(lab.alertmanager.trim_start_matches("http://")),
        exporter = quoted(&lab.exporter),
    )
}

/// The Prometheus server.
pub(super) fn launch_prometheus(
    lab: &Description,
    home: &Home,
    server: &Prometheus,
) -> Result<Launch, home::Error> {
    let dir = &lab.dir;
    let arguments = vec![
        format!(
            "--config.file={}",
            dir.join(format!("{}.yml", server.name)).display()
        ),
        format!(
            "--storage.tsdb.path={}",
            dir.join("data").join(&server.name).display()
        ),
        "--storage.tsdb.retention.time=12h".to_owned(),
        format!(
            "--web.listen-address={}",
            server.url.trim_start_matches("http://")
        ),
        "--web.enable-lifecycle".to_owned(),
    ];
    launch(
        lab,
        home,
        "prometheus",
        (&server.name, &server.url),
        arguments,
    )
}

/// Alertmanager, without its cluster port.
pub(super) fn launch_alertmanager(lab: &Description, home: &Home) -> Result<Launch, home::Error> {
    let arguments = vec![
        format!(
            "--config.file={}",
            lab.dir.join("alertmanager.yml").display()
        ),
        format!(
            "--storage.path={}",
            lab.dir.join("data/alertmanager").display()
        ),
        format!(
            "--web.listen-address={}",
            lab.alertmanager.trim_start_matches("http://")
        ),
        "--cluster.listen-address=".to_owned(),
    ];
    launch(
        lab,
        home,
        "prometheus-alertmanager",
        ("alertmanager", &lab.alertmanager),
        arguments,
    )
}

fn launch(
    lab: &Description,
    home: &Home,
    program: &str,
    (name, address): (&str, &str),
    arguments: Vec<String>,
) -> Result<Launch, home::Error> {
    Ok(Launch {
        name: name.to_owned(),
        program: home.debian(program)?,
        arguments,
        environment: Vec::new(),
        // Where Alertmanager's templates are found, see lab/setup.sh.
        directory: home.debian_root(),
        log: lab.dir.join(format!("logs/{name}.log")),
        address: address.to_owned(),
        piped: false,
    })
}
