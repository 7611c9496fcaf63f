//! What is added, listed, shown, set and removed. What people are shown of it is held by the documentation's page (`page.rs`).

mod api_key;
mod client;
mod customer;
mod domain;
mod function;
mod key;
mod output;
mod session;
mod story;
mod user;

use serde_json::Value;

use crate::given::{Given, PASSWORD, Ran};

impl Given {
    /// Runs the program with words that are separated by blanks.
    pub fn does(&self, line: &str) -> Ran {
        self.run(&line.split_whitespace().collect::<Vec<_>>())
    }

    /// What the program answers in JSON where it is not refused.
    pub fn told(&self, line: &str) -> Value {
        let ran = self.does(&format!("{line} --json"));
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{line}: {ran:?}");
        ran.json()
    }

    /// Why it is refused: the sentence and what to do instead.
    pub fn refused(&self, line: &str, code: i32) -> (String, String) {
        let ran = self.does(&format!("{line} --json"));
        assert_eq!((ran.code, ran.out.as_str()), (Some(code), ""), "{line}: {ran:?}");
        let told: Value = serde_json::from_str(&ran.err).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        let text = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
        (text("error"), text("remedy"))
    }

    /// A customer, a function of that customer's reports, and a user who may do nothing yet.
    pub async fn with_people() -> Self {
        let given = Self::table().await;
        given.told("customer add acme --name Acme");
        given.told("function add report-reader --permission readReports");
        let added = given.run_with(&["user", "add", "alice", "--password-stdin"], PASSWORD);
        assert_eq!(added.code, Some(0), "{added:?}");
        given
    }
}

/// The numbers that things have are others each time.
pub fn number(value: &mut Value) -> u64 {
    let number = value.as_u64().unwrap();
    assert!((1000..1 << 53).contains(&number), "{number}");
    *value = 0.into();
    number
}

/// A moment of now, in milliseconds.
pub fn moment(value: &mut Value) {
    let (at, now) = (value.as_u64().unwrap() / 1000, crate::given::now().0);
    assert!((now - 300..=now).contains(&at), "{at}");
    *value = 0.into();
}
