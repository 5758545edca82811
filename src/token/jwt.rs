//! What a JSON Web Token says of itself. Its signature is the brokers' business.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;

use crate::model::time::Timestamp;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Whom librdkafka is told that a token without `sub` stands for; it says so in its log alone.
const NOBODY: &str = "mirrorwatch";

/// A token as it is shown, and what it says.
pub(super) struct Token {
    pub(super) text: String,
    pub(super) subject: String,
    pub(super) expires: Timestamp,
}

#[derive(Deserialize)]
struct Claims {
    sub: Option<String>,
    exp: Option<f64>,
}

/// Rule: three parts of Base64 with a dot between them, the second one JSON with a time `exp`.
pub(super) fn parse(text: &str) -> Result<Token, &'static str> {
    let parts: Vec<_> = text.split('.').collect();
    let [header, claims, signature] = parts[..] else {
        return Err("it has not three parts with a dot between them");
    };
    let decoded = |part: &str| {
        BASE64
            .decode(part)
            .map_err(|_| "a part of it is not Base64")
    };
    decoded(header)?;
    decoded(signature)?;
    let claims: Claims =
        serde_json::from_slice(&decoded(claims)?).map_err(|_| "its claims are not JSON")?;
    let expires = claims.exp.and_then(Timestamp::from_seconds);
    let subject = claims
        .sub
        .filter(|name| !name.is_empty() && !name.contains('\0'));
    Ok(Token {
        text: text.to_owned(),
        subject: subject.unwrap_or_else(|| NOBODY.to_owned()),
        expires: expires.ok_or("its claims do not say when it expires (`exp`)")?,
    })
}

/// A token with these claims that nobody signed.
#[cfg(test)]
pub(super) fn unsecured(claims: &str) -> String {
    let coded = |text: &str| BASE64.encode(text).trim_end_matches('=').to_owned();
    format!("{}.{}.", coded(r#"{"alg":"none"}"#), coded(claims))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_for_whom_it_stands_and_until_when() {
        let token = parse(&unsecured(r#"{"sub":"m","exp":1795423512.5,"aud":["k"]}"#)).unwrap();
        assert_eq!(token.subject, "m");
        assert_eq!(token.expires.as_micros(), 1_795_423_512_500_000);
        let nameless = parse(&unsecured(r#"{"exp":1795423512}"#)).unwrap();
        assert_eq!(nameless.subject, "mirrorwatch");
    }

    #[test]
    fn what_is_no_token_is_told_by_what_is_wrong_with_it() {
        let said = |text: &str| parse(text).err().unwrap_or_default();
        for text in ["", "opaque", "a.b", "a.b.c.d"] {
            assert!(said(text).contains("three parts"), "{text}");
        }
        assert!(said("e30.§.").contains("Base64"));
        assert!(said("e30.bm8.").contains("JSON"));
        assert!(said(&unsecured(r#"{"sub":"m"}"#)).contains("`exp`"));
        assert!(said(&unsecured(r#"{"sub":"m","exp":"soon"}"#)).contains("JSON"));
    }
}
