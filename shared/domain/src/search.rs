//! Listing and searching clients (Argus): which of them match, in what order, and which part of them is wanted.
//!
//! Criteria are read once ([`Search::parse`], [`Search::parse_query`]) and then asked of one client after the other; nothing is looked
//! up here. Within a criterion any of its values will do, and criteria add up. Of sub-criteria, those that are required and those that
//! exclude add up too, and of all others one must match.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::definition::Reference;
use crate::function::FunctionName;
use crate::id::{ClientId, Number};
use crate::name::{CustomerName, DomainName};
use crate::time::UnixTime;

mod read;

/// How many are answered where nothing else is asked for.
pub const USUAL: u64 = 25;
/// The most that are answered at once, however many are asked for.
pub const MOST: u64 = 1000;

/// A name of the directory, and its number; none where what it named was removed.
pub type Named<'a, N> = (&'a N, Option<Number>);

/// A client as searches see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// Its `client_id`.
    pub id: ClientId,
    /// Its short name; its id, where it has none. No other client is listed under it.
    pub short_name: &'a str,
    /// Its name.
    pub name: &'a str,
    /// The customer it is bound to.
    pub customer: Option<Named<'a, CustomerName>>,
    /// The domain it is in.
    pub domain: Named<'a, DomainName>,
    /// The function it requires.
    pub required_function: Option<Named<'a, FunctionName>>,
    /// Whether it is hidden.
    pub hidden: bool,
    /// Whether it was deleted.
    pub deleted: bool,
    /// When it was registered.
    pub created_at: UnixTime,
    /// When it was last changed.
    pub updated_at: UnixTime,
}

/// What is left out of every answer unless it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Flag {
    Deleted,
    Hidden,
}

/// Where a keyword may be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum KeywordField {
    Id,
    ShortName,
    Name,
    All,
}

/// How many of the keywords must be found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum KeywordMatch {
    #[default]
    All,
    Any,
}

/// What a client must be. Criteria that were not given hold of every client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Criteria {
    customers: Vec<Reference<CustomerName>>,
    domains: Vec<Reference<DomainName>>,
    functions: Vec<Reference<FunctionName>>,
    /// In lower case.
    keywords: Vec<String>,
    keyword_match: KeywordMatch,
    keyword_fields: BTreeSet<KeywordField>,
    include: BTreeSet<Flag>,
    exclude: BTreeSet<Flag>,
}

/// What sub-criteria are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// One of these must match.
    Alternative,
    /// It must match.
    Required,
    /// It must not match.
    Excluded,
}

/// What clients are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SortField {
    Id,
    Name,
    ShortName,
    CreatedAt,
    UpdatedAt,
}

/// One key of an order, and whether it falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct SortKey {
    field: SortField,
    descending: bool,
}

/// What somebody searches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    criteria: Criteria,
    sub_criteria: Vec<(Role, Criteria)>,
    order: Vec<SortKey>,
    /// How many are wanted, at most [`MOST`]; none where only their count is.
    pub limit: u64,
    /// How many are left out before them.
    pub offset: u64,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// How many match.
    pub count: usize,
    /// The part of them that is wanted, in order.
    pub page: Vec<Candidate<'a>>,
}

