//! What each event has to tell.

use domain::api_key::ApiKeyPrefix;
use domain::grant::Grant;
use domain::token::GrantKeys;
use domain::{ClientId, GrantId, SessionId, UserId};
use oauth::Scope;
use oauth::words::GrantType;

use super::{Account, Decision, Event, Key};

/// The fields of all events.
#[derive(Default)]
pub(super) struct Fields<'a> {
    pub(super) user: Option<UserId>,
    pub(super) name: Option<&'a str>,
    pub(super) client: Option<ClientId>,
    pub(super) session: Option<SessionId>,
    pub(super) grant: Option<GrantId>,
    pub(super) grant_type: Option<GrantType>,
    pub(super) scope: Option<&'a Scope>,
    pub(super) key: Option<Key<'a>>,
    pub(super) api_key: Option<&'a ApiKeyPrefix>,
    pub(super) user_key: Option<&'a str>,
    pub(super) subject: Option<UserId>,
    pub(super) repeated: Option<bool>,
    pub(super) reason: Option<&'static str>,
}

impl<'a> Fields<'a> {
    fn of_grant(keys: GrantKeys) -> Self {
        Self { user: keys.owner.user(), session: keys.session, grant: Some(keys.grant), ..Self::default() }
    }

    /// Of a grant that has just made tokens: the scope is theirs, which may be less than was granted.
    fn of_tokens(grant: &'a Grant, grant_type: GrantType) -> Self {
        let narrowed = grant.active().and_then(|active| active.access.narrowed.as_ref());
        let scope = Some(narrowed.unwrap_or(&grant.scope));
        let client = Some(grant.client);
        Self { client, grant_type: Some(grant_type), scope, ..Self::of_grant(grant.keys) }
    }

    fn of_key(key: Key<'a>) -> Self {
        Self { key: Some(key), ..Self::default() }
    }
}

impl<'a> From<Decision<'a>> for Fields<'a> {
    fn from(decision: Decision<'a>) -> Self {
        let Decision { user, session, client, scope } = decision;
        Self {
            user: Some(user),
            client: Some(client),
            session: Some(session),
            scope: Some(scope),
            ..Self::default()
        }
    }
}

impl From<Account> for Fields<'_> {
    /// The subject is named where it is somebody else.
    fn from(Account { user, by }: Account) -> Self {
        Self { user: Some(by), subject: (user != by).then_some(user), ..Self::default() }
    }
}

impl<'a> Event<'a> {
    pub(super) fn fields(self) -> Fields<'a> {
        match self {
            Self::SignInSucceeded { user, session } => {
                Fields { user: Some(user), session: Some(session), ..Fields::default() }
            }
            Self::SessionEnded { user, session, by } => {
                let subject = by.map(|_| user);
                Fields { user: by.or(Some(user)), subject, session: Some(session), ..Fields::default() }
            }
            Self::UserCreated { account }
            | Self::UserChanged { account }
            | Self::UserRemoved { account }
            | Self::PasswordSet { account } => account.into(),
            Self::UserKeyRegistered { id, account } | Self::UserKeyRemoved { id, account } => {
                Fields { user_key: Some(id), ..account.into() }
            }
            Self::FunctionCreated { entry }
            | Self::FunctionChanged { entry }
            | Self::FunctionRemoved { entry }
            | Self::CustomerCreated { entry }
            | Self::CustomerChanged { entry }
            | Self::CustomerRemoved { entry }
            | Self::DomainCreated { entry }
            | Self::DomainRemoved { entry } => {
                Fields { user: Some(entry.by), name: Some(entry.name), ..Fields::default() }
            }
            Self::SignInRefused { user, reason } => {
                Fields { user, reason: Some(reason), ..Fields::default() }
            }
            Self::ConsentGiven { consent } | Self::ConsentRefused { consent } => consent.into(),
            Self::TokenIssued { grant, grant_type } => Fields::of_tokens(grant, grant_type),
            Self::IdTokenIssued { grant } => {
                Fields { grant: None, ..Fields::of_tokens(grant, GrantType::Implicit) }
            }
            Self::TokenRefreshed { grant, repeated } => {
                let repeated = repeated.then_some(true);
                Fields { repeated, ..Fields::of_tokens(grant, GrantType::RefreshToken) }
            }
            Self::TokenRefused { reason } => Fields { reason: Some(reason), ..Fields::default() },
            Self::TokenReplayed { keys, reason } => Fields { reason: Some(reason), ..Fields::of_grant(keys) },
            Self::TokenRevoked { keys, client } | Self::GrantWithdrawn { keys, client } => {
                Fields { client: Some(client), ..Fields::of_grant(keys) }
            }
            Self::ClientRegistered { client, user }
            | Self::ClientChanged { client, user }
            | Self::ClientDeleted { client, user } => {
                Fields { client: Some(client), user, ..Fields::default() }
            }
            Self::ClientSecretReset { client, user }
            | Self::PluginInstalled { client, user }
            | Self::PluginUninstalled { client, user } => {
                Fields { client: Some(client), user: Some(user), ..Fields::default() }
            }
            Self::ApiKeyCreated { key } | Self::ApiKeyRenewed { key } | Self::ApiKeyRevoked { key } => {
                let subject = (key.owner != key.by).then_some(key.owner);
                Fields { user: Some(key.by), subject, api_key: Some(key.prefix), ..Fields::default() }
            }
            Self::KeyPublished { key } | Self::KeyUsed { key } | Self::KeyRetired { key } => {
                Fields::of_key(key)
            }
        }
    }
}
