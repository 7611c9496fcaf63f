//! Reads what somebody searches for: from a JSON object, or from a query string.

use std::borrow::Cow;

use serde_json::{Map, Value};
use url::form_urlencoded;

use super::{Criteria, Flag, KeywordField, KeywordMatch, MOST, Role, Search, SortField, SortKey, USUAL};
use crate::definition::Reference;
use crate::fields::{FieldError, Fields};
use crate::function::FunctionName;
use crate::name::{CustomerName, DomainName};

/// The most values of a criterion.
const MOST_VALUES: usize = 100;
/// The most sub-criteria.
const MOST_SUB_CRITERIA: usize = 20;

const KEYWORDS: &str = "keywords";
const SUB_CRITERIA: &str = "subCriteria";
const CUSTOMERS: &str = "must be ids or short names of customers";
const DOMAINS: &str = "must be ids or names of domains";
const FUNCTIONS: &str = "must be ids or names of functions";
const FLAGS: &str = "must be deleted or hidden";
const MATCHES: &str = "must be all or any";
const KEYWORD_FIELDS: &str = "must be id, shortName, name or all";
const SORT_KEYS: &str =
    "must be id, name, shortName, createdTimestamp or lastUpdatedTimestamp, or one of them after a -";
const TOO_MANY: &str = "must be at most 100 values";
const SUB_CRITERIA_EXPECTED: &str = "must be an array of at most 20 objects";

impl Search {
    /// Reads a search. Members that mean nothing to it are ignored.
    ///
    /// # Errors
    /// Everything that is wrong. A member of sub-criteria is named after them: `subCriteria[0].customer`.
    pub fn parse(object: &Map<String, Value>) -> Result<Self, Vec<FieldError>> {
        let mut fields = Fields::new(object);
        let criteria = Criteria::read(&mut fields);
        let sub_criteria = sub_criteria(&mut fields);
        let order = order(&mut fields);
        let limit = fields.number("limit").unwrap_or(USUAL).min(MOST);
        let offset = fields.number("offset").unwrap_or_default();
        fields.finish(Some(Self { criteria, sub_criteria, order, limit, offset }))
    }

    /// Reads a list's query string: `customer`, `domain`, `keywords` and `sortBy`, each any number of times, `limit` and `offset`. A
    /// value that is empty counts as absent.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn parse_query(query: &str) -> Result<Self, Vec<FieldError>> {
        let mut object = Map::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()).filter(|(_, value)| !value.is_empty()) {
            let value = Value::String(value.into_owned());
            match &*name {
                "customer" | "domain" | KEYWORDS | "sortBy" => {
                    let values = object.entry(name).or_insert_with(|| Value::Array(Vec::new()));
                    values.as_array_mut().into_iter().for_each(|values| values.push(value.clone()));
                }
                "limit" | "offset" => {
                    // The text itself is no number, and refused as none. So is whatever comes twice.
                    let digits = value.as_str().filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
                    let number = digits.and_then(|digits| digits.parse::<u64>().ok()).map(Value::from);
                    let number = number.filter(|_| !object.contains_key(&*name)).unwrap_or(value);
                    object.insert(name.into_owned(), number);
                }
                _ => {}
            }
        }
        Self::parse(&object)
    }
}

impl Criteria {
    fn read(fields: &mut Fields<'_>) -> Self {
        let keywords =
            values(fields, KEYWORDS, "must be an array of strings", |text| Some(text.to_lowercase()));
        Self {
            customers: references(fields, "customer", CUSTOMERS, CustomerName::parse),
            domains: references(fields, "domain", DOMAINS, DomainName::parse),
            functions: references(fields, "requiredFunction", FUNCTIONS, FunctionName::parse),
            keywords,
            keyword_match: fields
                .parsed("keywordMatchStrategy", MATCHES, KeywordMatch::parse)
                .unwrap_or_default(),
            keyword_fields: fields
                .parsed_all("keywordFieldStrategy", KEYWORD_FIELDS, KeywordField::parse)
                .unwrap_or_default(),
            include: fields.parsed_all("includeFlags", FLAGS, Flag::parse).unwrap_or_default(),
            exclude: fields.parsed_all("excludeFlags", FLAGS, Flag::parse).unwrap_or_default(),
        }
    }
}

