//! The attributes of one MBean.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::model::jmx::{Bean, JmxKind};

/// What was read of one MBean.
#[derive(Debug, Default)]
pub(super) struct Slots {
    /// Numbers by the place of their row.
    pub(super) numbers: Vec<(usize, f64)>,
    /// Texts in the order of their rows.
    pub(super) texts: Vec<String>,
}

/// Reads the attributes of an MBean of this group; `None` if there is something else in their place.
pub(super) struct Read(pub(super) &'static Bean);

impl<'de> DeserializeSeed<'de> for Read {
    type Value = Option<Slots>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let mut slots = Slots {
            numbers: Vec::with_capacity(self.0.attributes.len()),
            texts: vec![String::new(); self.0.texts().count()],
        };
        let target = Attributes {
            bean: self.0,
            parent: None,
            slots: &mut slots,
        };
        let is_map = deserializer.deserialize_any(target)?;
        Ok(is_map.then_some(slots))
    }
}

/// A map of attributes, or of the parts of one.
struct Attributes<'s, 'p> {
    bean: &'static Bean,
    parent: Option<&'p str>,
    slots: &'s mut Slots,
}

impl Attributes<'_, '_> {
    /// The row of the attribute, or of the part of the parent.
    fn row(&self, name: &str) -> Option<usize> {
        let rows = self.bean.attributes.iter();
        rows.map(|row| row.name).position(|row| match self.parent {
            None => row == name,
            Some(parent) => {
                row.strip_prefix(parent)
                    .and_then(|rest| rest.strip_prefix('.'))
                    == Some(name)
            }
        })
    }

    fn put(&mut self, row: usize, scalar: Scalar<'_>) {
        match (self.bean.attributes[row].kind, scalar) {
            (JmxKind::Text, Scalar::Text(text)) => {
                let slot = self.bean.texts().position(|(index, _)| index == row);
                if let Some(slot) = slot {
                    self.slots.texts[slot] = text.into_owned();
                }
            }
            (JmxKind::Text, _) | (_, Scalar::None) => {}
            (_, Scalar::Number(number)) => self.number(row, number),
            // Agents may be set to send long numbers as text.
            (_, Scalar::Text(text)) => {
                if let Ok(number) = text.parse() {
                    self.number(row, number);
                }
            }
        }
    }

    /// Of two values for one attribute the last one counts, as in most readers of JSON.
    fn number(&mut self, row: usize, number: f64) {
        if !number.is_finite() {
            return;
        }
        match self
            .slots
            .numbers
            .iter_mut()
            .find(|(index, _)| *index == row)
        {
            Some((_, value)) => *value = number,
            None => self.slots.numbers.push((row, number)),
        }
    }
}

impl<'de> Visitor<'de> for Attributes<'_, '_> {
    /// Whether there was a map.
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("attributes by their names")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut attributes: A) -> Result<bool, A::Error> {
        while let Some(name) = attributes.next_key::<Cow<'_, str>>()? {
            match self.row(&name) {
                Some(row) => {
                    let scalar = attributes.next_value_seed(AnyScalar)?;
                    self.put(row, scalar);
                }
                None if self.parent.is_none() => {
                    let parts = Parts {
                        bean: self.bean,
                        parent: &name,
                        slots: self.slots,
                    };
                    attributes.next_value_seed(parts)?;
                }
                None => {
                    attributes.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(true)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<bool, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(false)
    }

    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_bool<E>(self, _: bool) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_i64<E>(self, _: i64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_u64<E>(self, _: u64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_f64<E>(self, _: f64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_str<E>(self, _: &str) -> Result<bool, E> {
        Ok(false)
    }
}

/// What stands for an attribute that has no row of its own: maybe a composite one, whose parts have.
struct Parts<'s, 'p> {
    bean: &'static Bean,
    parent: &'p str,
    slots: &'s mut Slots,
}

impl<'de> DeserializeSeed<'de> for Parts<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let target = Attributes {
            bean: self.bean,
            parent: Some(self.parent),
            slots: self.slots,
        };
        deserializer.deserialize_any(target).map(|_| ())
    }
}

/// One value, whatever it is.
enum Scalar<'de> {
    Number(f64),
    Text(Cow<'de, str>),
    None,
}

struct AnyScalar;

impl<'de> DeserializeSeed<'de> for AnyScalar {
    type Value = Scalar<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Scalar<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AnyScalar {
    type Value = Scalar<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Scalar::Number(number))
    }

    #[expect(clippy::cast_precision_loss, reason = "Prometheus has doubles")]
    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Scalar::Number(number as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "Prometheus has doubles")]
    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Scalar::Number(number as f64))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Scalar::Number(f64::from(u8::from(flag))))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Scalar::None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::None)
    }
}
