//! Grants: one item each, and each step of its life one conditional write.
//!
//! | step | write | condition |
//! | --- | --- | --- |
//! | [`Grants::issue`] | put | no such item |
//! | [`Grants::redeem`] | update | code, client, redirect URI and challenge equal; not redeemed, not expired |
//! | [`Grants::rotate`] | update | refresh token and client equal; not expired; the scope doesn't grow |
//! | [`Grants::revoke`] | delete | client and token equal |
//!
//! DynamoDB decides. When it says no, `Redemption::approve` and `RefreshAttempt::approve` explain, from the item that came back.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::grant::{
    Access, Grant, Redemption, RedemptionRefusal, Refresh, RefreshApproval, RefreshAttempt, RefreshRefusal,
};
use domain::secret::{AccessToken, Digest, RefreshToken};
use domain::time::Seconds;
use domain::token::GrantKeys;
use domain::{ClientId, GrantId, Owner, UnixTime, UserId};

use crate::error::StoreError;
use crate::schema::{GRANT, Key, SK, partition_of};
use crate::table::{Conditional, Item, Table, Update, Values, binary, number, text, values};

mod item;

use item::grant_item;

/// Codes and tokens.
#[derive(Clone, Debug)]
pub struct Grants {
    table: Table,
}

/// The proof that whoever asks for a revocation holds a token of the grant.
#[derive(Clone, Copy, Debug)]
pub enum Proof {
    /// An access token.
    Access(Digest<AccessToken>),
    /// A refresh token.
    Refresh(Digest<RefreshToken>),
}

/// The successor of a refresh token: the grant as it is now, and what the tokens are derived with.
#[derive(Clone, Debug)]
pub struct Successor {
    /// The grant, rotated by this attempt or by one in parallel.
    pub grant: Grant,
    /// What derives the tokens from the presented one.
    pub salt: [u8; 16],
}

/// How long the tokens of a rotation last, and how long the one before gets the same answer.
#[derive(Clone, Copy, Debug)]
pub struct RotationTimes {
    /// The present moment.
    pub now: UnixTime,
    /// An access token's life.
    pub access_token: Seconds,
    /// A refresh token's life unless it is used.
    pub refresh_idle: Seconds,
    /// The window in which the token before the current one is answered again.
    pub window: Seconds,
}

impl Grants {
    pub(crate) const fn new(table: Table) -> Self {
        Self { table }
    }

