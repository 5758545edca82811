//! As much of HTTP/1.1 as Alertmanager's webhooks need: a request with a body of a known length, an answer without one, and the end of the
//! connection.

use std::io::{self, BufRead, Read as _, Write};

/// The largest body that is taken.
const LARGEST: u64 = 16 * 1024 * 1024;
/// The longest line before the body, and how many there may be.
const LINE: u64 = 8 * 1024;
const LINES: usize = 100;

/// What is asked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) body: Vec<u8>,
}

/// How it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Ok,
    BadRequest,
    NotFound,
    Failed,
}

impl Status {
    fn line(self) -> &'static str {
        match self {
            Self::Ok => "200 OK",
            Self::BadRequest => "400 Bad Request",
            Self::NotFound => "404 Not Found",
            Self::Failed => "500 Internal Server Error",
        }
    }
}

/// Reads a request; a body without its length is none.
pub(super) fn read(from: &mut impl BufRead) -> io::Result<Request> {
    let first = line(from)?;
    let mut words = first.split(' ');
    let (Some(method), Some(path)) = (words.next(), words.next()) else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let mut length = 0;
    for _ in 0..LINES {
        let header = line(from)?;
        if header.is_empty() {
            let mut body = Vec::new();
            let read = from.take(length).read_to_end(&mut body)?;
            if u64::try_from(read).ok() != Some(length) {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            return Ok(Request {
                method: method.to_owned(),
                path: path.to_owned(),
                body,
            });
        }
        if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().map_err(io::Error::other)?;
            if length > LARGEST {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}

/// Answers, and says that this was all.
pub(super) fn answer(mut to: impl Write, status: Status) -> io::Result<()> {
    let status = status.line();
    write!(
        to,
        "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
}

/// A line without its end.
fn line(from: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    from.take(LINE).read_line(&mut line)?;
    match line.strip_suffix("\r\n") {
        Some(line) => Ok(line.to_owned()),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(text: &str) -> io::Result<Request> {
        read(&mut text.as_bytes())
    }

    #[test]
    fn a_body_is_read_to_the_length_that_was_told() {
        let text = "POST /critical HTTP/1.1\r\nHost: a\r\ncontent-length: 4\r\n\r\nbodyrest";
        let read = request(text).unwrap();
        assert_eq!(
            (read.method.as_str(), read.path.as_str()),
            ("POST", "/critical")
        );
        assert_eq!(read.body, b"body");
    }

    #[test]
    fn what_ends_too_soon_or_is_too_large_is_refused() {
        let with = |length: u64| format!("POST / HTTP/1.1\r\nContent-Length: {length}\r\n\r\nbody");
        assert!(request(&with(4)).is_ok());
        assert!(request(&with(5)).is_err());
        assert!(request(&with(LARGEST + 1)).is_err());
        assert!(request("POST / HTTP/1.1\r\nHost: a").is_err());
        assert!(request("POST\r\n\r\n").is_err());
        assert!(request(&("GET / HTTP/1.1\r\n".to_owned() + &"a: b\r\n".repeat(LINES))).is_err());
    }

    #[test]
    fn an_answer_ends_the_connection() {
        let mut told = Vec::new();
        answer(&mut told, Status::NotFound).unwrap();
        let told = String::from_utf8(told).unwrap();
        assert!(told.starts_with("HTTP/1.1 404 Not Found\r\n"));
        assert!(told.ends_with("Connection: close\r\n\r\n"));
    }
}
