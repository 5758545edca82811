//! Jolokia's answers to a bulk read, of every shape, into the model, in one pass and without a tree in between: the
//! answer of a worker with 10,000 partitions is 10 MiB.
//!
//! An item is a map of attributes, or (for a pattern) a map of object names to maps of attributes. NaN and the
//! infinities come as `null` or as text, an attribute that throws as text or as an object: all of them are absent.
//! A pattern that matches nothing is answered with 404: no MBean, no error.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use super::Error;
use super::labels::{Place, Places};
use super::topics;
use super::value::{Read, Slots};
use crate::model::flow::Flow;
use crate::model::jmx::{BEANS, Bean, JmxSample, JmxText, JmxView};

/// Least bytes that a sample takes in an answer, with its share of the object name.
const BYTES_PER_SAMPLE: usize = 32;

/// The view that `body` holds. `flows` name the source where an MBean does not.
pub fn view(body: &[u8], flows: &[Flow]) -> Result<JmxView, Error> {
    let mut reader = Reader {
        places: Places::new(flows),
        view: JmxView {
            // Room for all of them: growing by doubling takes three times what is kept.
            samples: Vec::with_capacity(body.len() / BYTES_PER_SAMPLE),
            ..JmxView::default()
        },
        items: 0,
        is_refused: false,
    };
    let mut json = serde_json::Deserializer::from_slice(body);
    let read = Items(&mut reader)
        .deserialize(&mut json)
        .and_then(|()| json.end());
    read.map_err(|error| Error::Malformed {
        line: error.line(),
        column: error.column(),
    })?;
    let asked = BEANS.len() + 1;
    match &reader.view.refusal {
        Some(reason) if reader.is_refused => Err(unreadable(&reader.view, reason)),
        _ if reader.items != asked => Err(Error::Count {
            got: reader.items,
            asked,
        }),
        // The new names are asked for besides, and refused with the others.
        Some(reason) if reader.view.refused.len() == BEANS.len() => {
            Err(unreadable(&reader.view, reason))
        }
        _ => {
            topics::settle(&mut reader.view, flows);
            Ok(reader.view)
        }
    }
}

/// Nothing could be read of this answer, for this reason.
fn unreadable(view: &JmxView, reason: &str) -> Error {
    if view.is_forbidden {
        Error::Forbidden(reason.to_owned())
    } else {
        Error::Refused(reason.to_owned())
    }
}

/// The status of what an agent's policy forbids.
const FORBIDDEN: u16 = 403;

/// Why something was refused: the type of the error, and the remedy where that is known.
fn told(status: u16, error_type: Option<String>) -> String {
    let reason = error_type.unwrap_or_else(|| "error".to_owned());
    let advice = match status {
        FORBIDDEN => {
            "; the agent's policy forbids it, docs/jolokia-access.xml is one that does not"
        }
        _ if reason.ends_with("NumberFormatException") => {
            "; agents 2.4.0 to 2.4.3 cannot answer NaN, use 2.5.0 or later"
        }
        _ => "",
    };
    format!("{reason}, status {status}{advice}")
}

/// What is read so far.
struct Reader<'f> {
    places: Places<'f>,
    view: JmxView,
    items: usize,
    /// Whether there is one refusal in place of the answers.
    is_refused: bool,
}

