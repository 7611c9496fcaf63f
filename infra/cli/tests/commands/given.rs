//! What tests begin with: the program, and a table for it.

use std::io::Write as _;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use domain::entropy::SystemEntropy;
use domain::function::{FunctionName, Granted};
use domain::password::PasswordHash;
use domain::time::SystemClock;
use domain::user::{User, Username};
use domain::{Clock as _, UnixTime, UserId};
use jose::{LocalKey, PublicKeys, WrappedKey, WrappedSealingKey};
use oauth::words::SigningAlgorithm;
use serde_json::Value;
use store::{Store, Table};
use testkit::Embedded;

/// A password that may be chosen.
pub const PASSWORD: &str = "correct horse battery staple";

/// What became of a process.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Ran {
    /// What it says of a success, with what is different each time [`veiled`].
    pub fn words(&self) -> String {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{self:?}");
        veiled(&self.out)
    }

    /// What it says of a failure that ends in `code`.
    pub fn failure(&self, code: i32) -> String {
        assert_eq!((self.code, self.out.as_str()), (Some(code), ""), "{self:?}");
        veiled(&self.err)
    }

    /// Standard output as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// What the doctor says of one check: status and words.
    pub fn finding(&self, check: &str) -> (String, String) {
        let report = self.json();
        let found = report["checks"].as_array().unwrap().iter().find(|finding| finding["check"] == check);
        let found = found.unwrap_or_else(|| panic!("{check}: {report}"));
        let text = |name| found[name].as_str().unwrap().to_owned();
        (text("status"), text("says"))
    }
}

/// The program, in an environment of its own.
pub fn gatelet(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatelet"));
    // Nobody's credentials shall be found, and nobody asked for any.
    command.env_clear().env("AWS_EC2_METADATA_DISABLED", "true").env("HOME", env!("CARGO_TARGET_TMPDIR"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs the program to its end.
pub fn run(mut command: Command) -> Ran {
    command.output().unwrap().into()
}

/// Starts the program and gives it a line to read.
pub fn start(mut command: Command, line: &str) -> Child {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    // Where it has ended already, its answer says why.
    writeln!(child.stdin.take().unwrap(), "{line}").ok();
    child
}

/// An embedded DynamoDB with a table.
pub struct Given {
    pub embedded: Embedded,
    pub store: Store,
}

impl Given {
    pub async fn table() -> Self {
        let embedded = Embedded::memory().unwrap();
        store::schema::provision(&embedded.client(), "gatelet").await.unwrap();
        let store = Store::new(&Table::new(embedded.client(), "gatelet"));
        Self { embedded, store }
    }

    /// A table with an administrator, whose functions have made their keys at `now`.
    pub async fn with_keys(now: UnixTime) -> Self {
        let given = Self::table().await;
        let wrapping = LocalKey::from_bytes([7; 32], Arc::new(SystemEntropy));
        for &algorithm in SigningAlgorithm::ALL {
            let key = WrappedKey::generate(algorithm, &wrapping, now).await.unwrap();
            given.store.keys.establish_signing(algorithm, key).await.unwrap();
        }
        let functions = Granted::globally([FunctionName::administrator()]);
        let administrator = User { functions, ..user("first.administrator") };
        given.store.users.bootstrap(&administrator, &PasswordHash::of_nobody()).await.unwrap();
        let key = WrappedSealingKey::generate(&wrapping, &SystemEntropy, now).await.unwrap();
        given.store.keys.establish_sealing(key).await.unwrap();
        given
    }

    /// The table's public keys, as they are published.
    pub async fn jwks(&self) -> String {
        let keys: Vec<WrappedKey> = self.store.keys.signing().await.unwrap();
        serde_json::to_string(&PublicKeys::new(&keys, now())).unwrap()
    }

    /// The program at this table.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = gatelet(arguments);
        command.args(["--table", "gatelet", "--endpoint-url", &self.embedded.endpoint()]);
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        run(self.command(arguments))
    }

    /// Runs the program with a line to read.
    pub fn run_with(&self, arguments: &[&str], line: &str) -> Ran {
        start(self.command(arguments), line).wait_with_output().unwrap().into()
    }
}

/// Somebody ordinary.
pub fn user(name: &str) -> User {
    User::new(UserId::generate(&SystemEntropy), Username::parse(name).unwrap(), now())
}

pub fn now() -> UnixTime {
    SystemClock.now()
}

/// An address where nobody listens.
pub fn nobody() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// The same text for ids, numbers, moments and secrets, which are others each time. Whatever stands in a column is as wide as it was.
pub fn veiled(text: &str) -> String {
    const UUID: &str = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    const SHAPES: [(&str, &str); 4] = [
        (UUID, "00000000-0000-0000-0000-000000000000"),
        ("dddd-dd-dd dd:dd:dd", "2026-01-01 00:00:00"),
        ("dddd-dd-dd dd:dd", "2026-01-01 00:00"),
        ("aaaaaa/aaaa", "1ab3cd/2e4f"),
    ];
    let (mut out, mut rest) = (String::new(), text);
    while let Some(first) = rest.chars().next() {
        let inside = out.chars().last().is_some_and(|c| c.is_ascii_alphanumeric());
        let shape = SHAPES.into_iter().find(|(shape, _)| !inside && fits(rest, shape));
        let digits = rest.chars().take_while(char::is_ascii_digit).count();
        if let Some((shape, stands)) = shape {
            out.push_str(stands);
            rest = &rest[shape.len()..];
        } else if rest.starts_with("gtl") && rest.as_bytes().get(4) == Some(&b'_') {
            out.push_str(&rest[..5]);
            rest =
                rest[5..].trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "_-\u{2026}".contains(c));
        } else if digits >= 9 && !inside {
            out.push_str("1234567890");
            rest = &rest[digits..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    // Where the embedded DynamoDB listens.
    let ports = out.split("127.0.0.1:").enumerate().map(|(index, part)| match index {
        0 => part.to_owned(),
        _ => format!("127.0.0.1:8000{}", part.trim_start_matches(|c: char| c.is_ascii_digit())),
    });
    ports.collect()
}

fn fits(text: &str, shape: &str) -> bool {
    let bytes = text.as_bytes();
    let ends = bytes.get(shape.len()).is_none_or(|b| !b.is_ascii_alphanumeric());
    let is = |(b, shape): (&u8, u8)| match shape {
        b'x' => b.is_ascii_digit() || (b'a'..=b'f').contains(b),
        b'd' => b.is_ascii_digit(),
        b'a' => b.is_ascii_lowercase() || b.is_ascii_digit(),
        other => *b == other,
    };
    bytes.len() >= shape.len() && ends && bytes.iter().zip(shape.bytes()).all(is)
}
