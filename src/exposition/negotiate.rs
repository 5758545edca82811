//! What a scraper accepts: `Accept` and `Accept-Encoding`, by RFC 9110 with Prometheus' own parameters.

use super::encode::Format;

/// The format to answer with: the acceptable one with the greatest `q`, the classic one if there is none (Prometheus
/// never answers 406). Of equals, the one that the scraper names first.
pub fn format(accept: Option<&str>) -> Format {
    let mut best = (Format::Classic, 0.0);
    for item in accept.unwrap_or_default().split(',') {
        if let Some(format) = named(item) {
            let quality = quality(item);
            if quality > best.1 {
                best = (format, quality);
            }
        }
    }
    best.0
}

fn named(item: &str) -> Option<Format> {
    let mut parts = item.split(';').map(str::trim);
    let media = parts.next()?.to_ascii_lowercase();
    let version = parts
        .find_map(|part| part.strip_prefix("version="))
        .map(|version| version.trim_matches('"'));
    match (media.as_str(), version) {
        ("application/openmetrics-text", None | Some("1.0.0" | "0.0.1")) => {
            Some(Format::OpenMetrics)
        }
        ("text/plain", None | Some("0.0.4")) | ("text/*" | "*/*", _) => Some(Format::Classic),
        _ => None,
    }
}

/// The escaping scheme of names that a scraper asks for. All of our names are legal without one, so that each scheme
/// gives the same page; but an answer of version 1.0.0 has to say which it is.
pub fn escaping(accept: Option<&str>) -> &'static str {
    let asked = accept
        .unwrap_or_default()
        .split([',', ';'])
        .find_map(|part| part.trim().strip_prefix("escaping="));
    match asked.map(|scheme| scheme.trim_matches('"')) {
        Some("allow-utf-8" | "allow-utf8") => "allow-utf-8",
        Some("dots") => "dots",
        Some("values") => "values",
        _ => "underscores",
    }
}

/// Whether the scraper takes gzip.
pub fn gzip(accept_encoding: Option<&str>) -> bool {
    accept_encoding.unwrap_or_default().split(',').any(|item| {
        let name = item.split(';').next().unwrap_or_default().trim();
        name.eq_ignore_ascii_case("gzip") && quality(item) > 0.0
    })
}

fn quality(item: &str) -> f64 {
    let weight = item
        .split(';')
        .find_map(|part| part.trim().strip_prefix("q="));
    weight.map_or(1.0, |weight| weight.trim().parse().unwrap_or(0.0))
}

#[test]
fn prometheus_2_and_3_get_open_metrics() {
    for accept in [
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    ] {
        assert_eq!(format(Some(accept)), Format::OpenMetrics);
    }
}

#[test]
fn whoever_names_nothing_that_we_have_gets_the_classic_format() {
    for accept in [
        None,
        Some(""),
        Some("text/html,*/*;q=0.8"),
        Some("image/png"),
        Some("text/plain;version=0.0.4,application/openmetrics-text;q=0"),
        Some(";;,q=x"),
    ] {
        assert_eq!(format(accept), Format::Classic, "{accept:?}");
    }
}

#[test]
fn gzip_is_used_only_where_it_is_welcome() {
    assert!(gzip(Some("deflate, gzip;q=0.5")));
    assert!(!gzip(Some("gzip;q=0, identity")));
    assert!(!gzip(Some("zstd")));
    assert!(!gzip(None));
}

#[test]
fn the_escaping_scheme_is_one_of_a_closed_set() {
    let prometheus_3 =
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,*/*;q=0.2";
    assert_eq!(escaping(Some(prometheus_3)), "allow-utf-8");
    assert_eq!(
        escaping(Some("text/plain;version=1.0.0; escaping=values")),
        "values"
    );
    for accept in [None, Some("*/*"), Some("*/*;escaping=x\r\nset-cookie: y")] {
        assert_eq!(escaping(accept), "underscores", "{accept:?}");
    }
}
