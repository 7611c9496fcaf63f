//! Which clients match, in what order, and which part of them comes.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Builder;

use super::{Candidate, MOST, Search, USUAL};
use crate::customer::{CustomerName, DomainName};
use crate::function::FunctionName;
use crate::id::{ClientId, Number};
use crate::time::UnixTime;

/// A client, as somebody remembers it who lists several.
#[derive(Clone, Debug)]
struct Owned {
    id: ClientId,
    short_name: String,
    name: String,
    customer: Option<(CustomerName, Option<Number>)>,
    domain: (DomainName, Option<Number>),
    required_function: Option<(FunctionName, Option<Number>)>,
    hidden: bool,
    deleted: bool,
    created_at: UnixTime,
    updated_at: UnixTime,
}

impl Owned {
    fn new(number: u8, short_name: &str, name: &str) -> Self {
        Self {
            id: ClientId::try_from(Builder::from_random_bytes([number; 16]).into_uuid()).unwrap(),
            short_name: short_name.to_owned(),
            name: name.to_owned(),
            customer: None,
            domain: (DomainName::default(), Some(Number::fixed(1))),
            required_function: None,
            hidden: false,
            deleted: false,
            created_at: UnixTime(u64::from(number)),
            updated_at: UnixTime(1000 - u64::from(number)),
        }
    }

    fn of(self, customer: &str, function: &str) -> Self {
        Self {
            customer: Some((CustomerName::parse(customer).unwrap(), Some(Number::fixed(2001)))),
            required_function: Some((FunctionName::parse(function).unwrap(), Some(Number::fixed(3001)))),
            ..self
        }
    }

    fn candidate(&self) -> Candidate<'_> {
        Candidate {
            id: self.id,
            short_name: &self.short_name,
            name: &self.name,
            customer: self.customer.as_ref().map(|(name, number)| (name, *number)),
            domain: (&self.domain.0, self.domain.1),
            required_function: self.required_function.as_ref().map(|(name, number)| (name, *number)),
            hidden: self.hidden,
            deleted: self.deleted,
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }
}

/// Four clients to find: two of a customer's, a hidden one and a deleted one.
fn four() -> Vec<Owned> {
    let lab = (DomainName::parse("lab").unwrap(), Some(Number::fixed(1009)));
    vec![
        Owned::new(1, "notes", "Zettel").of("mine", "reader"),
        Owned { domain: lab, ..Owned::new(2, "Archive", "notes of old").of("mine", "writer") },
        Owned { hidden: true, ..Owned::new(3, "secret", "Beta") },
        Owned { deleted: true, ..Owned::new(4, "gone", "alpha").of("other", "reader") },
    ]
}

fn parse(object: &Value) -> Search {
    Search::parse(object.as_object().unwrap()).unwrap()
}

/// The short names of the four that a search finds.
fn found(object: &Value) -> Vec<String> {
    let four = four();
    let found = parse(object).find(four.iter().map(Owned::candidate));
    found.page.into_iter().map(|client| client.short_name.to_owned()).collect()
}

#[test]
fn each_criterion_selects_and_any_of_its_values_will_do() {
    for (search, expected) in [
        (json!({}), &["Archive", "notes"][..]),
        (json!({"customer": ["mine"]}), &["Archive", "notes"]),
        (json!({"customer": "2001"}), &["Archive", "notes"]),
        (json!({"customer": [2001, "nobody"]}), &["Archive", "notes"]),
        (json!({"customer": ["other"]}), &[]),
        (json!({"customer": []}), &["Archive", "notes"]),
        (json!({"domain": ["lab"]}), &["Archive"]),
        (json!({"domain": ["1"]}), &["notes"]),
        (json!({"domain": ["lab", "DEFAULT"]}), &["Archive", "notes"]),
        (json!({"requiredFunction": ["writer"]}), &["Archive"]),
        (json!({"requiredFunction": ["3001"]}), &["Archive", "notes"]),
        (json!({"requiredFunction": ["Writer"]}), &[]),
        (json!({"customer": ["mine"], "requiredFunction": ["reader"]}), &["notes"]),
        (json!({"includeFlags": ["hidden"]}), &["secret"]),
        (json!({"includeFlags": ["deleted"]}), &["gone"]),
        (json!({"includeFlags": ["deleted", "hidden"]}), &[]),
        (json!({"includeFlags": ["hidden"], "excludeFlags": ["hidden"]}), &[]),
        (json!({"excludeFlags": ["deleted"]}), &["Archive", "notes"]),
    ] {
        assert_eq!(found(&search), expected, "{search}");
    }
}

