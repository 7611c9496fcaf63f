//! Names and passwords, wherever somebody presents them: at the sign-in page or, for Kustvakt's services, in a header.

use domain::UserId;
use domain::password::{PasswordHash, Verdict};
use domain::user::{Login, User, Username};
use store::users::{Logins, Users};
use zeroize::Zeroizing;

use crate::error::Failure;
use crate::platform::Platform;

/// Knows users by their names and passwords.
#[derive(Clone)]
pub(crate) struct Passwords {
    logins: Logins,
    users: Users,
}

/// Somebody whose name and password were right.
pub(crate) struct Proved {
    pub user: User,
    /// The login, where its hash was made with dated parameters.
    pub dated: Option<Login>,
}

/// Why nobody is known by a name and a password. That is for the log: the caller is not told what was wrong.
pub(crate) struct Wrong {
    /// Whose name it is, where there is such a user.
    pub user: Option<UserId>,
    pub reason: &'static str,
}

impl Passwords {
    pub(crate) fn new(platform: &Platform) -> Self {
        Self { logins: platform.store.logins.clone(), users: platform.store.users.clone() }
    }

    /// Finds the user whose name and password these are. Where they are nobody's, that takes as long.
    pub(crate) async fn prove(&self, name: &str, password: &str) -> Result<Result<Proved, Wrong>, Failure> {
        let login = match Username::parse(name) {
            Ok(username) => self.logins.find(&username).await?,
            Err(_) => None,
        };
        let hash = login.as_ref().map_or_else(PasswordHash::of_nobody, |login| login.password.clone());
        let verdict = compare(&hash, password).await?;
        let Some(login) = login else { return Ok(Err(Wrong { user: None, reason: "sign-in name unknown" })) };
        let wrong = |reason| Ok(Err(Wrong { user: Some(login.user), reason }));
        if verdict == Verdict::Wrong {
            return wrong("password wrong");
        }
        let user = self.users.find(login.user).await?;
        let Some(user) = user.filter(User::may_act) else { return wrong("user may not act") };
        Ok(Ok(Proved { user, dated: (verdict == Verdict::RightButDated).then_some(login) }))
    }
}

/// Hashing takes tens of milliseconds: on a thread of its own, so that others are answered meanwhile.
async fn compare(hash: &PasswordHash, password: &str) -> Result<Verdict, Failure> {
    let (hash, password) = (hash.clone(), Zeroizing::new(password.to_owned()));
    let verdict = tokio::task::spawn_blocking(move || hash.verify(&password)).await;
    verdict.map_err(|_| Failure::Broken("password hashing broke off"))
}