impl Search {
    /// Those of `all` that match, as far as they are wanted.
    #[must_use]
    pub fn find<'a>(&self, all: impl IntoIterator<Item = Candidate<'a>>) -> Found<'a> {
        let asked_for = self.asked_for();
        let mut matching: Vec<_> =
            all.into_iter().filter(|client| self.matches(client, &asked_for)).collect();
        matching.sort_by(|one, other| self.compare(one, other));
        let whole = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let count = matching.len();
        let page = matching.into_iter().skip(whole(self.offset)).take(whole(self.limit)).collect();
        Found { count, page }
    }

    fn matches(&self, client: &Candidate<'_>, asked_for: &BTreeSet<Flag>) -> bool {
        let of = |role| self.sub_criteria.iter().filter(move |(own, _)| *own == role).map(|(_, sub)| sub);
        let mut alternatives = of(Role::Alternative).peekable();
        client.flags().all(|flag| asked_for.contains(&flag))
            && self.criteria.fits(client)
            && of(Role::Required).all(|sub| sub.fits(client))
            && !of(Role::Excluded).any(|sub| sub.fits(client))
            && (alternatives.peek().is_none() || alternatives.any(|sub| sub.fits(client)))
    }

    /// The flags that somebody wants to see clients with.
    fn asked_for(&self) -> BTreeSet<Flag> {
        let subs = self.sub_criteria.iter().filter(|(role, _)| *role != Role::Excluded).map(|(_, sub)| sub);
        subs.chain([&self.criteria]).flat_map(|criteria| &criteria.include).copied().collect()
    }

    /// A total order: where all else is equal, by the name that no other client is listed under.
    fn compare(&self, one: &Candidate<'_>, other: &Candidate<'_>) -> Ordering {
        let keys = self.order.iter().map(|key| {
            let order = key.field.compare(one, other);
            if key.descending { order.reverse() } else { order }
        });
        let last = SortField::ShortName.compare(one, other);
        keys.chain([last]).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }
}

impl Criteria {
    fn fits(&self, client: &Candidate<'_>) -> bool {
        refer_to(&self.customers, client.customer)
            && refer_to(&self.domains, Some(client.domain))
            && refer_to(&self.functions, client.required_function)
            && self.include.iter().all(|flag| client.has(*flag))
            && !self.exclude.iter().any(|flag| client.has(*flag))
            && self.keywords_match(client)
    }

    fn keywords_match(&self, client: &Candidate<'_>) -> bool {
        if self.keywords.is_empty() {
            return true;
        }
        let id = client.id.to_string();
        let searched = [
            (KeywordField::Id, id.as_str()),
            (KeywordField::ShortName, client.short_name),
            (KeywordField::Name, client.name),
        ];
        let everywhere = self.keyword_fields.is_empty() || self.keyword_fields.contains(&KeywordField::All);
        let searched = searched.iter().filter(|(field, _)| everywhere || self.keyword_fields.contains(field));
        let searched: Vec<_> = searched.map(|(_, text)| text.to_lowercase()).collect();
        let found = |keyword: &String| searched.iter().any(|text| text.contains(keyword));
        match self.keyword_match {
            KeywordMatch::All => self.keywords.iter().all(found),
            KeywordMatch::Any => self.keywords.iter().any(found),
        }
    }
}

/// Whether one of the references is to what is named so; any name will do where there is none.
fn refer_to<N: PartialEq>(references: &[Reference<N>], named: Option<Named<'_, N>>) -> bool {
    references.is_empty()
        || named.is_some_and(|(name, number)| {
            references.iter().any(|reference| match reference {
                Reference::Name(wanted) => wanted == name,
                Reference::Number(wanted) => Some(*wanted) == number,
            })
        })
}

impl Candidate<'_> {
    const fn has(&self, flag: Flag) -> bool {
        match flag {
            Flag::Deleted => self.deleted,
            Flag::Hidden => self.hidden,
        }
    }

    fn flags(&self) -> impl Iterator<Item = Flag> {
        [Flag::Deleted, Flag::Hidden].into_iter().filter(|flag| self.has(*flag))
    }
}

impl SortField {
    fn compare(self, one: &Candidate<'_>, other: &Candidate<'_>) -> Ordering {
        match self {
            Self::Id => one.id.cmp(&other.id),
            Self::Name => alphabetically(one.name, other.name),
            Self::ShortName => alphabetically(one.short_name, other.short_name),
            Self::CreatedAt => one.created_at.cmp(&other.created_at),
            Self::UpdatedAt => one.updated_at.cmp(&other.updated_at),
        }
    }
}

/// Without case, and with it where that leaves two texts equal.
fn alphabetically(one: &str, other: &str) -> Ordering {
    let folded = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<String>();
    folded(one).cmp(&folded(other)).then_with(|| one.cmp(other))
}

#[cfg(test)]
mod tests;
