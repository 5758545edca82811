//! The server by a web configuration, over real sockets and real TLS: who gets in, who does not, and what is told to
//! whom.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod stub;
mod tls;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use mirrorwatch::exposition::Pages;
use mirrorwatch::http::{self, Server};
use mirrorwatch::model::time::Timestamp;
use mirrorwatch::poll::Polls;
use mirrorwatch::web::{self, Live};
use stub::{Behaviour, QUICK, Stub, endpoints};
use tls::{Authority, Client, Identity, PATIENCE, ask_plain, basic};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

const METRICS: &str = "GET /metrics HTTP/1.1";

/// A server by the web configuration in `text`, which may name `server.crt`, `server.key` and `ca.crt`.
struct Site {
    address: SocketAddr,
    authority: Authority,
    _polls: Polls,
    _folder: tempfile::TempDir,
}

async fn site(text: &str) -> Site {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let Identity { certificate, key } = authority.issue("localhost");
    for (name, content) in [
        ("server.crt", &*certificate),
        ("server.key", &*key),
        ("ca.crt", &*authority.pem()),
        ("web.yml", text),
    ] {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    let (address, polls) = serve(&folder.path().join("web.yml")).await;
    Site {
        address,
        authority,
        _polls: polls,
        _folder: folder,
    }
}

async fn serve(file: &Path) -> (SocketAddr, Polls) {
    let backend = Stub::start(Behaviour::Captured).await;
    let polls = Polls::start(
        endpoints(&[backend.port], QUICK.deadline),
        QUICK,
        Timestamp::from_micros(0),
    );
    let web = web::load(file).unwrap();
    let server = Server {
        web: Live::new(watch::channel(Arc::new(web)).1),
        ..Server::from(Arc::new(Pages::new(polls.snapshots.clone())))
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(http::run(listener, server, std::future::pending::<()>()));
    (address, polls)
}

const TLS: &str = "tls_server_config: { cert_file: server.crt, key_file: server.key";

fn status(head: &str) -> &str {
    head.split(' ').nth(1).unwrap_or_default()
}

fn users(of: &[(&str, &str)]) -> String {
    let lines = of
        .iter()
        .map(|(user, password)| format!("  {user}: {}\n", bcrypt::hash(password, 4).unwrap()));
    format!("basic_auth_users:\n{}", lines.collect::<String>())
}

#[tokio::test]
async fn with_users_no_page_and_no_path_is_told_to_strangers() {
    let site = site(&users(&[("alice", "secret")])).await;
    let paths = [
        "/",
        "/metrics",
        "/-/healthy",
        "/-/ready",
        "/-/reload",
        "/nowhere",
    ];
    for path in paths {
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "BREW"] {
            let (head, body) = ask_plain(site.address, &format!("{method} {path} HTTP/1.1"))
                .await
                .unwrap();
            assert_eq!(status(&head), "401", "{method} {path}: {head}");
            assert!(
                head.contains("www-authenticate: Basic realm=\"mirrorwatch\""),
                "{head}"
            );
            assert!(
                method == "HEAD" || body == b"a user name and a password are needed\n",
                "{method} {path}"
            );
        }
    }
    let request = format!("{METRICS}\r\n{}", basic("alice", "secret"));
    for _ in 0..2 {
        assert_eq!(
            status(&ask_plain(site.address, &request).await.unwrap().0),
            "200"
        );
    }
}

#[tokio::test]
async fn wrong_names_and_passwords_are_refused_however_they_are_joined() {
    let site = site(&users(&[
        ("alice", "secret"),
        ("bob", "a:b"),
        ("carol", &"x".repeat(72)),
    ]))
    .await;
    let long = "x".repeat(73);
    for (user, password, expected) in [
        ("alice", "secret", "200"),
        ("bob", "a:b", "200"),
        ("carol", &long[..72], "200"),
        ("carol", &long, "401"),
        ("alice", "wrong", "401"),
        ("alice", "", "401"),
        ("nobody", "secret", "401"),
        ("alices", "ecret", "401"),
        ("alic", "esecret", "401"),
        ("bob", "a", "401"),
        ("alice", "secret\0", "401"),
        ("616c696365", "736563726574", "401"),
    ] {
        let request = format!("{METRICS}\r\n{}", basic(user, password));
        let (head, _) = ask_plain(site.address, &request).await.unwrap();
        assert_eq!(status(&head), expected, "{user} {password}: {head}");
    }
    for header in [
        "authorization: Basic",
        "authorization: Basic %%%",
        "authorization: Bearer x",
        "x: y",
    ] {
        let (head, _) = ask_plain(site.address, &format!("{METRICS}\r\n{header}"))
            .await
            .unwrap();
        assert_eq!(status(&head), "401", "{header}");
    }
}

/// S3: what takes time is bcrypt, once for each attempt; whether there is such a user makes no difference.
#[tokio::test]
async fn the_time_of_a_refusal_does_not_tell_whether_a_user_exists() {
    let site = site(&users(&[("alice", "secret")])).await;
    let mut spent = [Vec::new(), Vec::new()];
    for round in 0..12 {
        for (index, user) in ["alice", "nobody"].into_iter().enumerate() {
            let request = format!("{METRICS}\r\n{}", basic(user, &format!("wrong{round}")));
            let begun = mirrorwatch::clock::monotonic();
            assert_eq!(
                status(&ask_plain(site.address, &request).await.unwrap().0),
                "401"
            );
            spent[index].push(mirrorwatch::clock::monotonic().saturating_sub(begun));
        }
    }
    // The quickest of many is what load disturbs least.
    let [known, unknown] = spent.map(|mut times| {
        times.sort();
        times[1].as_secs_f64()
    });
    assert!(
        (0.5..2.0).contains(&(known / unknown)),
        "{known} s for a user, {unknown} s for none"
    );
}

#[tokio::test]
async fn over_tls_a_client_that_trusts_the_certificate_is_served_and_another_one_ends_the_connection()
 {
    let site = site(&format!("{TLS} }}\nhttp_server_config: {{ headers: {{ Strict-Transport-Security: max-age=60, X-Frame-Options: deny }} }}")).await;
    let (head, body) = Client::new(&[&site.authority], None)
        .ask(site.address, METRICS)
        .await
        .unwrap();
    assert_eq!(status(&head), "200");
    assert!(String::from_utf8(body).unwrap().contains("mm2_worker_up"));
    for header in [
        "strict-transport-security: max-age=60",
        "x-frame-options: deny",
        "x-content-type-options: nosniff",
    ] {
        assert!(head.contains(header), "{header}: {head}");
    }
    let stranger = Client::new(&[&Authority::new()], None);
    assert!(stranger.ask(site.address, METRICS).await.is_err());
    assert!(
        Client::new(&[&site.authority], None)
            .ask(site.address, METRICS)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn http_on_a_tls_port_is_told_so_and_tls_on_an_http_port_ends_at_once() {
    let site = site(&format!("{TLS} }}")).await;
    let (head, body) = ask_plain(site.address, METRICS).await.unwrap();
    assert_eq!(status(&head), "400");
    assert_eq!(
        String::from_utf8(body).unwrap(),
        "this is HTTPS; use https://\n"
    );
    let plain = self::site("").await;
    let client = Client::new(&[&site.authority], None);
    let outcome = tokio::time::timeout(PATIENCE, client.ask(plain.address, METRICS))
        .await
        .unwrap();
    assert!(outcome.is_err());
    assert_eq!(
        status(&ask_plain(plain.address, METRICS).await.unwrap().0),
        "200"
    );
}

#[tokio::test]
async fn silent_tls_clients_are_cut_off_and_keep_nobody_waiting() {
    let site = site(&format!("{TLS} }}")).await;
    let mut silent = Vec::new();
    for number in 0..50 {
        let mut stream = TcpStream::connect(site.address).await.unwrap();
        if number % 2 == 0 {
            // The beginning of a record that never ends.
            stream.write_all(&[0x16, 3, 1, 2, 0, 1]).await.unwrap();
        }
        silent.push(stream);
    }
    let client = Client::new(&[&site.authority], None);
    assert_eq!(
        status(&client.ask(site.address, METRICS).await.unwrap().0),
        "200"
    );
    for mut stream in silent {
        let end = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut Vec::new())).await;
        assert!(end.is_ok(), "a silent client is never cut off");
    }
}

#[tokio::test]
async fn a_client_certificate_is_asked_for_as_the_policy_says() {
    let verify = "client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.crt";
    let given = "client_auth_type: VerifyClientCertIfGiven, client_ca_file: ca.crt";
    // The policy, and who gets in: without a certificate, with one of the authority, with one of another.
    for (policy, expected) in [
        (verify, [false, true, false]),
        (given, [true, true, false]),
        (
            "client_auth_type: RequireAnyClientCert",
            [false, true, true],
        ),
        ("client_auth_type: RequireClientCert", [false, true, true]),
        ("client_auth_type: RequestClientCert", [true, true, true]),
        (
            "client_auth_type: VerifyClientCertIfGiven",
            [true, true, true],
        ),
        ("client_auth_type: NoClientCert", [true, true, true]),
    ] {
        let site = site(&format!("{TLS}, {policy} }}")).await;
        let own = site.authority.issue("prometheus.example.org");
        let other = Authority::new().issue("prometheus.example.org");
        let mut got = Vec::new();
        for identity in [None, Some(&own), Some(&other)] {
            let client = Client::new(&[&site.authority], identity);
            got.push(
                client
                    .ask(site.address, METRICS)
                    .await
                    .is_ok_and(|(head, _)| status(&head) == "200"),
            );
        }
        assert_eq!(got, expected, "{policy}");
    }
}

#[tokio::test]
async fn a_client_certificate_must_have_one_of_the_names_that_are_allowed() {
    let names = "[prometheus.example.org, 192.0.2.7, 'ops@example.org', 'spiffe://example.org/prometheus', '2001:db8::1']";
    let policy = "client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.crt";
    let site = site(&format!("{TLS}, {policy}, client_allowed_sans: {names} }}")).await;
    for (name, expected) in [
        ("prometheus.example.org", true),
        ("192.0.2.7", true),
        ("2001:db8::1", true),
        ("ops@example.org", true),
        ("spiffe://example.org/prometheus", true),
        ("other.example.org", false),
        ("a.prometheus.example.org", false),
        ("192.0.2.8", false),
    ] {
        let identity = site.authority.issue(name);
        let answer = Client::new(&[&site.authority], Some(&identity))
            .ask(site.address, METRICS)
            .await;
        assert_eq!(answer.is_ok(), expected, "{name}");
    }
}

#[tokio::test]
async fn http_2_is_spoken_only_where_it_is_asked_for() {
    for (http, expected) in [
        ("", &b"http/1.1"[..]),
        ("http_server_config: { http2: false }", b"http/1.1"),
        ("http_server_config: { http2: true }", b"h2"),
    ] {
        let site = site(&format!(
            "{TLS} }}\n{http}\n{}",
            users(&[("alice", "secret")])
        ))
        .await;
        let client = Client::speaking(&[&site.authority], None, &[b"h2", b"http/1.1"]);
        let stream = client.connect(site.address).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(expected), "{http}");
        if expected != b"h2" {
            continue;
        }
        let (mut sender, connection) = hyper::client::conn::http2::handshake(
            hyper_util::rt::TokioExecutor::new(),
            hyper_util::rt::TokioIo::new(stream),
        )
        .await
        .unwrap();
        tokio::spawn(connection);
        for (authorization, status) in [("Basic YWxpY2U6c2VjcmV0", 200), ("Basic eDp5", 401)] {
            let request = hyper::Request::get("https://localhost/metrics")
                .header("authorization", authorization);
            let body = http_body_util::Empty::<bytes::Bytes>::new();
            let response = sender
                .send_request(request.body(body).unwrap())
                .await
                .unwrap();
            assert_eq!(response.status(), status);
        }
    }
}

