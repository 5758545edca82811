//! The binary while its files change (row F8): new ones are taken over and bad ones are not, and no scrape is dropped
//! meanwhile.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod exporter;
#[path = "exporter/scraper.rs"]
mod scraper;
mod tls;

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use exporter::{Exporter, free_port};
use rdkafka::mocking::MockCluster;
use scraper::{METRICS, Scraper};
use tls::{Authority, Client, Identity, PATIENCE, ask_plain, basic};
use tokio::time::{sleep, timeout};

/// A configuration with these workers, all of them down, and a canary if there is something to say of it.
fn main_config(workers: &[u16], canary: &str) -> String {
    let workers: Vec<_> = workers
        .iter()
        .map(|port| format!("{{ url: 'http://127.0.0.1:{port}' }}"))
        .collect();
    format!(
        "connect: {{ workers: [{}] }}\nclusters: {{ source: {{ bootstrap.servers: '127.0.0.1:1' }}, target: {{ bootstrap.servers: '127.0.0.1:1' }} }}\n\
         flows: [{{ source: source, target: target, connector: mirror-source{canary} }}]\n\
         poll: {{ interval: 1s, deadline: 900ms, time_to_live: 5s }}\n",
        workers.join(", ")
    )
}

fn up(port: u16) -> String {
    format!("mm2_worker_up{{worker=\"127.0.0.1:{port}\"}} 0")
}

fn reloaded(config: &str, successful: u8) -> String {
    format!("mm2_exporter_config_last_reload_successful{{config=\"{config}\"}} {successful}")
}

/// The whole file at once, as a careful editor writes it.
fn replace(path: &Path, text: &str) {
    let beside = path.with_extension("new");
    fs::write(&beside, text).unwrap();
    fs::rename(beside, path).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sighup_a_new_configuration_is_in_force_and_a_bad_one_is_not_and_no_scrape_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mirrorwatch.yml");
    let [one, two] = [free_port(), free_port()];
    fs::write(&file, main_config(&[one], "")).unwrap();
    let exporter = Exporter::start_in(folder.path(), &[]);
    let scraper = Scraper {
        address: exporter.address,
        client: None,
        header: "x: y".to_owned(),
    };
    scraper.shows(&up(one)).await;
    scraper.shows(&reloaded("main", 1)).await;
    let keeping = scraper.keep_on("mm2_worker_up");

    replace(&file, &main_config(&[one, two], ""));
    exporter.hang_up();
    scraper.shows(&up(two)).await;

    replace(&file, "connect: { workers: [] }\nflows: 7\n");
    exporter.hang_up();
    scraper.shows(&reloaded("main", 0)).await;
    exporter.says("mirrorwatch.yml:2").await;
    scraper.shows(&up(two)).await;

    replace(&file, &main_config(&[two], ""));
    exporter.hang_up();
    scraper.shows(&reloaded("main", 1)).await;
    let (_, page) = scraper.ask(METRICS).await.unwrap();
    assert!(
        page.contains(&up(two)) && !page.contains(&up(one)),
        "{page}"
    );
    keeping.end();
    let (head, body) = scraper.ask("POST /-/reload HTTP/1.1").await.unwrap();
    assert!(
        head.starts_with("HTTP/1.1 403") && body.contains("--web.enable-lifecycle"),
        "{head} {body}"
    );
}

