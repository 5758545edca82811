//! The exporter before workers whose TLS is at fault, and logs that quote what others wrote. The binary is run: whom it
//! trusts is the system's business, which `SSL_CERT_FILE` stands in for.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod exporter;
mod fault_server;
mod stub;
mod tls;

use std::process::Command;

use exporter::{Exporter, PROGRAM};
use fault_server::FaultServer;
use fault_server::faults::Fault;
use tls::Authority;

fn config(workers: &[(&str, &FaultServer)]) -> String {
    let workers: Vec<String> = workers
        .iter()
        .map(|(scheme, server)| format!("{{ url: '{scheme}://127.0.0.1:{}' }}", server.port))
        .collect();
    format!(
        "connect: {{ workers: [{}] }}\nclusters: {{}}\nflows: [{{ source: source, target: target, connector: mirror-source }}]\npoll: {{ interval: 1s, deadline: 900ms, time_to_live: 5s }}\n",
        workers.join(", ")
    )
}

fn line(server: &FaultServer, kind: &str) -> String {
    format!(
        "mm2_exporter_poll_errors_total{{endpoint=\"rest:127.0.0.1:{}\",kind=\"{kind}\"}} ",
        server.port
    )
}

fn is_up(page: &str, server: &FaultServer) -> bool {
    page.contains(&format!(
        "mm2_exporter_endpoint_up{{endpoint=\"rest:127.0.0.1:{}\"}} 1\n",
        server.port
    ))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_whose_certificate_is_not_to_be_trusted_is_down_and_the_others_are_not() {
    let (trusted, unknown) = (Authority::new(), Authority::new());
    let [good, expired, other_name, of_unknown, stalled, plain] = [
        FaultServer::start(Fault::none()).await,
        FaultServer::start(Fault::none()).await,
        FaultServer::start(Fault::none()).await,
        FaultServer::start(Fault::none()).await,
        FaultServer::start(Fault::stall()).await,
        FaultServer::start(Fault::none()).await,
    ];
    good.set_tls(trusted.server("127.0.0.1", 2090));
    expired.set_tls(trusted.server("127.0.0.1", 2021));
    other_name.set_tls(trusted.server("elsewhere.example", 2090));
    of_unknown.set_tls(unknown.server("127.0.0.1", 2090));
    stalled.set_tls(trusted.server("127.0.0.1", 2090));
    let bad = [
        (&expired, "connect"),
        (&other_name, "connect"),
        (&of_unknown, "connect"),
        (&stalled, "timeout"),
        // It waits for the end of a request that never comes.
        (&plain, "timeout"),
    ];
    let mut workers = vec![("https", &good)];
    workers.extend(bad.map(|(server, _)| ("https", server)));
    let folder = tempfile::tempdir().unwrap();
    let pem = folder.path().join("trusted.pem");
    std::fs::write(&pem, trusted.pem()).unwrap();
    let mut trusting = Command::new(PROGRAM);
    trusting
        .env("SSL_CERT_FILE", pem)
        .env_remove("SSL_CERT_DIR");
    let exporter = Exporter::start_as(trusting, &config(&workers))
        .listening()
        .await;
    exporter
        .until("the good one is up and each bad one is counted", |page| {
            let counted = |(server, kind): &(&FaultServer, &str)| {
                page.contains(&line(server, kind))
                    && !page.contains(&format!("{}0\n", line(server, kind)))
            };
            is_up(page, &good) && bad.iter().all(counted)
        })
        .await;
    let page = exporter.page().await;
    for (server, kind) in bad {
        assert!(!is_up(&page, server));
        assert_eq!(
            server.asked(""),
            0,
            "nothing is asked of whoever is not trusted: {kind}"
        );
    }
    for server in [&expired, &other_name, &of_unknown, &plain] {
        server.set_tls(trusted.server("127.0.0.1", 2090));
    }
    stalled.set(Fault::none());
    exporter
        .until("all are up", |page| {
            bad.iter().all(|(server, _)| is_up(page, server))
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_wrote_steers_no_terminal_and_forges_no_line_of_the_log() {
    let hostile = r"\u001b[2J\u009b31m\r\nforged=1\u202e\u0007";
    let items = vec![
        format!("{{\"status\":403,\"error_type\":\"{hostile}\"}}");
        mirrorwatch::model::jmx::BEANS.len() + 1
    ];
    let body = format!("[{}]", items.join(","));
    let worker = FaultServer::start(Fault::body(move |_| body.clone().into_bytes())).await;
    let jolokia = format!(
        "url: 'http://127.0.0.1:{0}', jolokia: 'http://127.0.0.1:{0}/jolokia/'",
        worker.port
    );
    let text = config(&[("http", &worker)]).replace(
        &format!("url: 'http://127.0.0.1:{}'", worker.port),
        &jolokia,
    );
    let exporter = Exporter::start(&text).listening().await;
    let counted = format!(
        "mm2_exporter_poll_errors_total{{endpoint=\"jolokia:127.0.0.1:{}\",kind=\"mbean\"}} 0\n",
        worker.port
    );
    exporter
        .until("the refusal is counted", |page| {
            page.contains("kind=\"mbean\"") && !page.contains(&counted)
        })
        .await;
    let log = exporter.stop().await.1;
    let quoted = log
        .lines()
        .find(|line| line.contains("no MBean could be read"))
        .unwrap_or_else(|| panic!("{log}"));
    assert!(quoted.contains("forged=1"), "one line: {quoted}");
    let unsafe_one = log
        .chars()
        .find(|c| *c != '\n' && !mirrorwatch::model::text::is_safe(*c));
    assert_eq!(unsafe_one, None, "{log:?}");
}

#[test]
fn a_hostile_key_in_a_configuration_steers_no_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mirrorwatch.yml");
    std::fs::write(&path, "\"\\e[2J\\x9b\\u202e\": 1\n").unwrap();
    let output = Command::new(PROGRAM)
        .args(["serve", "--config"])
        .arg(&path)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("unknown key") || said.contains("missing"),
        "{said}"
    );
    assert!(
        said.trim_end()
            .chars()
            .all(mirrorwatch::model::text::is_safe),
        "{said:?}"
    );
}