#[test]
fn keywords_are_parts_of_what_is_searched() {
    let id = four()[0].id.to_string();
    for (search, expected) in [
        (json!({"keywords": ["notes"]}), &["Archive", "notes"][..]),
        (json!({"keywords": ["NOTE"]}), &["Archive", "notes"]),
        (json!({"keywords": ["notes", "old"]}), &["Archive"]),
        (json!({"keywords": ["notes", "old"], "keywordMatchStrategy": "all"}), &["Archive"]),
        (json!({"keywords": ["zett", "old"], "keywordMatchStrategy": "any"}), &["Archive", "notes"]),
        (json!({"keywords": ["notes"], "keywordFieldStrategy": ["name"]}), &["Archive"]),
        (json!({"keywords": ["notes"], "keywordFieldStrategy": ["shortName"]}), &["notes"]),
        (
            json!({"keywords": ["notes"], "keywordFieldStrategy": ["shortName", "name"]}),
            &["Archive", "notes"],
        ),
        (json!({"keywords": ["notes"], "keywordFieldStrategy": ["id", "all"]}), &["Archive", "notes"]),
        (json!({"keywords": ["notes"], "keywordFieldStrategy": ["id"]}), &[]),
        (json!({"keywords": [id.split('-').next()], "keywordFieldStrategy": ["id"]}), &["notes"]),
        (json!({"keywords": [id.to_uppercase()]}), &["notes"]),
        (json!({"keywords": ["secret"]}), &[]),
    ] {
        assert_eq!(found(&search), expected, "{search}");
    }
}

#[test]
fn sub_criteria_add_exclude_or_are_alternatives() {
    let hidden = json!({"includeFlags": ["hidden"]});
    for (subs, expected) in [
        (json!([]), &["Archive", "notes"][..]),
        (json!([{"keywords": ["zettel"]}]), &["notes"]),
        (json!([{"keywords": ["zettel"]}, {"domain": ["lab"]}]), &["Archive", "notes"]),
        (json!([{"domain": ["lab"], "exclude": true}]), &["notes"]),
        (json!([{"domain": ["lab"], "exclude": true, "required": true}]), &["notes"]),
        (json!([{"domain": ["lab"], "required": true}]), &["Archive"]),
        (json!([{"domain": ["lab"], "required": true}, {"keywords": ["zettel"], "required": true}]), &[]),
        (
            json!([{"customer": ["mine"], "required": true}, {"keywords": ["zettel"]}, {"keywords": ["x"]}]),
            &["notes"],
        ),
        (json!([&hidden]), &["secret"]),
        (json!([&hidden, {"excludeFlags": ["hidden"]}]), &["Archive", "notes", "secret"]),
        (json!([{"includeFlags": ["hidden"], "exclude": true}]), &["Archive", "notes"]),
    ] {
        assert_eq!(found(&json!({"subCriteria": subs})), expected, "{subs}");
    }
    // What is excluded stays out, whatever else asks for it.
    let search = json!({"customer": ["mine"], "subCriteria": [{"exclude": true}]});
    assert_eq!(found(&search), Vec::<String>::new());
}

#[test]
fn clients_are_sorted_by_one_key_after_the_other() {
    let mut all = four();
    all.iter_mut().for_each(|client| (client.hidden, client.deleted) = (false, false));
    all.push(Owned { created_at: UnixTime(1), ..Owned::new(5, "ARCHIVE", "Alpha") });
    let sorted = |order: Value| -> Vec<String> {
        let found = parse(&json!({"sortBy": order})).find(all.iter().map(Owned::candidate));
        found.page.into_iter().map(|client| client.short_name.to_owned()).collect()
    };
    for (order, expected) in [
        (json!([]), ["ARCHIVE", "Archive", "gone", "notes", "secret"]),
        (json!("shortName"), ["ARCHIVE", "Archive", "gone", "notes", "secret"]),
        (json!(["-shortName"]), ["secret", "notes", "gone", "Archive", "ARCHIVE"]),
        (json!(["id"]), ["notes", "Archive", "secret", "gone", "ARCHIVE"]),
        (json!(["-id"]), ["ARCHIVE", "gone", "secret", "Archive", "notes"]),
        (json!(["name"]), ["ARCHIVE", "gone", "secret", "Archive", "notes"]),
        (json!(["-name"]), ["notes", "Archive", "secret", "gone", "ARCHIVE"]),
        (json!(["createdTimestamp"]), ["ARCHIVE", "notes", "Archive", "secret", "gone"]),
        (json!(["createdTimestamp", "-shortName"]), ["notes", "ARCHIVE", "Archive", "secret", "gone"]),
        (json!(["-createdTimestamp", "id"]), ["gone", "secret", "Archive", "notes", "ARCHIVE"]),
        (json!(["lastUpdatedTimestamp"]), ["ARCHIVE", "gone", "secret", "Archive", "notes"]),
        (json!(["-lastUpdatedTimestamp"]), ["notes", "Archive", "secret", "gone", "ARCHIVE"]),
    ] {
        assert_eq!(sorted(order.clone()), expected, "{order}");
    }
}