impl Reader<'_> {
    /// An item has ended with `status`; what came of it since `before` counts only if it is 200.
    fn ended(
        &mut self,
        bean: Option<&'static Bean>,
        status: u16,
        reason: Option<String>,
        before: (usize, usize),
    ) {
        if status != 200 {
            self.view.samples.truncate(before.0);
            self.view.texts.truncate(before.1);
        }
        let is_empty = status == 404 && bean.is_none_or(Bean::is_pattern);
        if let (Some(bean), false, false) = (bean, status == 200, is_empty) {
            self.view.refused.push(bean.name);
            // An MBean that is not there is the least of what may be wrong, a policy that forbids one the worst.
            let is_worse = status != 404 || self.view.refusal.is_none();
            if is_worse && !self.view.is_forbidden {
                self.view.refusal = Some(told(status, reason));
            }
            self.view.is_forbidden |= status == FORBIDDEN;
        }
    }

    /// What was read of one MBean.
    fn take(&mut self, bean: usize, labels: &Arc<[String]>, slots: Slots) {
        let rows = BEANS[bean].attributes;
        for (attribute, value) in slots.numbers {
            self.view.samples.push(JmxSample {
                bean,
                attribute,
                labels: Arc::clone(labels),
                value: value * rows[attribute].scale,
            });
        }
        if slots.texts.iter().any(|text| !text.is_empty()) {
            self.view.texts.push(JmxText {
                bean,
                labels: Arc::clone(labels),
                texts: slots.texts,
            });
        }
    }
}

/// The whole answer.
struct Items<'r, 'f>(&'r mut Reader<'f>);

impl<'de> DeserializeSeed<'de> for Items<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Items<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of answers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Item(self.0))?.is_some() {
            self.0.items += 1;
        }
        Ok(())
    }

    /// One answer to all questions is a refusal: of the address, the method or the whole request.
    fn visit_map<A: MapAccess<'de>>(self, mut item: A) -> Result<(), A::Error> {
        let (mut status, mut reason) = (None, None);
        while let Some(key) = item.next_key::<Cow<'_, str>>()? {
            match &*key {
                "status" => status = Some(item.next_value::<u16>()?),
                "error_type" => reason = item.next_value()?,
                _ => {
                    item.next_value::<IgnoredAny>()?;
                }
            }
        }
        let status = status.ok_or_else(|| A::Error::missing_field("status"))?;
        self.0.view.refusal = Some(told(status, reason));
        self.0.view.is_forbidden = status == FORBIDDEN;
        self.0.is_refused = true;
        Ok(())
    }
}

/// One answer; which one, the number of those before says.
struct Item<'r, 'f>(&'r mut Reader<'f>);

impl<'de> DeserializeSeed<'de> for Item<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Item<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an answer with its status")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut item: A) -> Result<(), A::Error> {
        let reader = self.0;
        let (index, before) = (
            reader.items,
            (reader.view.samples.len(), reader.view.texts.len()),
        );
        let (mut status, mut reason) = (0, None);
        while let Some(key) = item.next_key::<Cow<'_, str>>()? {
            match &*key {
                "status" => status = item.next_value()?,
                "error_type" => reason = item.next_value()?,
                "value" => match BEANS.get(index) {
                    Some(bean) if !bean.is_pattern() => {
                        let slots = item.next_value_seed(Read(bean))?;
                        reader.take(index, &Arc::from([]), slots.unwrap_or_default());
                    }
                    // Behind the catalogue stand the names of Kafka 4.3 and later.
                    _ => item.next_value_seed(Beans {
                        reader,
                        asked: index,
                    })?,
                },
                _ => {
                    item.next_value::<IgnoredAny>()?;
                }
            }
        }
        reader.ended(BEANS.get(index).copied(), status, reason, before);
        Ok(())
    }
}

/// The MBeans that a pattern matched.
struct Beans<'r, 'f> {
    reader: &'r mut Reader<'f>,
    asked: usize,
}

impl<'de> DeserializeSeed<'de> for Beans<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Beans<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MBeans by their names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut beans: A) -> Result<(), A::Error> {
        while let Some(name) = beans.next_key::<Cow<'_, str>>()? {
            let Some(Place { bean, labels }) = self.reader.places.of(self.asked, &name) else {
                beans.next_value::<IgnoredAny>()?;
                continue;
            };
            if let Some(slots) = beans.next_value_seed(Read(BEANS[bean]))? {
                self.reader.take(bean, &labels, slots);
            }
        }
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
