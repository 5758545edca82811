//! `docs/report.schema.json` holds for every judgement, and says no to what is none. The checker knows as much of JSON Schema as the file uses.

use std::fs;
use std::path::Path;

use mirrorwatch::recovery::judgement::Judgement;
use mirrorwatch::report::json;
use serde_json::{Map, Value};

use crate::grids::{cut, lost_worker};
use crate::judgements::{fail, inconclusive, invalid, loss, pass};
use crate::plan::every_scenario;

struct Schema {
    root: Value,
}

impl Schema {
    fn read() -> Self {
        let text = fs::read_to_string("docs/report.schema.json").unwrap();
        Self {
            root: serde_json::from_str(&text).unwrap(),
        }
    }

    fn holds(&self, document: &Value) -> Result<(), String> {
        self.check(&self.root, document, "")
    }

    fn check(&self, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
        let schema = schema.as_object().unwrap();
        for (keyword, told) in schema {
            let held = match keyword.as_str() {
                "$schema" | "$defs" | "title" | "description" | "required" => Ok(()),
                "$ref" => self.check(self.defined(told), value, at),
                "type" => of_type(told, value).then_some(()).ok_or_else(String::new),
                "const" => (told == value).then_some(()).ok_or_else(String::new),
                "enum" => {
                    let known = told.as_array().unwrap().contains(value);
                    known.then_some(()).ok_or_else(String::new)
                }
                "minimum" => {
                    let enough = value.as_f64() >= told.as_f64();
                    enough.then_some(()).ok_or_else(String::new)
                }
                "oneOf" => self.one_of(told, value, at),
                "items" => self.each(value, at, |_| Some(told)),
                "prefixItems" => self.each(value, at, |place| told.get(place)),
                "minItems" | "maxItems" => {
                    let length = value.as_array().map_or(0, Vec::len) as u64;
                    let bound = told.as_u64().unwrap();
                    let held = if keyword == "minItems" {
                        length >= bound
                    } else {
                        length <= bound
                    };
                    held.then_some(()).ok_or_else(String::new)
                }
                "properties" | "additionalProperties" => self.object(schema, value, at),
                other => panic!("the checker does not know `{other}`"),
            };
            held.map_err(|why| match why.as_str() {
                "" => format!("{at}: {keyword} {told} does not hold for {value}"),
                _ => why,
            })?;
        }
        Ok(())
    }

    fn defined(&self, reference: &Value) -> &Value {
        let name = reference.as_str().unwrap().strip_prefix("#").unwrap();
        self.root.pointer(name).unwrap()
    }

    fn one_of(&self, schemas: &Value, value: &Value, at: &str) -> Result<(), String> {
        let schemas = schemas.as_array().unwrap().iter();
        let held = schemas.filter(|schema| self.check(schema, value, at).is_ok());
        let held = held.count();
        (held == 1)
            .then_some(())
            .ok_or_else(|| format!("{at}: {held} of the forms hold for {value}"))
    }

    fn each<'a>(
        &'a self,
        value: &Value,
        at: &str,
        schema: impl Fn(usize) -> Option<&'a Value>,
    ) -> Result<(), String> {
        let items = value.as_array().into_iter().flatten().enumerate();
        for (place, item) in items {
            if let Some(schema) = schema(place) {
                self.check(schema, item, &format!("{at}/{place}"))?;
            }
        }
        Ok(())
    }

    fn object(&self, schema: &Map<String, Value>, value: &Value, at: &str) -> Result<(), String> {
        let Some(object) = value.as_object() else {
            return Ok(());
        };
        let required = schema.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten() {
            if !object.contains_key(name.as_str().unwrap()) {
                return Err(format!("{at}: {name} is missing"));
            }
        }
        for (name, value) in object {
            let known = schema.get("properties").and_then(|all| all.get(name));
            let other = schema.get("additionalProperties");
            match known.or(other) {
                Some(Value::Bool(false)) => return Err(format!("{at}: {name} is unknown")),
                Some(schema) => self.check(schema, value, &format!("{at}/{name}"))?,
                None => {}
            }
        }
        Ok(())
    }
}

fn of_type(name: &Value, value: &Value) -> bool {
    match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        other => panic!("the checker does not know the type `{other}`"),
    }
}

fn document(judgement: &Judgement) -> Value {
    let mut text = Vec::new();
    json::write(&mut text, judgement).unwrap();
    serde_json::from_slice(&text).unwrap()
}

#[test]
fn every_judgement_has_the_form_of_the_schema() {
    let schema = Schema::read();
    let made = [
        pass(),
        fail(),
        loss(),
        invalid(),
        inconclusive(),
        lost_worker(),
        cut(),
    ];
    for judgement in made.iter().chain(&every_scenario()) {
        let held = schema.holds(&document(judgement));
        assert_eq!(held, Ok(()), "{}", judgement.scenario);
    }
}

#[test]
fn every_kept_judgement_has_the_form_of_the_schema() {
    let schema = Schema::read();
    let runs = fs::read_dir("lab/runs").unwrap();
    let reports = runs.map(|run| run.unwrap().path().join("evidence/report.json"));
    let reports: Vec<_> = reports
        .filter(|path: &std::path::PathBuf| path.is_file())
        .collect();
    assert!(!reports.is_empty());
    for path in reports {
        assert_eq!(schema.holds(&read(&path)), Ok(()), "{}", path.display());
    }
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn what_is_no_judgement_is_refused_and_the_place_is_named() {
    let schema = Schema::read();
    let refused = |change: fn(&mut Value)| {
        let mut document = document(&lost_worker());
        change(&mut document);
        schema.holds(&document).unwrap_err()
    };
    let missing = refused(|document| {
        document.as_object_mut().unwrap().remove("site");
    });
    assert_eq!(missing, ": \"site\" is missing");
    let unknown = refused(|document| document["zero"]["skewed"] = Value::Null);
    assert!(unknown.starts_with("/zero: 0 of the forms"), "{unknown}");
    let verdict = refused(|document| document["criteria"][0]["verdict"] = "SKIPPED".into());
    assert!(
        verdict.starts_with("/criteria/0/verdict: enum"),
        "{verdict}"
    );
    let half = refused(|document| document["sampling"]["scrapes"] = (-1).into());
    assert!(half.starts_with("/sampling/scrapes: minimum"), "{half}");
    let format = refused(|document| document["format"] = 2.into());
    assert!(format.starts_with("/format: const"), "{format}");
}