/// A worker that answers nothing of use, and the last `Authorization` that it was sent.
fn asked_as() -> (u16, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Arc::new(Mutex::new(String::new()));
    let last = Arc::clone(&heard);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let lines = lines.map_while(Result::ok);
            for line in lines.take_while(|line| !line.is_empty()) {
                if line.starts_with("authorization: ") {
                    *last.lock().unwrap() = line;
                }
            }
            let _ = stream.write_all(
                b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            );
        }
    });
    (port, heard)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_changes_in_its_file_is_taken_without_a_word_and_a_missing_one_keeps_the_old()
 {
    let folder = tempfile::tempdir().unwrap();
    let (port, heard) = asked_as();
    let password = folder.path().join("password");
    replace(&password, "hunter2\n");
    let access = "rest_access: { basic_auth: { username: m, password_file: password } }";
    let config = main_config(&[port], "").replacen("workers:", &format!("{access}, workers:"), 1);
    fs::write(folder.path().join("mirrorwatch.yml"), config).unwrap();
    let exporter = Exporter::start_in(folder.path(), &[]);
    let comes_as = async |password: &str| {
        let wanted = basic("m", password);
        let come = timeout(PATIENCE, async {
            while *heard.lock().unwrap() != wanted {
                sleep(Duration::from_millis(50)).await;
            }
        });
        assert!(come.await.is_ok(), "nobody comes as {wanted}");
    };
    comes_as("hunter2").await;
    fs::remove_file(&password).unwrap();
    exporter.says("stays in force").await;
    replace(&password, "hunter3\n");
    comes_as("hunter3").await;
    assert!(!exporter.log().contains("hunter"), "{}", exporter.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn over_http_a_reload_answers_what_came_of_it_and_a_canary_keeps_its_ledger_but_for_another_period()
 {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mirrorwatch.yml");
    let [one, two] = [free_port(), free_port()];
    // Only where its topic is found is it known which run a canary is in.
    let source = MockCluster::new(1).unwrap();
    source
        .create_topic("test-mirrorwatch-canary", 2, 1)
        .unwrap();
    let address = format!("'{}'", source.bootstrap_servers());
    let config = |workers: &[u16], canary: &str| {
        main_config(workers, canary).replacen("'127.0.0.1:1'", &address, 1)
    };
    fs::write(&file, config(&[one], ", canary: {}")).unwrap();
    let exporter = Exporter::start_in(
        folder.path(),
        &["--web.enable-lifecycle", "--web.telemetry-path", "/m"],
    );
    let scraper = Scraper {
        address: exporter.address,
        client: None,
        header: "x: y".to_owned(),
    };
    let run = async || {
        let (_, page) = scraper.ask("GET /m HTTP/1.1").await.unwrap();
        let line = page
            .lines()
            .find(|line| line.starts_with("mm2_canary_info{"))?;
        Some(line.split("run=\"").nth(1)?.split('"').next()?.to_owned())
    };
    exporter.says("serving /m").await;
    let first = timeout(PATIENCE, async {
        loop {
            if let Some(run) = run().await {
                return run;
            }
            sleep(Duration::from_millis(50)).await;
        }
    });
    let first = first.await.unwrap();
    let reload = async |method: &str| {
        let (head, body) = scraper
            .ask(&format!("{method} /-/reload HTTP/1.1"))
            .await
            .unwrap();
        (head.split(' ').nth(1).unwrap().to_owned(), body)
    };
    assert_eq!(reload("POST").await.0, "200", "nothing has changed");
    replace(&file, &config(&[one, two], ", canary: {}"));
    assert_eq!(reload("PUT").await.0, "200");
    assert!(
        scraper
            .ask("GET /m HTTP/1.1")
            .await
            .unwrap()
            .1
            .contains(&up(two))
    );
    assert_eq!(run().await.as_ref(), Some(&first), "the ledger goes on");

    replace(&file, "nonsense: 1\n");
    let (status, body) = reload("POST").await;
    assert!(
        status == "500" && body.contains("mirrorwatch.yml:1"),
        "{status} {body}"
    );
    assert_eq!(reload("GET").await.0, "405");
    assert_eq!(run().await.as_ref(), Some(&first));

    replace(&file, &config(&[one], ", canary: { loss_grace: 5s }"));
    assert_eq!(reload("POST").await.0, "200");
    let another = timeout(PATIENCE, async {
        while exporter.log().matches("sending begins").count() < 2 {
            sleep(Duration::from_millis(50)).await;
        }
    });
    assert!(another.await.is_ok(), "another grace is another canary");
    assert_eq!(run().await.as_ref(), Some(&first), "in the same run");

    replace(
        &file,
        &config(&[one], ", canary: { records_per_second: 5 }"),
    );
    assert_eq!(reload("POST").await.0, "200");
    let other = timeout(PATIENCE, async {
        while run().await.is_none_or(|run| run == first) {
            sleep(Duration::from_millis(50)).await;
        }
    });
    assert!(
        other.await.is_ok(),
        "the canary does not begin a new run with its new period"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_and_passwords_are_changed_without_a_dropped_scrape_and_a_bad_file_opens_nothing()
 {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (before, after) = (Authority::new(), Authority::new());
    let write = |Identity { certificate, key }: Identity| {
        replace(&path("server.crt"), &certificate);
        replace(&path("server.key"), &key);
    };
    let tls = "tls_server_config: { cert_file: server.crt, key_file: server.key }\n";
    let users = |password: &str| {
        format!(
            "{tls}basic_auth_users:\n  alice: {}\n",
            bcrypt::hash(password, 4).unwrap()
        )
    };
    fs::write(path("mirrorwatch.yml"), main_config(&[free_port()], "")).unwrap();
    fs::write(path("web.yml"), users("secret")).unwrap();
    write(before.issue("localhost"));
    let exporter = Exporter::start_in(folder.path(), &["--web.config.file", "web.yml"]);
    let scraper = |trusted: &[&Authority], password: &str| Scraper {
        address: exporter.address,
        client: Some(Client::new(trusted, None)),
        header: basic("alice", password),
    };
    let both = scraper(&[&before, &after], "secret");
    both.shows(&reloaded("web", 1)).await;
    let keeping = both.keep_on("mm2_worker_up");

    write(after.issue("localhost"));
    scraper(&[&after], "secret")
        .shows(&reloaded("web", 1))
        .await;
    assert!(
        scraper(&[&before], "secret").ask(METRICS).await.is_err(),
        "the old certificate is gone"
    );

    // A hash that is none, then nothing at all, as while a file is written: neither opens anything.
    for bad in [
        format!("{tls}basic_auth_users: {{ alice: hunter2 }}\n"),
        tls.to_owned(),
        String::new(),
    ] {
        replace(&path("web.yml"), &users("secret"));
        both.shows(&reloaded("web", 1)).await;
        replace(&path("web.yml"), &bad);
        both.shows(&reloaded("web", 0)).await;
        let (head, _) = scraper(&[&after], "hunter2").ask(METRICS).await.unwrap();
        assert!(head.starts_with("HTTP/1.1 401"), "{head}");
        assert!(
            ask_plain(exporter.address, METRICS)
                .await
                .unwrap()
                .0
                .starts_with("HTTP/1.1 400")
        );
    }
    exporter
        .says("web.yml:2: `basic_auth_users.alice` is no bcrypt hash")
        .await;
    exporter
        .says("everybody could ask without a password")
        .await;
    exporter
        .says("connections would no longer be encrypted")
        .await;
    assert!(!exporter.log().contains("hunter2"));
    keeping.end();

    replace(&path("web.yml"), &users("changed"));
    scraper(&[&after], "changed")
        .shows(&reloaded("web", 1))
        .await;
    assert!(
        both.ask(METRICS)
            .await
            .unwrap()
            .0
            .starts_with("HTTP/1.1 401"),
        "the old password is gone"
    );
}
