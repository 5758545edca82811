//! Marked secrets, one for each credential and one that Connect's own answers hold, in a whole run of `serve` that logs all it can: they stand
//! nowhere that anyone may read.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod exporter;
mod stub;

use std::fs;
use std::path::Path;

use exporter::{Exporter, free_port};
use stub::{Behaviour, Stub};

const FOLDER: &str = "kafka-4.3.1";

/// The password at REST, which the stub also puts into tasks and traces; the same as it is sent; the token at Jolokia; the passwords of
/// the clusters; the one that somebody writes into the configuration itself.
const SECRETS: [&str; 6] = [
    "hunter2",
    "dTpodW50ZXIy",
    "marked-jolokia-token",
    "marked-source-password",
    "marked-target-password",
    "marked-inline-password",
];

fn configuration(locked: u16, secretive: u16) -> String {
    let cluster = |alias: &str| {
        let port = free_port();
        format!(
            "  {alias}: {{ bootstrap.servers: '127.0.0.1:{port}', security.protocol: SASL_PLAINTEXT, sasl.mechanism: PLAIN, sasl.username: m, sasl.password.file: {alias}.password }}\n"
        )
    };
    let worker = |port: u16| {
        format!(
            "    - {{ url: 'http://127.0.0.1:{port}', jolokia: 'http://127.0.0.1:{port}/jolokia/' }}\n"
        )
    };
    format!(
        "connect:\n  workers:\n{}{}  \
         rest_access: {{ basic_auth: {{ username: u, password_file: rest.password }} }}\n  \
         jolokia_access: {{ authorization: {{ credentials_file: jolokia.token }} }}\n\
         clusters:\n{}{}\
         flows: [{{ source: source, target: target, connector: mirror-source, canary: {{}} }}]\n",
        worker(locked),
        worker(secretive),
        cluster("source"),
        cluster("target"),
    )
}

fn put(folder: &Path, configuration: &str) {
    for (name, secret) in [
        ("rest.password", SECRETS[0]),
        ("jolokia.token", SECRETS[2]),
        ("source.password", SECRETS[3]),
        ("target.password", SECRETS[4]),
        ("mirrorwatch.yml", configuration),
    ] {
        fs::write(folder.join(name), secret).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_on_a_page_in_the_log_on_the_command_line_or_in_the_environment() {
    let locked = Stub::start(Behaviour::Locked(FOLDER)).await;
    let secretive = Stub::start(Behaviour::Secretive(FOLDER)).await;
    let folder = tempfile::tempdir().unwrap();
    let sound = configuration(locked.port, secretive.port);
    put(folder.path(), &sound);
    let exporter = Exporter::start_in(folder.path(), &["--log.level", "trace"]);
    exporter.wait_until_ready();
    let mut told: Vec<String> = ["/metrics", "/", "/-/ready", "/nowhere"]
        .iter()
        .map(|path| exporter.ask(path).unwrap())
        .collect();
    // The password was sent, the token refused, and no cluster is there.
    let id = |of: &Stub| format!("127.0.0.1:{}", of.port);
    for line in [
        format!("mm2_worker_up{{worker=\"{}\"}} 1\n", id(&locked)),
        format!("mm2_worker_up{{worker=\"{}\"}} 1\n", id(&secretive)),
        format!(
            "mm2_exporter_endpoint_up{{endpoint=\"jolokia:{}\"}} 0\n",
            id(&locked)
        ),
        "mm2_exporter_endpoint_up{endpoint=\"cluster:source\"} 0\n".to_owned(),
    ] {
        assert!(told[0].contains(&line), "{line}: {}", told[0]);
    }
    let inline = sound.replacen(
        "sasl.username: m",
        "sasl.password: marked-inline-password",
        1,
    );
    put(folder.path(), &inline);
    exporter.hang_up();
    exporter.says("sasl.password").await;
    for file in ["cmdline", "environ"] {
        let file = format!("/proc/{}/{file}", exporter.id());
        told.push(String::from_utf8_lossy(&fs::read(file).unwrap()).into_owned());
    }
    let (_, log) = exporter.stop().await;
    assert!(log.contains("denied") || log.contains("401"), "{log}");
    told.push(log);
    for secret in SECRETS {
        for text in &told {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
}