    /// Writes a grant that is new: with a code, or a client's own with its access token.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn issue(&self, grant: &Grant) -> Result<(), StoreError> {
        match self.table.put_new(grant_item(grant)?).await? {
            Conditional::Done(()) => Ok(()),
            Conditional::Failed(_) => {
                Err(StoreError::Corrupt { entity: "grant", cause: "a new grant exists already".to_owned() })
            }
        }
    }

    /// Redeems a code: at most once, whoever else tries at the same moment.
    ///
    /// "The authorization server MUST NOT use the authorization code more than once. If an authorization code is used more than once,
    /// the authorization server MUST deny the request and SHOULD revoke (when possible) all access tokens and refresh tokens
    /// previously issued based on that authorization code." (RFC 6749 section 4.1.2) Only a second try that would otherwise have
    /// succeeded revokes; a wrong verifier or client leaves the grant alone.
    ///
    /// # Errors
    /// See [`StoreError`]; the inner error says why the code is not redeemed.
    pub async fn redeem(
        &self,
        redemption: &Redemption<'_>,
        access: &Access,
        refresh: Option<&Refresh>,
        now: UnixTime,
    ) -> Result<Result<Grant, RedemptionRefusal>, StoreError> {
        let keys = redemption.code.keys;
        let item = match self.table.update(redeeming(redemption, access, refresh, now)?).await? {
            Conditional::Done(item) => return Ok(Ok(item::grant(keys, item)?)),
            Conditional::Failed(item) => item,
        };
        let grant = item.map(|item| item::grant(keys, item)).transpose()?;
        match (redemption.approve(grant.as_ref(), now), grant) {
            (Ok(()), Some(grant)) if grant.active().is_some() => Ok(Ok(grant)),
            (Err(RedemptionRefusal::Redeemed), _) => {
                self.end(keys, redemption.client).await?;
                Ok(Err(RedemptionRefusal::Redeemed))
            }
            (Err(refusal), _) => Ok(Err(refusal)),
            (Ok(()), _) => Err(disagreement("redeem")),
        }
    }

    /// Rotates a refresh token, or finds the successor that a parallel attempt has just made.
    ///
    /// A token from before that is a replay, and ends the grant: "the authorization server cannot determine which party submitted the
    /// invalid refresh token, but it will revoke the active refresh token". (RFC 9700 section 4.14.2)
    ///
    /// # Errors
    /// See [`StoreError`]; the inner error says why the token is refused.
    pub async fn rotate(
        &self,
        attempt: &RefreshAttempt<'_>,
        salt: [u8; 16],
        times: RotationTimes,
    ) -> Result<Result<Successor, RefreshRefusal>, StoreError> {
        let keys = attempt.token.keys;
        let item = match self.table.update(rotating(attempt, &salt, times)?).await? {
            Conditional::Done(item) => return Ok(Ok(Successor { grant: item::grant(keys, item)?, salt })),
            Conditional::Failed(item) => item,
        };
        let grant = item.map(|item| item::grant(keys, item)).transpose()?;
        match (attempt.approve(grant.as_ref(), times.now, times.window), grant) {
            // Made by this very call, whose first answer was lost: no window is too short for that.
            (_, Some(grant)) if rotated_with(&grant, &salt) => Ok(Ok(Successor { grant, salt })),
            (Ok(RefreshApproval::Repeat { salt }), Some(grant)) => Ok(Ok(Successor { grant, salt })),
            (Err(RefreshRefusal::Replayed), _) => {
                self.end(keys, attempt.client).await?;
                Ok(Err(RefreshRefusal::Replayed))
            }
            (Err(refusal), _) => Ok(Err(refusal)),
            (Ok(_), _) => Err(disagreement("rotate")),
        }
    }

    /// Ends a grant for the client it was given to, against a token of it. Says whether there was anything to end; a deletion that is
    /// repeated because its answer was lost finds nothing.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn revoke(&self, keys: GrantKeys, client: ClientId, proof: Proof) -> Result<bool, StoreError> {
        let (condition, token) = match &proof {
            Proof::Access(token) => {
                ("access.digest = :token OR previous_access.digest = :token", token.as_bytes())
            }
            Proof::Refresh(token) => ("refresh = :token OR previous_refresh = :token", token.as_bytes()),
        };
        let condition = format!("client_id = :client AND ({condition})");
        let values = values([(":client", text(client)), (":token", binary(token))]);
        let deleted = self.table.delete(Key::grant(keys.owner, keys.grant), &condition, values).await?;
        Ok(matches!(deleted, Conditional::Done(())))
    }

    /// What the user has granted: every grant in the partition, also those that are over and not deleted yet.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn of(&self, user: UserId) -> Result<Vec<Grant>, StoreError> {
        let items = self.table.query(&partition_of(user), GRANT).await?;
        let read = |item: Item| {
            let id = item.get(SK).and_then(|sk| GrantId::parse(sk.as_s().ok()?.strip_prefix(GRANT)?));
            let nameless = || "its sort key names none".to_owned();
            let grant = id.ok_or_else(|| StoreError::Corrupt { entity: "grant", cause: nameless() })?;
            item::grant(GrantKeys { owner: Owner::User(user), session: None, grant }, item)
        };
        items.into_iter().map(read).collect()
    }

    /// The grant as it is now.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn find(&self, owner: Owner, grant: GrantId) -> Result<Option<Grant>, StoreError> {
        let keys = GrantKeys { owner, session: None, grant };
        self.table.get(Key::grant(owner, grant)).await?.map(|item| item::grant(keys, item)).transpose()
    }

    /// Ends a grant to this client without a token of it: for whoever gave it, or where one has leaked. Says whether there was one; a
    /// deletion that is repeated because its answer was lost finds none.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn end(&self, keys: GrantKeys, client: ClientId) -> Result<bool, StoreError> {
        let values = values([(":client", text(client))]);
        let deleted =
            self.table.delete(Key::grant(keys.owner, keys.grant), "client_id = :client", values).await?;
        Ok(matches!(deleted, Conditional::Done(())))
    }
}

fn rotated_with(grant: &Grant, salt: &[u8; 16]) -> bool {
    let refresh = grant.active().and_then(|active| active.refresh.as_ref());
    refresh.and_then(|refresh| refresh.rotation).is_some_and(|rotation| rotation.salt == *salt)
}

