//! Users known by JWTs that they have signed themselves, each good once (RFC 7523 section 3; S32).

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::id::RequestId;
use domain::user::{User, Username};
use domain::{UnixTime, UserId};
use jose::{Assertion, UnverifiedAssertion};
use store::StoreError;
use store::sessions::Guard;

use super::{Principal, Principals, refuse};
use crate::error::Failure;

impl Principals {
    /// Verified before it is spent: nobody else can use up a `jti`, nor fill the table.
    pub(super) async fn by_signed_jwt(&self, text: &str, now: UnixTime) -> Result<Principal, Failure> {
        let unverified = UnverifiedAssertion::parse(text).map_err(|error| refuse(error.reason()))?;
        let named = self.subject(&unverified.subject).await?;
        let id = named.ok_or(refuse("signed JWT's user unknown"))?;
        let (key, user) = self.standing.user_key(id, &unverified.key).await?;
        let key = key.ok_or(refuse("signed JWT's key unknown"))?;
        let issuer = self.ambient.settings.issuer.as_str();
        let assertion =
            unverified.verify(&key.public, issuer, now).map_err(|error| refuse(error.reason()))?;
        let user = user.filter(User::may_act).ok_or(refuse("user may not act"))?;
        if !self.spend(id, &assertion, now).await? {
            return Err(refuse("signed JWT used before").into());
        }
        self.in_person(Some(user), None, format!("user#{id}")).await
    }

    /// The user that `sub` names: by id or by name.
    async fn subject(&self, subject: &str) -> Result<Option<UserId>, StoreError> {
        match (UserId::parse(subject), Username::parse(subject)) {
            (Some(id), _) => Ok(Some(id)),
            (None, Ok(name)) => self.users.id_of(&name).await,
            (None, Err(_)) => Ok(None),
        }
    }

    /// Whether this is the first use of the `jti`. It is anybody's text, so its digest is what is remembered.
    async fn spend(&self, user: UserId, assertion: &Assertion, now: UnixTime) -> Result<bool, StoreError> {
        let id = digest::digest(&digest::SHA256, assertion.id.as_bytes());
        let what = format!("jwt#{user}#{}", URL_SAFE_NO_PAD.encode(id));
        let by = RequestId::generate(self.ambient.entropy.as_ref());
        self.guards.spend(&Guard { what, expires_at: assertion.expires_at }, &by, now).await
    }
}