/// Names and numbers. What a number names may have been removed: it is no mistake to look for it.
fn references<N, E>(
    fields: &mut Fields<'_>,
    field: &str,
    expected: &'static str,
    name: impl Fn(&str) -> Result<N, E>,
) -> Vec<Reference<N>> {
    values(fields, field, expected, |text| Reference::parse(text, &name))
}

/// An array of texts, or one text; a number counts as the text of it.
fn values<T>(
    fields: &mut Fields<'_>,
    field: &str,
    expected: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Vec<T> {
    let Some(value) = fields.value(field) else { return Vec::new() };
    let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    if values.len() > MOST_VALUES {
        fields.refuse(field, TOO_MANY);
        return Vec::new();
    }
    let read: Option<Vec<T>> = values.iter().map(|value| parse(&text(value)?)).collect();
    if read.is_none() {
        fields.refuse(field, expected);
    }
    read.unwrap_or_default()
}

fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        _ => None,
    }
}

fn order(fields: &mut Fields<'_>) -> Vec<SortKey> {
    values(fields, "sortBy", SORT_KEYS, SortKey::parse)
}

fn sub_criteria(fields: &mut Fields<'_>) -> Vec<(Role, Criteria)> {
    let Some(value) = fields.value(SUB_CRITERIA) else { return Vec::new() };
    let objects = value.as_array().filter(|objects| objects.len() <= MOST_SUB_CRITERIA);
    let objects: Option<Vec<_>> = objects.and_then(|objects| objects.iter().map(Value::as_object).collect());
    let Some(objects) = objects else {
        fields.refuse(SUB_CRITERIA, SUB_CRITERIA_EXPECTED);
        return Vec::new();
    };
    let mut read = Vec::new();
    for (index, object) in objects.into_iter().enumerate() {
        match sub_criterion(object) {
            Ok(sub) => read.push(sub),
            Err(errors) => errors.into_iter().for_each(|FieldError { field, message }| {
                fields.refuse(&format!("{SUB_CRITERIA}[{index}].{field}"), message);
            }),
        }
    }
    read
}

fn sub_criterion(object: &Map<String, Value>) -> Result<(Role, Criteria), Vec<FieldError>> {
    let mut fields = Fields::new(object);
    let criteria = Criteria::read(&mut fields);
    let (excluded, required) = (fields.flag("exclude"), fields.flag("required"));
    // What is required not to match is excluded.
    let role = match (excluded, required) {
        (Some(true), _) => Role::Excluded,
        (_, Some(true)) => Role::Required,
        _ => Role::Alternative,
    };
    fields.finish(Some((role, criteria)))
}

impl Flag {
    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "deleted" => Self::Deleted,
            "hidden" => Self::Hidden,
            _ => return None,
        })
    }
}

impl KeywordField {
    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "id" => Self::Id,
            "shortName" => Self::ShortName,
            "name" => Self::Name,
            "all" => Self::All,
            _ => return None,
        })
    }
}

impl KeywordMatch {
    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "all" => Self::All,
            "any" => Self::Any,
            _ => return None,
        })
    }
}

impl SortKey {
    fn parse(word: &str) -> Option<Self> {
        let (descending, word) = word.strip_prefix('-').map_or((false, word), |word| (true, word));
        let field = match word {
            "id" => SortField::Id,
            "name" => SortField::Name,
            "shortName" => SortField::ShortName,
            "createdTimestamp" => SortField::CreatedAt,
            "lastUpdatedTimestamp" => SortField::UpdatedAt,
            _ => return None,
        };
        Some(Self { field, descending })
    }
}
