//! Least privilege, held both ways: what functions use has to be granted, which the [`gate`](crate::gate) sees to; and what is granted
//! has to be used, by some test at least.
//!
//! Tests run in many processes. Each adds the rights that its functions use to the file that [`VARIABLE`] names; where it is not set,
//! nothing is written.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::str::FromStr;
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::policy::{Condition, Key, Policies, Statement, like};

/// Names the file that used rights are added to, one to a line.
pub const VARIABLE: &str = "RIGHTS_USED";

/// What Lambda does in a function's name, and no function itself.
const LAMBDAS: [&str; 4] =
    ["logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTelemetryRecords", "xray:PutTraceSegments"];

/// The notes of this process, if it takes any.
static NOTES: LazyLock<Option<Mutex<Notes>>> = LazyLock::new(begin);

/// The file, and what this process has written there.
struct Notes {
    file: File,
    known: BTreeSet<Right>,
}

/// One right of one function; its text is its line in the file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// The function.
    pub function: String,
    /// The action, `dynamodb:GetItem` say.
    pub action: String,
    /// What for: granted, a pattern of partition keys or a purpose; used, the prefix of a partition key or a purpose.
    pub to: String,
}

/// Where grants and use differ.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Granted, and used by no test.
    pub unused: BTreeSet<Right>,
    /// Used, and not granted.
    pub ungranted: BTreeSet<Right>,
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.function, self.action, self.to)
    }
}

/// A line that is no right.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a function, an action and what for")]
pub struct NoRight(String);

impl FromStr for Right {
    type Err = NoRight;

    fn from_str(line: &str) -> Result<Self, NoRight> {
        let mut words = line.split(' ').map(str::to_owned);
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some(function), Some(action), Some(to), None) => Ok(Self { function, action, to }),
            _ => Err(NoRight(line.to_owned())),
        }
    }
}

/// Everything that the policies grant to functions, but for what Lambda does in their name.
#[must_use]
pub fn granted(policies: &Policies) -> BTreeSet<Right> {
    let mut rights = BTreeSet::new();
    for (function, statements) in policies.functions() {
        for statement in statements {
            let actions = statement.actions.iter().filter(|action| !LAMBDAS.contains(&action.as_str()));
            for action in actions {
                let right = |to| Right { function: function.to_owned(), action: action.clone(), to };
                rights.extend(objects(statement).into_iter().map(right));
            }
        }
    }
    rights
}

/// What a statement is about, as far as its conditions say; `*` where they don't.
fn objects(statement: &Statement) -> BTreeSet<String> {
    let named = statement.conditions.iter().filter_map(|condition| match condition {
        Condition::AllLike(Key::LeadingKeys, patterns) => Some(patterns),
        Condition::Equals(Key::Purpose, purposes) => Some(purposes),
        _ => None,
    });
    let named: BTreeSet<_> = named.flatten().cloned().collect();
    if named.is_empty() { ["*".to_owned()].into() } else { named }
}

/// Holds grants against use.
#[must_use]
pub fn compare(granted: &BTreeSet<Right>, used: &BTreeSet<Right>) -> Difference {
    let covers = |grant: &Right, right: &Right| {
        (&grant.function, &grant.action) == (&right.function, &right.action) && like(&grant.to, &right.to)
    };
    let unused = granted.iter().filter(|grant| !used.iter().any(|right| covers(grant, right)));
    let ungranted = used.iter().filter(|right| !granted.iter().any(|grant| covers(grant, right)));
    Difference { unused: unused.cloned().collect(), ungranted: ungranted.cloned().collect() }
}

#[expect(clippy::disallowed_methods, reason = "whoever runs all tests says here where their notes go")]
#[expect(clippy::expect_used, reason = "a right that can't be noted would count as unused")]
fn begin() -> Option<Mutex<Notes>> {
    let path = std::env::var_os(VARIABLE)?;
    let file = OpenOptions::new().create(true).append(true).open(path).expect("a file for the rights used");
    Some(Mutex::new(Notes { file, known: BTreeSet::new() }))
}

/// Notes that a function made use of a right, or tried to. A line is written in one go, so that those of several processes don't mix.
#[expect(clippy::expect_used, reason = "a right that can't be noted would count as unused")]
pub(crate) fn note(right: Right) {
    // The gate's own tests use rights that no function uses.
    let Some(notes) = NOTES.as_ref().filter(|_| !cfg!(test)) else { return };
    let mut notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
    if notes.known.insert(right.clone()) {
        notes
            .file
            .write_all(format!("{right}\n").as_bytes())
            .expect("a line in the file for the rights used");
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Difference, Right, compare, granted};
    use crate::policy::Policies;

    fn rights(lines: &[&str]) -> BTreeSet<Right> {
        lines.iter().map(|line| line.parse().unwrap()).collect()
    }

    #[test]
    fn grants_and_use_are_held_against_each_other() {
        let granted = rights(&[
            "token dynamodb:GetItem client#*",
            "token dynamodb:Query signing",
            "token kms:Encrypt signing",
            "login dynamodb:GetItem client#*",
        ]);
        let used = rights(&[
            "token dynamodb:GetItem client#",
            "token dynamodb:GetItem user#",
            "token dynamodb:Query signing",
            "introspect dynamodb:GetItem client#",
        ]);
        let expected = Difference {
            unused: rights(&["token kms:Encrypt signing", "login dynamodb:GetItem client#*"]),
            ungranted: rights(&["token dynamodb:GetItem user#", "introspect dynamodb:GetItem client#"]),
        };
        assert_eq!(compare(&granted, &used), expected);
        let lines = expected.unused.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(lines, ["login dynamodb:GetItem client#*", "token kms:Encrypt signing"]);
        assert!("token dynamodb:GetItem".parse::<Right>().is_err());
    }

    #[test]
    fn ours_are_read_from_the_template() {
        let granted = granted(&Policies::ours().unwrap());
        let of = |function: &str| granted.iter().filter(|right| right.function == function).count();
        assert!(of("token") > 0);
        assert_eq!(granted.iter().filter(|right| right.to == "*").collect::<Vec<_>>(), [] as [&Right; 0]);
        // SECURITY.md: only login and what Kustvakt's users call reads password hashes, only what signs unwraps signing keys, and who
        // only looks can't write.
        for right in &granted {
            if right.to == "login#*" && right.function != "login" {
                // Who administers makes logins, and reads none; who takes a password in a header reads, and writes none.
                let writes = ["dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"];
                let administers = right.function == "directory" && writes.contains(&right.action.as_str());
                let compares = right.function.starts_with("kustvakt-") && right.action == "dynamodb:GetItem";
                assert!(administers || compares, "{right}");
            }
            if (right.action.as_str(), right.to.as_str()) == ("kms:Decrypt", "signing") {
                assert!(["authorize", "token"].contains(&right.function.as_str()), "{right}");
            }
            if ["introspect", "userinfo", "metadata"].contains(&right.function.as_str()) {
                assert!(
                    ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"]
                        .contains(&right.action.as_str()),
                    "{right}"
                );
            }
        }
    }
}
