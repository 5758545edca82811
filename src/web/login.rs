//! Basic authentication against bcrypt hashes.
//!
//! Each wrong password costs one bcrypt, whether the user exists or not, so that the time tells nothing. One bcrypt runs
//! at a time, off the threads that serve. A right password is remembered under a keyed hash, so that scrapes are cheap.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bcrypt::HashParts;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use tokio::sync::Semaphore;

use super::Users;

/// bcrypt looks at no more bytes of a password.
const MOST_BYTES: usize = 72;
/// Right passwords that are remembered; the number of users is the bound in practice.
const REMEMBERED: usize = 100;
/// Checks that may wait for the one that runs.
const WAITING: usize = 16;
/// What is checked where there is no such user, at the cost that users have: a hash that no password has.
const NOBODY: &str = "ABCDEFGHIJKLMNOPQRSTU.abcdefghijklmnopqrstuvwxyz01342";

/// What came of a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// The user and the password are right.
    Granted,
    /// They are missing or wrong.
    Refused,
    /// Too many others wait for their passwords to be checked.
    Busy,
}

/// Checks logins, and remembers the right ones.
pub struct Logins {
    secret: Hmac<Sha256>,
    right: Mutex<HashSet<[u8; 32]>>,
    running: Arc<Semaphore>,
    waiting: Semaphore,
}

impl Default for Logins {
    fn default() -> Self {
        let mut secret = [0; 32];
        let random = rustls::crypto::aws_lc_rs::default_provider().secure_random;
        random
            .fill(&mut secret)
            .expect("the system has random numbers");
        Self {
            secret: Hmac::new_from_slice(&secret).expect("a key of an HMAC may have any length"),
            right: Mutex::default(),
            running: Arc::new(Semaphore::new(1)),
            waiting: Semaphore::new(WAITING),
        }
    }
}

