//! What a list is asked for: which things, in which order, and which part of them. Argus's query parameters, of which `customer`, `domain`,
//! `keywords` and `sortBy` may be repeated.

use std::collections::BTreeMap;

use domain::fields::FieldError;
use oauth::parameters::decode;
use oauth::{ErrorCode, Refusal};

use super::envelope::{Envelope, Page, Rejection};

/// How many come where nobody says how many.
const USUAL: u64 = 25;
/// The most that come at once.
const MOST: u64 = 1000;
/// The most values of a query.
const LONGEST: usize = 100;

/// What is said of a limit or an offset that isn't one.
const WHOLE: &str = "must be a whole number, not negative; a limit at most 1000";

/// What a list is asked for. Parameters that nobody asks for are ignored.
#[derive(Debug)]
pub(crate) struct Listing {
    values: BTreeMap<String, Vec<String>>,
    page: Page,
}

/// One of the texts that a list may be sorted by.
pub(crate) type Key<T> = (&'static str, fn(&T) -> String);

impl Listing {
    /// Reads the query of a request.
    pub(crate) fn read(query: Option<&str>) -> Result<Self, Rejection> {
        let mut values = BTreeMap::<_, Vec<_>>::new();
        let pairs = query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        for (count, pair) in pairs.enumerate() {
            if count >= LONGEST {
                let refusal = Refusal::new(ErrorCode::InvalidRequest, "query has too many parameters");
                return Err(refusal.saying("The query has too many parameters.").into());
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name.as_bytes())?, decode(value.as_bytes())?);
            values.entry(name).or_default().push(value);
        }
        let mut errors = Vec::new();
        let mut number = |name: &str, usual, most| match values.get(name).map(Vec::as_slice) {
            None => usual,
            Some(given) => {
                let number = match given {
                    [only] => only.parse().ok().filter(|&number: &u64| number <= most),
                    _ => None,
                };
                number.unwrap_or_else(|| {
                    errors.push(FieldError { field: name.to_owned(), message: WHOLE });
                    usual
                })
            }
        };
        let page = Page { limit: number("limit", USUAL, MOST), offset: number("offset", 0, u64::MAX) };
        if errors.is_empty() { Ok(Self { values, page }) } else { Err(errors.into()) }
    }

    /// Everything that was sent under this name.
    fn all(&self, name: &str) -> &[String] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether each of the `keywords` is in one of the texts, whatever the case.
    pub(crate) fn is_met_by<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> bool {
        let texts: Vec<_> = texts.into_iter().map(str::to_lowercase).collect();
        let mut keywords = self.all("keywords").iter().map(|keyword| keyword.to_lowercase());
        keywords.all(|keyword| texts.iter().any(|text| text.contains(&keyword)))
    }

    /// What was sent under this name, made into what it refers to.
    pub(crate) fn referred<T>(
        &self,
        name: &str,
        expected: &'static str,
        find: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, Rejection> {
        let found: Option<Vec<T>> = self.all(name).iter().map(|reference| find(reference)).collect();
        found.ok_or_else(|| Rejection::field(name, expected))
    }

    /// Sorts by `sortBy`, a leading `-` for descending; by the first of the keys where nobody says, and in any case last.
    fn sort<T>(&self, things: &mut [T], keys: &[Key<T>]) -> Result<(), Rejection> {
        let mut order = Vec::new();
        for asked in self.all("sortBy") {
            let (name, descending) =
                asked.strip_prefix('-').map_or((asked.as_str(), false), |name| (name, true));
            match keys.iter().find(|(key, _)| *key == name) {
                Some((_, text)) => order.push((text, descending)),
                None => return Err(Rejection::field("sortBy", "must be one of the keys that this list has")),
            }
        }
        order.extend(keys.first().map(|(_, text)| (text, false)));
        // Sorting keeps the order of equals, so that the first key comes last.
        for (text, descending) in order.into_iter().rev() {
            match descending {
                false => things.sort_by_cached_key(|thing| text(thing).to_lowercase()),
                true => things.sort_by_cached_key(|thing| std::cmp::Reverse(text(thing).to_lowercase())),
            }
        }
        Ok(())
    }

    /// The part of these that is asked for, in the order that is asked for, and how many there are.
    pub(crate) fn part<T>(&self, mut things: Vec<T>, keys: &[Key<T>]) -> Result<(usize, Vec<T>), Rejection> {
        self.sort(&mut things, keys)?;
        let whole = |number| usize::try_from(number).unwrap_or(usize::MAX);
        let count = things.len();
        let part = things.into_iter().skip(whole(self.page.offset)).take(whole(self.page.limit));
        Ok((count, part.collect()))
    }

    /// The answer: `data` is the part that was asked for, of `count` in all.
    pub(crate) fn answer<T: serde::Serialize>(&self, count: usize, data: Vec<T>) -> Envelope<Vec<T>> {
        Envelope::list(self.page, count, data)
    }
}

#[cfg(test)]
mod tests {
    use super::Listing;
    use crate::argus::Rejection;

    fn sorted(query: &str) -> Vec<&'static str> {
        let things = vec![("b", "x"), ("A", "y"), ("c", "X")];
        let listing = Listing::read(Some(query)).unwrap();
        let (count, part) = listing
            .part(things, &[("name", |thing| thing.0.into()), ("kind", |thing| thing.1.into())])
            .unwrap();
        assert_eq!(count, 3);
        part.into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn a_list_is_sorted_and_cut() {
        assert_eq!(sorted(""), ["A", "b", "c"]);
        assert_eq!(sorted("sortBy=-name"), ["c", "b", "A"]);
        assert_eq!(sorted("sortBy=kind&sortBy=-name"), ["c", "b", "A"]);
        assert_eq!(sorted("sortBy=-kind"), ["A", "b", "c"]);
        assert_eq!(sorted("limit=1&offset=1"), ["b"]);
        assert_eq!(sorted("limit=0"), [""; 0]);
        assert_eq!(sorted("offset=18446744073709551615"), [""; 0]);
    }

    #[test]
    fn keywords_are_looked_for_in_all_texts() {
        let met = |query| Listing::read(Some(query)).unwrap().is_met_by(["alice", "Alice of Example"]);
        assert!(met("") && met("keywords=ALI&keywords=of+ex") && met("other=1"));
        assert!(!met("keywords=ali&keywords=bob"));
    }

    #[test]
    fn what_can_not_be_asked_for() {
        for query in ["limit=x", "limit=-1", "limit=1001", "limit=", "limit=1&limit=2", "offset=1.5"] {
            assert!(matches!(Listing::read(Some(query)), Err(Rejection::Fields(_))), "{query}");
        }
        let long = "a=1&".repeat(101);
        for query in ["a=%FF", "a=%00", &long] {
            assert!(matches!(Listing::read(Some(query)), Err(Rejection::Failed(_))), "{query}");
        }
    }
}
