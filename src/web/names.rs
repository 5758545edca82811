//! Go's names of TLS versions, cipher suites and curves, with those that rustls has.

use rustls::crypto::SupportedKxGroup;
use rustls::crypto::aws_lc_rs::{cipher_suite as suite, kx_group};
use rustls::{SupportedCipherSuite, SupportedProtocolVersion};

/// What a name stands for.
pub(super) enum Named<T> {
    /// rustls has it.
    Here(T),
    /// Go has it, rustls does not, as it is weak or slow.
    Elsewhere,
    /// Nobody has it.
    Nowhere,
}

/// The TLS version of a name.
pub(super) fn version(name: &str) -> Named<&'static SupportedProtocolVersion> {
    match name {
        "TLS13" => Named::Here(&rustls::version::TLS13),
        "TLS12" => Named::Here(&rustls::version::TLS12),
        "TLS11" | "TLS10" => Named::Elsewhere,
        _ => Named::Nowhere,
    }
}

/// The cipher suite of a name.
pub(super) fn cipher_suite(name: &str) -> Named<SupportedCipherSuite> {
    Named::Here(match name {
        "TLS_AES_128_GCM_SHA256" => suite::TLS13_AES_128_GCM_SHA256,
        "TLS_AES_256_GCM_SHA384" => suite::TLS13_AES_256_GCM_SHA384,
        "TLS_CHACHA20_POLY1305_SHA256" => suite::TLS13_CHACHA20_POLY1305_SHA256,
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" => suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384" => suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256" => {
            suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
        }
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" => suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" => suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256" => {
            suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
        }
        name if GO_SUITES.contains(&name) => return Named::Elsewhere,
        _ => return Named::Nowhere,
    })
}

/// What Go's `tls.CipherSuites()` has more: suites in CBC mode, and those without forward secrecy.
const GO_SUITES: &[&str] = &[
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
];

/// The curve of a name.
pub(super) fn curve(name: &str) -> Named<&'static dyn SupportedKxGroup> {
    match name {
        "CurveP256" => Named::Here(kx_group::SECP256R1),
        "CurveP384" => Named::Here(kx_group::SECP384R1),
        "X25519" => Named::Here(kx_group::X25519),
        "CurveP521" => Named::Elsewhere,
        _ => Named::Nowhere,
    }
}