fn redeeming(
    redemption: &Redemption<'_>,
    access: &Access,
    refresh: Option<&Refresh>,
    now: UnixTime,
) -> Result<Update, StoreError> {
    let ends = refresh.map_or(access.expires_at, |refresh| refresh.expires_at.max(access.expires_at));
    let mut values = values([
        (":code", binary(redemption.code.digest().as_bytes())),
        (":client", text(redemption.client)),
        (":now", number(now)),
        (":access", item::access(access)?),
        (":request", text(redemption.request.as_str())),
        (":ends", number(ends)),
    ]);
    let mut update = "SET access = :access, redeemed_by = :request, expires_at = :ends".to_owned();
    if let Some(refresh) = refresh {
        update.push_str(", refresh = :refresh, refresh_expires_at = :refresh_ends");
        values.insert(":refresh".to_owned(), binary(refresh.token.as_bytes()));
        values.insert(":refresh_ends".to_owned(), number(refresh.expires_at));
    }
    let redirect_uri =
        optional(&mut values, ":redirect_uri", redemption.redirect_uri.as_ref().map(|d| d.as_bytes()));
    let redirect_uri =
        if redirect_uri { "redirect_uri = :redirect_uri" } else { "attribute_exists(challenge)" };
    let challenge = optional(&mut values, ":challenge", redemption.challenge.as_ref().map(|c| c.as_bytes()));
    let challenge = if challenge { "challenge = :challenge" } else { "attribute_not_exists(challenge)" };
    let condition = format!(
        "code = :code AND client_id = :client AND {redirect_uri} AND {challenge} \
         AND attribute_not_exists(redeemed_by) AND expires_at > :now"
    );
    Ok(Update {
        key: Key::grant(redemption.code.keys.owner, redemption.code.keys.grant),
        update,
        condition,
        values,
    })
}

fn optional(values: &mut Values, name: &str, bytes: Option<&[u8; 32]>) -> bool {
    bytes.map(|bytes| values.insert(name.to_owned(), binary(bytes))).is_some()
}

fn rotating(
    attempt: &RefreshAttempt<'_>,
    salt: &[u8; 16],
    times: RotationTimes,
) -> Result<Update, StoreError> {
    let (access, refresh) = attempt.token.successors(salt);
    let access = Access {
        token: access.digest(),
        issued_at: times.now,
        expires_at: times.now + times.access_token,
        narrowed: attempt.narrowed.cloned(),
    };
    let refresh_ends = times.now + times.refresh_idle;
    let mut values = values([
        (":presented", binary(attempt.token.digest().as_bytes())),
        (":client", text(attempt.client)),
        (":now", number(times.now)),
        (":access", item::access(&access)?),
        (":refresh", binary(refresh.digest().as_bytes())),
        (":refresh_ends", number(refresh_ends)),
        (":ends", number(refresh_ends.max(access.expires_at))),
        (":salt", binary(salt)),
    ]);
    let mut condition =
        "refresh = :presented AND client_id = :client AND refresh_expires_at > :now AND ends_at > :now"
            .to_owned();
    // "The requested scope MUST NOT include any scope not originally granted by the resource owner." (RFC 6749 section 6)
    for (index, token) in attempt.narrowed.into_iter().flat_map(|scope| scope.iter()).enumerate() {
        condition.push_str(&format!(" AND contains(granted, :scope{index})"));
        values.insert(format!(":scope{index}"), AttributeValue::S(token.to_owned()));
    }
    let update =
        "SET previous_access = access, access = :access, previous_refresh = refresh, refresh = :refresh, \
                  refresh_expires_at = :refresh_ends, salt = :salt, rotated_at = :now, expires_at = :ends"
            .to_owned();
    Ok(Update {
        key: Key::grant(attempt.token.keys.owner, attempt.token.keys.grant),
        update,
        condition,
        values,
    })
}

/// The condition said no and the explanation yes. A property test holds the two together, so this is an item that somebody changed.
fn disagreement(step: &'static str) -> StoreError {
    StoreError::Corrupt {
        entity: "grant",
        cause: format!("the condition of {step} fails on an item that fits"),
    }
}

/// Reads a grant that a batch returned.
pub(crate) fn read(keys: GrantKeys, item: Item) -> Result<Grant, StoreError> {
    item::grant(keys, item)
}
