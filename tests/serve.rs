//! The binary: with every backend down `serve` answers at once and says so, it stops in time, and a wrong configuration
//! ends it with exit code 2 and one message.
#![expect(clippy::disallowed_methods, reason = "a test may look at the clock")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Ports that nobody listens on: they were free a moment ago.
fn free_ports<const N: usize>() -> [u16; N] {
    let listeners: [TcpListener; N] =
        std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

fn scrape(port: u16) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(1))).ok()?;
    stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

#[test]
fn with_every_backend_down_it_answers_within_a_second_says_so_and_stops_on_sigterm() {
    let [web, rest, jolokia, source, target] = free_ports();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("mirrorwatch.yml");
    let text = format!(
        "connect: {{ workers: [{{ url: 'http://127.0.0.1:{rest}', jolokia: 'http://127.0.0.1:{jolokia}/jolokia/' }}], group: connect }}
clusters: {{ source: {{ bootstrap.servers: '127.0.0.1:{source}' }}, target: {{ bootstrap.servers: '127.0.0.1:{target}' }} }}
flows: [{{ source: source, target: target, connector: mirror-source, canary: {{}} }}]"
    );
    fs::write(&config, text).unwrap();
    let begun = Instant::now();
    let mut serve = Command::new(env!("CARGO_BIN_EXE_mirrorwatch"))
        .args([
            "serve",
            "--web.listen-address",
            &format!("127.0.0.1:{web}"),
            "--config",
        ])
        .arg(&config)
        // Plain HTTP needs no certificate authority.
        .envs(["SSL_CERT_FILE", "SSL_CERT_DIR"].map(|name| (name, "/nowhere")))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let page = loop {
        match scrape(web) {
            Some(page) => break page,
            None => assert!(
                begun.elapsed() < Duration::from_secs(1),
                "no page within a second"
            ),
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
    for line in [
        format!("mm2_worker_up{{worker=\"127.0.0.1:{rest}\"}} 0\n"),
        format!("mm2_exporter_endpoint_up{{endpoint=\"rest:127.0.0.1:{rest}\"}} 0\n"),
        format!("mm2_exporter_endpoint_up{{endpoint=\"jolokia:127.0.0.1:{rest}\"}} 0\n"),
        "mm2_exporter_endpoint_up{endpoint=\"group:connect\"} 0\n".to_owned(),
        "mm2_exporter_endpoint_up{endpoint=\"tasks\"} 0\n".to_owned(),
    ] {
        assert!(page.contains(&line), "{line}\n{page}");
    }
    // Half a second of refused connections, then the end.
    std::thread::sleep(Duration::from_millis(500));
    assert!(
        serve.try_wait().unwrap().is_none(),
        "it runs on though everything is down"
    );
    let begun = Instant::now();
    Command::new("kill")
        .arg(serve.id().to_string())
        .status()
        .unwrap();
    let status = serve.wait().unwrap();
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(status.code(), Some(0));
    let mut log = String::new();
    serve
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut log)
        .unwrap();
    let lines = log
        .lines()
        .filter(|line| line.contains("does not answer"))
        .count();
    let endpoints = page.matches("\nmm2_exporter_endpoint_up{").count();
    assert!(lines <= endpoints, "one line for each endpoint: {log}");
}

#[test]
fn a_wrong_configuration_is_one_message_and_exit_code_2() {
    let output = Command::new(env!("CARGO_BIN_EXE_mirrorwatch"))
        .args(["serve", "--config", "tests/config/unknown-key.bad.yml"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "mirrorwatch: tests/config/unknown-key.bad.yml:14: unknown key `polls`; remove it, or write one of `connect`, `clusters`, `flows`, `chains`, `poll`, `page`\n"
    );
}

#[test]
fn the_list_of_metrics_completions_and_the_man_page_go_to_stdout() {
    for (arguments, start) in [
        (&["metrics"][..], "# Metrics\n"),
        (&["completions", "bash"], "_mirrorwatch()"),
        (&["man"], ".ie"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_mirrorwatch"))
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success());
        assert!(
            String::from_utf8(output.stdout).unwrap().starts_with(start),
            "{arguments:?}"
        );
    }
}
