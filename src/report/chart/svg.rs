//! Writes SVG elements. Every text goes through here, and none is taken for markup.

use std::fmt::Write;

use crate::model::text::visible;
use crate::report::markup::escaped;

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A picture as it grows.
pub(super) struct Svg {
    body: String,
}

impl Svg {
    /// A picture with what is read out in its place.
    pub(super) fn new(width: f64, height: f64, title: &str, described: &str) -> Self {
        let (width, height) = (number(width), number(height));
        let (title, described) = (safe(title), safe(described));
        let mut svg = Self {
            body: String::new(),
        };
        svg.line_of(&format!(
            "<svg class=\"chart\" role=\"img\" viewBox=\"0 0 {width} {height}\">\n\
             <title>{title}</title>\n<desc>{described}</desc>\n\
             <defs><pattern id=\"chart-hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" \
             patternTransform=\"rotate(45)\"><path class=\"hatch\" d=\"M0 0V6\"/></pattern></defs>"
        ));
        svg
    }

    /// A rectangle; its title shows where a pointer rests on it.
    pub(super) fn area(&mut self, class: &str, area: Area, title: Option<&str>) {
        let Area {
            x,
            y,
            width,
            height,
        } = area;
        let [x, y, width, height] = [x, y, width, height].map(number);
        let place = format!("x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"");
        self.shape("rect", class, &place, title);
    }

    /// A path.
    pub(super) fn path(&mut self, class: &str, d: &str) {
        self.shape("path", class, &format!("d=\"{d}\""), None);
    }

    /// A straight line.
    pub(super) fn line(&mut self, class: &str, (x, y): (f64, f64), (to_x, to_y): (f64, f64)) {
        let [x, y, to_x, to_y] = [x, y, to_x, to_y].map(number);
        self.path(class, &format!("M{x} {y}L{to_x} {to_y}"));
    }

    /// A text whose beginning, middle or end is at a place, as its class has it.
    pub(super) fn text(&mut self, class: &str, (x, y): (f64, f64), text: &str) {
        let (x, y, text) = (number(x), number(y), safe(text));
        self.line_of(&format!(
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{text}</text>"
        ));
    }

    /// A name, cut where there is no room for it; then all of it shows where a pointer rests on it.
    pub(super) fn name(&mut self, class: &str, at: (f64, f64), name: &str, room: usize) {
        let shown = visible(name);
        if shown.chars().count() <= room {
            return self.text(class, at, &shown);
        }
        let cut: String = shown.chars().take(room.saturating_sub(1)).collect();
        let (x, y) = (number(at.0), number(at.1));
        let (cut, whole) = (escaped(&cut), escaped(&shown));
        self.line_of(&format!(
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{cut}…<title>{whole}</title></text>"
        ));
    }

    /// The picture.
    pub(super) fn close(mut self) -> String {
        self.line_of("</svg>");
        self.body
    }

    fn shape(&mut self, tag: &str, class: &str, place: &str, title: Option<&str>) {
        let line = match title.map(safe) {
            Some(title) => {
                format!("<{tag} class=\"{class}\" {place}><title>{title}</title></{tag}>")
            }
            None => format!("<{tag} class=\"{class}\" {place}/>"),
        };
        self.line_of(&line);
    }

    fn line_of(&mut self, text: &str) {
        writeln!(self.body, "{text}").expect("a string takes what is written to it");
    }
}

fn safe(text: &str) -> String {
    escaped(&visible(text))
}

/// How much room a text needs, more or less: which font it will have nobody knows.
pub(super) fn width(text: &str) -> f64 {
    6.4 * f64::from(u32::try_from(text.chars().count()).unwrap_or(u32::MAX))
}

/// A place or length: a tenth of a pixel is more than anyone sees.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    let short = text.strip_suffix(".0").unwrap_or(&text);
    match short {
        "-0" => "0".to_owned(),
        short => short.to_owned(),
    }
}

#[test]
fn a_place_has_no_more_digits_than_it_needs() {
    assert_eq!(
        [1.0, 1.25, -0.01, 912.96].map(number),
        ["1", "1.2", "0", "913"]
    );
}

#[test]
fn a_long_name_is_cut_and_still_told_whole() {
    let mut svg = Svg::new(1.0, 1.0, "t", "d");
    svg.name("n", (0.0, 0.0), "<abc>", 4);
    let page = svg.close();
    assert!(
        page.contains(">&lt;ab…<title>&lt;abc&gt;</title></text>"),
        "{page}"
    );
}