#[tokio::test]
async fn requests_beyond_the_rate_are_told_to_come_later() {
    let site = site("rate_limit: { interval: 1h, burst: 3 }").await;
    let mut got = Vec::new();
    for _ in 0..5 {
        let (head, _) = ask_plain(site.address, METRICS).await.unwrap();
        got.push(status(&head).to_owned());
    }
    assert_eq!(got, ["200", "200", "200", "429", "429"]);
}

#[tokio::test]
async fn only_the_versions_that_are_allowed_are_spoken() {
    let site = site(&format!("{TLS}, min_version: TLS13 }}")).await;
    let stream = Client::new(&[&site.authority], None)
        .connect(site.address)
        .await
        .unwrap();
    let version = stream.get_ref().1.protocol_version();
    assert_eq!(version, Some(rustls::ProtocolVersion::TLSv1_3));
    let site = self::site(&format!(
        "{TLS}, max_version: TLS12, cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384] }}"
    ))
    .await;
    let stream = Client::new(&[&site.authority], None)
        .connect(site.address)
        .await
        .unwrap();
    let connection = stream.get_ref().1;
    assert_eq!(
        connection.protocol_version(),
        Some(rustls::ProtocolVersion::TLSv1_2)
    );
    let chosen = connection
        .negotiated_cipher_suite()
        .map(|suite| suite.suite());
    assert_eq!(
        chosen,
        Some(rustls::CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384)
    );
}