#[test]
fn a_query_string_says_the_same_as_an_object() {
    for (query, object) in [
        ("", json!({})),
        ("customer=mine&customer=2001&domain=lab", json!({"customer": ["mine", "2001"], "domain": ["lab"]})),
        ("keywords=of+old&keywords=n%C3%B6tes", json!({"keywords": ["of old", "nötes"]})),
        (
            "sortBy=-name&sortBy=id&limit=7&offset=3",
            json!({"sortBy": ["-name", "id"], "limit": 7, "offset": 3}),
        ),
        ("customer=&limit=&unknown=1", json!({})),
        // Only a search knows these.
        ("includeFlags=hidden&requiredFunction=reader&subCriteria=1", json!({})),
    ] {
        assert_eq!(Search::parse_query(query).unwrap(), parse(&object), "{query}");
    }
    let usual = parse(&json!({}));
    assert_eq!((usual.limit, usual.offset), (USUAL, 0));
    assert_eq!(parse(&json!({"limit": 1_000_000_000_u64})).limit, MOST);
}

#[test]
fn everything_that_is_wrong_is_said() {
    let named = |errors: Vec<crate::fields::FieldError>| -> Vec<String> {
        errors.into_iter().map(|error| error.field).collect()
    };
    for query in ["limit=x", "limit=-1", "limit=1.5", "limit=%2B1", "limit=1&limit=1", "limit=1&limit=x"] {
        assert_eq!(named(Search::parse_query(query).unwrap_err()), ["limit"], "{query}");
    }
    assert_eq!(
        named(Search::parse_query("offset=no&customer=two+words&sortBy=age").unwrap_err()),
        ["customer", "sortBy", "offset"]
    );
    let object = json!({
        "customer": ["a/b"],
        "domain": [{}],
        "requiredFunction": true,
        "keywords": [["a"]],
        "keywordMatchStrategy": "some",
        "keywordFieldStrategy": ["shortname"],
        "includeFlags": ["requireSameClientIP"],
        "excludeFlags": [1],
        "subCriteria": [{"customer": ["a/b"]}, {"exclude": "yes", "domain": ["?"]}],
        "sortBy": ["--name"],
        "limit": "10",
        "offset": -1,
    });
    let expected = [
        "keywords",
        "customer",
        "domain",
        "requiredFunction",
        "keywordMatchStrategy",
        "keywordFieldStrategy",
        "includeFlags",
        "excludeFlags",
        "subCriteria[0].customer",
        "subCriteria[1].domain",
        "subCriteria[1].exclude",
        "sortBy",
        "limit",
        "offset",
    ];
    assert_eq!(named(Search::parse(object.as_object().unwrap()).unwrap_err()), expected);
    let many = |what: Value, count: usize| Value::from(vec![what; count]);
    for (object, fine) in [
        (json!({"keywords": many(json!("a"), 100)}), true),
        (json!({"keywords": many(json!("a"), 101)}), false),
        (json!({"subCriteria": many(json!({}), 20)}), true),
        (json!({"subCriteria": many(json!({}), 21)}), false),
        (json!({"subCriteria": {}}), false),
        (json!({"subCriteria": ["a"]}), false),
    ] {
        assert_eq!(Search::parse(object.as_object().unwrap()).is_ok(), fine);
    }
}

/// Name, customer, whether it is hidden and deleted, and when it was made and changed.
type Drawn = (String, u8, bool, bool, u64, u64);

/// Any clients, each under a short name of its own.
fn clients() -> impl Strategy<Value = Vec<Owned>> {
    let client = ("[a-cA-C]{0,3}", 0..3u8, any::<bool>(), any::<bool>(), 0..4u64, 0..4u64);
    prop::collection::vec(client, 0..12).prop_map(|all| {
        let numbered = all.into_iter().zip(0..);
        let client = |((name, customer, hidden, deleted, created_at, updated_at), number): (Drawn, u8)| {
            let plain = Owned::new(number, &format!("client{number}"), &name);
            let bound = match customer {
                0 => plain,
                1 => plain.of("mine", "reader"),
                _ => plain.of("other", "writer"),
            };
            let (created_at, updated_at) = (UnixTime(created_at), UnixTime(updated_at));
            Owned { hidden, deleted, created_at, updated_at, ..bound }
        };
        numbered.map(client).collect()
    })
}

