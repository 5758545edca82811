use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use super::*;

const QUIET: Duration = Duration::from_millis(150);

fn link(worker: &str) -> Link {
    Link {
        worker: worker.to_owned(),
        cluster: "source".to_owned(),
    }
}

/// An echo behind a proxy: the links, and the address to connect to.
fn echo(name: &str) -> (Links, SocketAddr) {
    let behind = TcpListener::bind("127.0.0.1:0").expect("the loopback works");
    let to = behind.local_addr().expect("the loopback works");
    thread::spawn(move || {
        for stream in behind.incoming().flatten() {
            thread::spawn(move || io::copy(&mut &stream, &mut &stream));
        }
    });
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback works");
    listener.set_nonblocking(true).expect("the loopback works");
    let address = listener.local_addr().expect("the loopback works");
    let proxy = Proxy {
        link: link(name),
        listener,
        to,
    };
    let gates = BTreeMap::from([(link(name), Gate::new())]);
    let (orders, receiver) = unbounded_channel();
    let served = gates.clone();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("the loopback works");
        runtime.block_on(serve(vec![proxy], served, receiver));
    });
    (Links { gates, orders }, address)
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the loopback works");
    stream
        .set_read_timeout(Some(QUIET))
        .expect("the loopback works");
    stream
}

fn answered(stream: &mut TcpStream, text: &[u8]) -> bool {
    let mut answer = vec![0; text.len()];
    stream
        .read_exact(&mut answer)
        .is_ok_and(|()| answer == text)
}

#[test]
fn a_stalled_link_accepts_and_forwards_nothing_until_it_is_mended() {
    let (links, address) = echo("worker-1");
    let mut old = connect(address);
    old.write_all(b"one").unwrap();
    old.set_read_timeout(None).unwrap();
    assert!(answered(&mut old, b"one"));
    old.set_read_timeout(Some(QUIET)).unwrap();
    links.change(&[link("worker-1")], Change::Stall).unwrap();
    assert!(links.is_stalled(&link("worker-1")));
    let mut new = connect(address);
    old.write_all(b"two").unwrap();
    new.write_all(b"three").unwrap();
    assert!(!answered(&mut old, b"two") && !answered(&mut new, b"three"));
    links.change(&[link("worker-1")], Change::Mend).unwrap();
    for (stream, text) in [(&mut old, &b"two"[..]), (&mut new, &b"three"[..])] {
        stream.set_read_timeout(None).unwrap();
        assert!(answered(stream, text), "nothing is lost");
    }
}

#[test]
fn a_link_that_is_reset_has_lost_what_was_on_its_way() {
    let (links, address) = echo("worker-1");
    links.change(&[link("worker-1")], Change::Stall).unwrap();
    let mut old = connect(address);
    old.write_all(b"lost").unwrap();
    old.set_read_timeout(None).unwrap();
    // The connection has to be accepted to be closed; the kernel alone would keep it.
    thread::sleep(QUIET);
    links.change(&[link("worker-1")], Change::Reset).unwrap();
    assert!(!answered(&mut old, b"lost"), "the connection is closed");
    links.change(&[link("worker-1")], Change::Mend).unwrap();
    let mut new = connect(address);
    new.set_read_timeout(None).unwrap();
    new.write_all(b"new").unwrap();
    assert!(answered(&mut new, b"new"));
}

#[test]
fn a_side_that_ends_ends_the_other() {
    let (_links, address) = echo("worker-1");
    let mut stream = connect(address);
    stream.set_read_timeout(None).unwrap();
    stream.write_all(b"bye").unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    assert_eq!(all, b"bye");
}

#[test]
fn the_other_links_flow_on() {
    let (links, address) = echo("worker-2");
    links.change(&[link("worker-1")], Change::Stall).unwrap();
    let mut stream = connect(address);
    stream.set_read_timeout(None).unwrap();
    stream.write_all(b"on").unwrap();
    assert!(answered(&mut stream, b"on"));
}
