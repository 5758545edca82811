//! A connection to one broker for the few questions that the client library cannot put; with TLS and a password where the cluster wants them.

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

use crate::description::Cluster;
use crate::secure::{LAB, Secure};

const DEADLINE: Duration = Duration::from_secs(10);
/// The longest answer that is taken for one.
const LONGEST: i32 = 1 << 20;
const SASL_HANDSHAKE: (i16, i16) = (17, 1);
const SASL_AUTHENTICATE: (i16, i16) = (36, 0);

trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}

/// One connection.
pub(super) struct Wire(Box<dyn Stream>);

impl Wire {
    /// To the first broker of the cluster.
    pub(super) fn to(cluster: &Cluster) -> io::Result<Self> {
        let address = cluster.bootstrap.split(',').next().unwrap_or_default();
        let address: SocketAddr = address.parse().map_err(io::Error::other)?;
        let stream = TcpStream::connect_timeout(&address, DEADLINE)?;
        stream.set_read_timeout(Some(DEADLINE))?;
        match &cluster.secure {
            None => Ok(Self(Box::new(stream))),
            Some(secure) => Self::secured(stream, address.ip(), secure),
        }
    }

    fn secured(stream: TcpStream, host: IpAddr, secure: &Secure) -> io::Result<Self> {
        let name = ServerName::IpAddress(host.into());
        let tls = ClientConnection::new(secure.tls()?, name).map_err(io::Error::other)?;
        let mut wire = Self(Box::new(StreamOwned::new(tls, stream)));
        let mut mechanism = (5_i16).to_be_bytes().to_vec();
        mechanism.extend(b"PLAIN");
        let (what, version) = SASL_HANDSHAKE;
        accepted(&wire.ask(what, version, &mechanism)?)?;
        let who = format!("\0{LAB}\0{}", secure.password(LAB));
        let mut proof = length(who.len())?.to_be_bytes().to_vec();
        proof.extend(who.as_bytes());
        let (what, version) = SASL_AUTHENTICATE;
        accepted(&wire.ask(what, version, &proof)?)?;
        Ok(wire)
    }

    /// The answer, from its correlation id on.
    pub(super) fn ask(&mut self, what: i16, version: i16, body: &[u8]) -> io::Result<Vec<u8>> {
        let client = b"mirrorwatch-lab";
        let mut request = [what.to_be_bytes(), version.to_be_bytes()].concat();
        // The correlation id: there is one question at a time.
        request.extend(0_i32.to_be_bytes());
        request.extend((15_i16).to_be_bytes());
        request.extend(client);
        request.extend(body);
        self.0.write_all(&length(request.len())?.to_be_bytes())?;
        self.0.write_all(&request)?;
        self.0.flush()?;
        let mut length = [0; 4];
        self.0.read_exact(&mut length)?;
        let length = i32::from_be_bytes(length);
        if !(0..=LONGEST).contains(&length) {
            return Err(io::Error::other("no answer of Kafka's"));
        }
        let mut answer = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        self.0.read_exact(&mut answer)?;
        Ok(answer)
    }
}

fn length(bytes: usize) -> io::Result<i32> {
    i32::try_from(bytes).map_err(io::Error::other)
}

/// Whether the error code behind the correlation id is 0.
fn accepted(answer: &[u8]) -> io::Result<()> {
    match answer.get(4..6) {
        Some([0, 0]) => Ok(()),
        _ => Err(io::Error::other("the lab's own user is refused")),
    }
}

#[test]
fn an_answer_is_accepted_by_its_code_only() {
    assert!(accepted(&[0, 0, 0, 0, 0, 0, 9]).is_ok());
    assert!(accepted(&[0, 0, 0, 0, 0, 58]).is_err());
    assert!(accepted(&[0, 0, 0, 0]).is_err());
}
