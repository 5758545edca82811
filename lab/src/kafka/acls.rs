//! Who may read topics of a cluster: `CreateAcls` and `DeleteAcls` as Kafka's protocol has them (version 1, without tagged fields), because
//! the client library's Rust interface lacks both.

use std::io;

use super::wire::Wire;
use crate::description::Cluster;
use crate::secure::Grant;

const CREATE: i16 = 30;
const DELETE: i16 = 31;
const VERSION: i16 = 1;

const TOPIC: u8 = 2;
const LITERAL: u8 = 3;
const PREFIXED: u8 = 4;
const ANY: u8 = 1;
const ALL: u8 = 2;
const READ: u8 = 3;
const DENY: u8 = 2;
const ALLOW: u8 = 3;
const EVERYBODY: &str = "User:*";

/// Kafka's numbers of what the lab grants.
const RESOURCES: [(&str, u8); 4] = [
    ("Topic", TOPIC),
    ("Group", 3),
    ("Cluster", 4),
    ("TransactionalId", 5),
];
const OPERATIONS: [(&str, u8); 6] = [
    ("All", ALL),
    ("Read", READ),
    ("Write", 4),
    ("Create", 5),
    ("Describe", 8),
    ("DescribeConfigs", 10),
];

/// The cluster did not do it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No broker, or no answer that is understood.
    #[error("cluster {bootstrap}")]
    Io {
        /// The cluster.
        bootstrap: String,
        /// Why not.
        source: io::Error,
    },
    /// It refuses.
    #[error("cluster {bootstrap} refuses: error {code}: {message}")]
    Refused {
        /// The cluster.
        bootstrap: String,
        /// Kafka's error code.
        code: i16,
        /// What it says.
        message: String,
    },
}

/// Gives these rights of one cluster.
pub(crate) fn grant(cluster: &Cluster, grants: &[&Grant]) -> Result<(), Error> {
    let mut body = Writer::array(grants.len());
    for grant in grants {
        let user = format!("User:{}", grant.user);
        let (name, pattern) = match grant.prefix() {
            Some(prefix) => (prefix, PREFIXED),
            None => (grant.name.as_str(), LITERAL),
        };
        body.byte(number(&RESOURCES, grant.resource))
            .text(name)
            .byte(pattern);
        body.text(&user)
            .text("*")
            .byte(number(&OPERATIONS, grant.operation))
            .byte(ALLOW);
    }
    ask(cluster, CREATE, &body)
}

/// What Kafka does not know under 0 it refuses.
fn number(names: &[(&str, u8)], name: &str) -> u8 {
    let found = names.iter().find(|(known, _)| *known == name);
    found.map_or(0, |(_, number)| *number)
}

/// Nobody may read these topics from this host; everything else stays allowed to everybody who had it. Where nobody needs a right, that has
/// to be said for a topic about which anything is said.
pub(crate) fn deny_read(cluster: &Cluster, topics: &[&str], host: &str) -> Result<(), Error> {
    let allow = cluster.secure.is_none().then_some(("*", ALL, ALLOW));
    let rules: Vec<_> = allow.into_iter().chain([(host, READ, DENY)]).collect();
    let mut body = Writer::array(topics.len() * rules.len());
    for topic in topics {
        for (host, operation, permission) in &rules {
            body.byte(TOPIC).text(topic).byte(LITERAL);
            body.text(EVERYBODY)
                .text(host)
                .byte(*operation)
                .byte(*permission);
        }
    }
    ask(cluster, CREATE, &body)
}

/// Nothing is said to everybody about these topics any more.
pub(crate) fn forget(cluster: &Cluster, topics: &[&str]) -> Result<(), Error> {
    let mut body = Writer::array(topics.len());
    for topic in topics {
        body.byte(TOPIC).text(topic).byte(LITERAL);
        body.text(EVERYBODY).nothing().byte(ANY).byte(ANY);
    }
    ask(cluster, DELETE, &body)
}

/// Asks the first broker; it hands the question on to the controller. The first error of the answer counts.
fn ask(cluster: &Cluster, what: i16, body: &Writer) -> Result<(), Error> {
    let bootstrap = || cluster.bootstrap.clone();
    let failed = |source| Error::Io {
        bootstrap: bootstrap(),
        source,
    };
    let answer = exchange(cluster, what, body).map_err(failed)?;
    match first_error(&answer, what == DELETE).map_err(failed)? {
        None => Ok(()),
        Some((code, message)) => Err(Error::Refused {
            bootstrap: bootstrap(),
            code,
            message,
        }),
    }
}

fn exchange(cluster: &Cluster, what: i16, body: &Writer) -> io::Result<Vec<u8>> {
    let mut wire = Wire::to(cluster)?;
    wire.ask(what, VERSION, &body.0)
}

/// The first error code that is not 0, with what is said of it.
fn first_error(answer: &[u8], deleted: bool) -> io::Result<Option<(i16, String)>> {
    let mut rest = Reader(answer);
    // Correlation id and throttle time.
    rest.take(8)?;
    for _ in 0..rest.length()? {
        let (code, message) = (rest.number()?, rest.text()?);
        if code != 0 {
            return Ok(Some((code, message)));
        }
        if deleted {
            rest.skip_matches()?;
        }
    }
    Ok(None)
}

#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn array(length: usize) -> Self {
        let length = i32::try_from(length).unwrap_or(i32::MAX);
        Self(length.to_be_bytes().to_vec())
    }

    fn byte(&mut self, value: u8) -> &mut Self {
        self.0.push(value);
        self
    }

    fn number(&mut self, value: i16) -> &mut Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.number(i16::try_from(text.len()).unwrap_or(i16::MAX));
        self.0.extend(text.as_bytes());
        self
    }

    fn nothing(&mut self) -> &mut Self {
        self.number(-1)
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> io::Result<&'a [u8]> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self) -> io::Result<i16> {
        let bytes = self.take(2)?;
        Ok(i16::from_be_bytes([bytes[0], bytes[1]]))
    }

    fn length(&mut self) -> io::Result<i32> {
        let bytes = self.take(4)?;
        Ok(i32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn text(&mut self) -> io::Result<String> {
        let length = usize::try_from(self.number()?).unwrap_or(0);
        Ok(String::from_utf8_lossy(self.take(length)?).into_owned())
    }

    /// The rules that were deleted.
    fn skip_matches(&mut self) -> io::Result<()> {
        for _ in 0..self.length()? {
            self.number()?;
            self.text()?;
            self.take(1)?;
            self.text()?;
            self.take(1)?;
            self.text()?;
            self.text()?;
            self.take(2)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_of_an_answer_is_found_behind_what_went_well() {
        let mut answer = Writer::default();
        answer.number(0).number(0).number(0).number(0);
        answer.0.extend(2_i32.to_be_bytes());
        answer.number(0).nothing();
        assert!(first_error(&answer.0, false).is_err(), "it is cut short");
        answer.number(54).text("no authorizer");
        let found = first_error(&answer.0, false).unwrap();
        assert_eq!(found, Some((54, "no authorizer".to_owned())));
    }

    #[test]
    fn what_was_deleted_is_no_error() {
        let mut answer = Writer::default();
        answer.number(0).number(0).number(0).number(0);
        answer.0.extend(1_i32.to_be_bytes());
        answer.number(0).nothing();
        answer.0.extend(1_i32.to_be_bytes());
        answer.number(0).nothing().byte(TOPIC).text("test-orders");
        answer.byte(LITERAL).text("User:*").text("*");
        answer.byte(ALL).byte(ALLOW);
        assert_eq!(first_error(&answer.0, true).unwrap(), None);
    }
}