impl Logins {
    /// Whether the value of an `Authorization` header opens the door.
    pub async fn check(&self, users: &Users, authorization: Option<&[u8]>) -> Entry {
        if users.is_empty() {
            return Entry::Granted;
        }
        let Some((user, password)) = authorization.and_then(credentials) else {
            return Entry::Refused;
        };
        let known = users.0.get(&user);
        let hash = known.cloned().unwrap_or_else(|| nobody(users));
        let token = self.token(&[user.as_bytes(), hash.as_bytes(), &password]);
        if known.is_some() && self.remembered().contains(&token) {
            return Entry::Granted;
        }
        let Ok(_place) = self.waiting.try_acquire() else {
            return Entry::Busy;
        };
        let is_right = self.verify(password, hash).await && known.is_some();
        if !is_right {
            return Entry::Refused;
        }
        let mut right = self.remembered();
        if right.len() >= REMEMBERED {
            right.clear();
        }
        right.insert(token);
        Entry::Granted
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, HashSet<[u8; 32]>> {
        self.right.lock().expect("nobody panics with this lock")
    }

    /// A hash of the fields that only this process can make. Lengths keep `a:b` + `c` apart from `a` + `b:c`.
    fn token(&self, fields: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.secret.clone();
        for field in fields {
            mac.update(&field.len().to_be_bytes());
            mac.update(field);
        }
        mac.finalize().into_bytes().into()
    }

    async fn verify(&self, password: Vec<u8>, hash: String) -> bool {
        let running = Arc::clone(&self.running);
        let Ok(turn) = running.acquire_owned().await else {
            return false;
        };
        let checked = tokio::task::spawn_blocking(move || {
            // The turn ends with the work, even if the client has gone meanwhile.
            let _turn = turn;
            bcrypt::verify(&password, &hash).unwrap_or(false) && is_whole(&password)
        });
        checked.await.unwrap_or(false)
    }
}

/// Whether bcrypt looks at all of the password: it ends at 72 bytes, and a zero byte is where it begins anew.
fn is_whole(password: &[u8]) -> bool {
    password.len() <= MOST_BYTES && !password.contains(&0)
}

/// User and password of an `Authorization` header.
fn credentials(header: &[u8]) -> Option<(String, Vec<u8>)> {
    let text = std::str::from_utf8(header).ok()?;
    let (scheme, encoded) = text.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = BASE64_STANDARD.decode(encoded.trim()).ok()?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    let user = String::from_utf8(decoded[..colon].to_vec()).ok()?;
    Some((user, decoded[colon + 1..].to_vec()))
}

/// A hash of nobody's password that takes as long as the costliest of the users'.
fn nobody(users: &Users) -> String {
    let costs = users
        .0
        .values()
        .filter_map(|hash| hash.parse::<HashParts>().ok())
        .map(|parts| parts.get_cost());
    format!("$2b${:02}${NOBODY}", costs.max().unwrap_or(10))
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn users(of: &[(&str, &str)]) -> Users {
        let hash = |password: &str| bcrypt::hash(password, 4).unwrap();
        Users(
            of.iter()
                .map(|(user, password)| ((*user).to_owned(), hash(password)))
                .collect(),
        )
    }

    async fn login(logins: &Logins, users: &Users, plain: &[u8]) -> Entry {
        let header = format!("Basic {}", BASE64_STANDARD.encode(plain));
        logins.check(users, Some(header.as_bytes())).await
    }

    #[tokio::test]
    async fn the_right_password_opens_and_nothing_else() {
        let (logins, users) = (
            Logins::default(),
            users(&[("alice", "secret"), ("bob", "x:y")]),
        );
        for (plain, expected) in [
            (&b"alice:secret"[..], Entry::Granted),
            (b"alice:secret", Entry::Granted),
            (b"bob:x:y", Entry::Granted),
            (b"alice:wrong", Entry::Refused),
            (b"alice:", Entry::Refused),
            (b"carol:secret", Entry::Refused),
            (b"alice", Entry::Refused),
            (b":secret", Entry::Refused),
            (b"alice:secret\0", Entry::Refused),
            (b"alice:secret\0secret", Entry::Refused),
            (b"\xff:secret", Entry::Refused),
        ] {
            assert_eq!(login(&logins, &users, plain).await, expected, "{plain:?}");
        }
        for header in [
            "",
            "Basic",
            "Basic !!!",
            "Bearer YWxpY2U6c2VjcmV0",
            "Basic YWxpY2U6c2VjcmV0 x",
        ] {
            assert_eq!(
                logins.check(&users, Some(header.as_bytes())).await,
                Entry::Refused,
                "{header}"
            );
        }
        assert_eq!(
            logins.check(&users, Some(b"bASIC  YWxpY2U6c2VjcmV0")).await,
            Entry::Granted
        );
        assert_eq!(logins.check(&users, None).await, Entry::Refused);
        assert_eq!(logins.check(&Users::default(), None).await, Entry::Granted);
    }

    /// CVE-2022-46146: a cache that joins the fields takes one triple for another.
    #[test]
    fn fields_that_join_to_the_same_text_have_different_tokens() {
        let logins = Logins::default();
        let tokens: HashSet<_> = [
            [&b"alice"[..], b"hash", b"password"],
            [b"alicehash", b"", b"password"],
            [b"alice", b"hashpass", b"word"],
            [b"alice:hash", b":", b"password"],
            [b"", b"alicehash", b"password"],
        ]
        .iter()
        .map(|fields| logins.token(fields))
        .collect();
        assert_eq!(tokens.len(), 5);
        let other = Logins::default();
        assert!(!tokens.contains(&other.token(&[b"alice", b"hash", b"password"])));
    }

    #[tokio::test]
    async fn only_right_logins_are_remembered_and_a_new_hash_forgets_them() {
        let (logins, users) = (Logins::default(), users(&[("alice", "secret")]));
        for number in 0..20 {
            login(&logins, &users, format!("alice:{number}").as_bytes()).await;
            login(&logins, &users, format!("{number}:secret").as_bytes()).await;
        }
        assert!(logins.remembered().is_empty());
        login(&logins, &users, b"alice:secret").await;
        assert_eq!(logins.remembered().len(), 1);
        let changed = super::tests::users(&[("alice", "other")]);
        assert_eq!(
            login(&logins, &changed, b"alice:secret").await,
            Entry::Refused
        );
    }

    #[tokio::test]
    async fn a_password_that_bcrypt_would_cut_off_is_refused() {
        let long = "x".repeat(80);
        let users = users(&[("alice", &long), ("bob", &long[..72])]);
        let logins = Logins::default();
        let plain = |user: &str, length: usize| format!("{user}:{}", "x".repeat(length));
        assert_eq!(
            login(&logins, &users, plain("alice", 80).as_bytes()).await,
            Entry::Refused
        );
        assert_eq!(
            login(&logins, &users, plain("bob", 73).as_bytes()).await,
            Entry::Refused
        );
        assert_eq!(
            login(&logins, &users, plain("bob", 72).as_bytes()).await,
            Entry::Granted
        );
    }

    #[test]
    fn a_stranger_costs_as_much_as_the_costliest_user() {
        let parts = |text: &str| text.parse::<HashParts>().unwrap();
        let mixed = Users(
            [("a", 4), ("b", 6)]
                .map(|(user, cost)| (user.to_owned(), bcrypt::hash("x", cost).unwrap()))
                .into(),
        );
        assert_eq!(parts(&nobody(&mixed)).get_cost(), 6);
        assert_eq!(bcrypt::verify("x", &nobody(&mixed)).ok(), Some(false));
    }

    #[tokio::test]
    async fn beyond_the_checks_that_may_wait_the_answer_is_to_come_again() {
        let (logins, users) = (Logins::default(), users(&[("alice", "secret")]));
        let _turn = logins.running.clone().acquire_owned().await.unwrap();
        let waiting: Vec<_> = (0..WAITING)
            .map(|_| login(&logins, &users, b"alice:no"))
            .collect();
        let mut waiting = std::pin::pin!(futures_util::future::join_all(waiting));
        assert!(waiting.as_mut().now_or_never().is_none());
        assert_eq!(login(&logins, &users, b"alice:secret").await, Entry::Busy);
    }
}
