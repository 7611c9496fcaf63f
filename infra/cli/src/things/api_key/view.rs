//! API keys for people: as rows, and one by one.

use domain::UnixTime;
use domain::api_key;
use domain::shown::{ApiKey, Network};
use serde::Serialize;

use crate::output::columns::Column;
use crate::output::sheet::Sheet;
use crate::things::find::Directory;
use crate::things::{Thing, joined};
use crate::times::{exact, short};

fn ends(key: &ApiKey, shown: fn(UnixTime) -> String) -> String {
    if key.valid_until == UnixTime::default() { "never".to_owned() } else { shown(key.valid_until) }
}

fn addresses(key: &ApiKey) -> Vec<String> {
    let texts: Vec<_> = key.valid_sources.iter().map(text).collect();
    if texts.is_empty() { vec!["anywhere".to_owned()] } else { texts }
}

fn functions(key: &ApiKey) -> Vec<String> {
    match &key.constraints {
        None => vec!["all of the user's".to_owned()],
        Some(constraints) => constraints.functions.iter().map(|function| function.name.clone()).collect(),
    }
}

fn text(network: &Network) -> String {
    if network.host { network.address.clone() } else { format!("{}/{}", network.address, network.mask_bits) }
}

impl Thing for ApiKey {
    const NOUNS: (&'static str, &'static str) = ("API key", "API keys");
    const COLUMNS: &'static [Column] = &[
        Column::whole("prefix"),
        Column::cut("description"),
        Column::whole("good until (UTC)"),
        Column::cut("from"),
        Column::cut("functions"),
    ];

    fn name(&self) -> String {
        self.prefix.to_string()
    }

    fn row(&self) -> Vec<String> {
        vec![
            self.prefix.to_string(),
            self.description.clone(),
            ends(self, short),
            joined(&addresses(self)),
            joined(&functions(self)),
        ]
    }

    fn sheet(&self) -> Sheet {
        Sheet::default()
            .with("description", self.description.clone())
            .with_all("from", addresses(self))
            .with_all("functions", functions(self))
            .with("made", exact(self.created_timestamp))
            .with("good until", ends(self, exact))
    }
}

/// A new API key, and the only answer that holds the key itself.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct New {
    api_key_string: String,
    key_descriptor: ApiKey,
}

impl New {
    pub(super) fn of(key: &api_key::ApiKey, directory: &Directory, text: String) -> Self {
        Self { api_key_string: text, key_descriptor: ApiKey::of(key, &directory.functions) }
    }
}

impl Thing for New {
    const NOUNS: (&'static str, &'static str) = ApiKey::NOUNS;
    const COLUMNS: &'static [Column] = ApiKey::COLUMNS;

    fn name(&self) -> String {
        self.key_descriptor.name()
    }

    fn row(&self) -> Vec<String> {
        self.key_descriptor.row()
    }

    fn sheet(&self) -> Sheet {
        self.key_descriptor.sheet()
    }

    fn once(&self) -> Option<(&'static str, &str)> {
        Some(("API key", &self.api_key_string))
    }
}