fn criteria() -> impl Strategy<Value = Value> {
    let one_of = |values: &'static [&'static str]| {
        prop::collection::vec(prop::sample::select(values), 0..2).prop_map(Value::from)
    };
    let parts = (
        one_of(&["mine", "other", "2001"]),
        one_of(&["reader", "writer", "9"]),
        one_of(&["a", "B", "client1"]),
        one_of(&["hidden", "deleted"]),
        one_of(&["hidden", "deleted"]),
    );
    parts.prop_map(|(customer, function, keywords, include, exclude)| {
        json!({
            "customer": customer,
            "requiredFunction": function,
            "keywords": keywords,
            "includeFlags": include,
            "excludeFlags": exclude,
        })
    })
}

fn search() -> impl Strategy<Value = Value> {
    let keys = [
        "id",
        "-id",
        "name",
        "-name",
        "-shortName",
        "createdTimestamp",
        "-createdTimestamp",
        "lastUpdatedTimestamp",
    ];
    let sub = (criteria(), any::<Option<bool>>()).prop_map(|(mut sub, role)| {
        match role {
            Some(true) => sub["required"] = json!(true),
            Some(false) => sub["exclude"] = json!(true),
            None => {}
        }
        sub
    });
    let order = prop::collection::vec(prop::sample::select(keys.to_vec()), 0..3);
    (criteria(), prop::collection::vec(sub, 0..3), order).prop_map(|(mut search, subs, order)| {
        search["subCriteria"] = Value::from(subs);
        search["sortBy"] = json!(order);
        search["limit"] = json!(MOST);
        search
    })
}

fn ids(search: &Value, all: &[Owned]) -> Vec<ClientId> {
    let found = parse(search).find(all.iter().map(Owned::candidate));
    found.page.into_iter().map(|client| client.id).collect()
}

proptest! {
    #[test]
    fn a_page_is_a_slice_of_the_whole(all in clients(), mut search in search(), limit in 0..15usize, offset in 0..15usize) {
        let whole = ids(&search, &all);
        search["limit"] = json!(limit);
        search["offset"] = json!(offset);
        let found = parse(&search).find(all.iter().map(Owned::candidate));
        prop_assert_eq!(found.count, whole.len());
        let page: Vec<_> = found.page.iter().map(|client| client.id).collect();
        let expected: Vec<_> = whole.into_iter().skip(offset).take(limit).collect();
        prop_assert_eq!(page, expected);
    }

    #[test]
    fn the_order_depends_on_nothing_but_the_clients(all in clients(), search in search(), turn in 0..12usize) {
        let mut turned = all.clone();
        turned.rotate_left(turn.min(all.len()));
        prop_assert_eq!(ids(&search, &turned), ids(&search, &all));
        turned.reverse();
        prop_assert_eq!(ids(&search, &turned), ids(&search, &all));
    }

    #[test]
    fn excluding_and_requiring_never_add(all in clients(), search in search(), mut sub in criteria(), excludes: bool) {
        // Flags may ask for what nothing else asks for; so only what is required without them.
        sub["includeFlags"] = json!([]);
        sub[if excludes { "exclude" } else { "required" }] = json!(true);
        let before: BTreeSet<_> = ids(&search, &all).into_iter().collect();
        let mut narrower = search.clone();
        narrower["subCriteria"].as_array_mut().unwrap().push(sub.clone());
        let after: BTreeSet<_> = ids(&narrower, &all).into_iter().collect();
        prop_assert!(after.is_subset(&before));
        // What was excluded is what would match where it is required.
        sub["exclude"] = json!(!excludes);
        sub["required"] = json!(true);
        let mut other = search;
        other["subCriteria"].as_array_mut().unwrap().push(sub);
        let rest: BTreeSet<_> = ids(&other, &all).into_iter().collect();
        prop_assert_eq!(after.union(&rest).copied().collect::<BTreeSet<_>>(), before);
        prop_assert!(after.is_disjoint(&rest));
    }

    #[test]
    fn s54_nobody_finds_what_is_hidden_or_deleted_without_asking_for_it(all in clients(), mut search in search()) {
        search["includeFlags"] = json!([]);
        for sub in search["subCriteria"].as_array_mut().unwrap() {
            sub["includeFlags"] = json!([]);
        }
        let found = ids(&search, &all);
        prop_assert!(all.iter().filter(|client| client.hidden || client.deleted).all(|client| !found.contains(&client.id)));
    }

    #[test]
    fn never_panics(query in "\\PC{0,80}", value in "\\PC{0,20}") {
        let _ = Search::parse_query(&query);
        let _ = Search::parse_query(&format!("limit={query}&sortBy={value}&customer={value}"));
        let object = json!({"keywords": [query], "sortBy": value, "customer": value, "limit": value});
        let _ = Search::parse(object.as_object().unwrap());
    }
}
