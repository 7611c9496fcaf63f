//! What is put on record: who signed in, what they allowed, which tokens that made, and what was changed.
//!
//! An event is recorded once, after the write that made it true, as a `tracing` event of target [`TARGET`]. It carries identifiers and
//! reasons, never what anybody presented: not even the name that was typed to sign in, since people type passwords there. An
//! identifier proves nothing, because every code, token and cookie is one only together with 256 bits of secret.
//!
//! `docs/audit-events.md` says when each is recorded, and is held against this file by a test.

mod fields;

use domain::api_key::ApiKeyPrefix;
use domain::grant::Grant;
use domain::token::GrantKeys;
use domain::{ClientId, SessionId, UserId};
use oauth::Scope;
use oauth::words::{GrantType, SigningAlgorithm};
use tracing::Level;

use crate::metrics::Metric;

/// The target of the events.
pub const TARGET: &str = "audit";

/// Declares the events, each with its name on record.
macro_rules! events {
    ($($(#[$doc:meta])* $event:ident $fields:tt = $name:literal,)+) => {
        /// Something that is put on record.
        #[derive(Clone, Copy, Debug)]
        pub enum Event<'a> { $($(#[$doc])* $event $fields,)+ }

        impl Event<'_> {
            /// The name of every event.
            pub const NAMES: &'static [&'static str] = &[$($name,)+];

            /// The event's name: `audit.event`.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$event { .. } => $name,)+ }
            }
        }
    };
}

events! {
    /// A password was right, and a session begun or renewed.
    SignInSucceeded {
        /// Who.
        user: UserId,
        /// The session.
        session: SessionId,
    } = "sign_in.succeeded",
    /// A sign-in form was not accepted.
    SignInRefused {
        /// Whose name was typed, where there is such a user.
        user: Option<UserId>,
        /// Why.
        reason: &'static str,
    } = "sign_in.refused",
    /// Somebody allowed an application what it asked for.
    ConsentGiven {
        /// Who and what.
        consent: Decision<'a>,
    } = "consent.given",
    /// Somebody denied an application what it asked for. Nothing is written: the answer travels back with the request.
    ConsentRefused {
        /// Who and what.
        consent: Decision<'a>,
    } = "consent.refused",
    /// The first tokens of a grant were made.
    TokenIssued {
        /// The grant.
        grant: &'a Grant,
        /// How they were asked for.
        grant_type: GrantType,
    } = "token.issued",
    /// An ID token was made and nothing beside it. Nothing is written: what it was made from is no grant that lasts.
    IdTokenIssued {
        /// What it was made from.
        grant: &'a Grant,
    } = "id_token.issued",
    /// The tokens that follow a refresh token were made, or found again where it came twice within the window.
    TokenRefreshed {
        /// The grant.
        grant: &'a Grant,
        /// Whether they had been made already.
        repeated: bool,
    } = "token.refreshed",
    /// A request to the token endpoint was refused. Client and grant type are known of the request, as far as it got.
    TokenRefused {
        /// Why.
        reason: &'static str,
    } = "token.refused",
    /// A code or refresh token came that had been used before, and the grant was ended. Client and grant type are known of the
    /// request, and here the client has proved who it is.
    TokenReplayed {
        /// The grant.
        keys: GrantKeys,
        /// What was noticed.
        reason: &'static str,
    } = "token.replayed",
    /// A client gave a grant back.
    TokenRevoked {
        /// The grant.
        keys: GrantKeys,
        /// The client.
        client: ClientId,
    } = "token.revoked",
    /// Somebody took back what they had granted an application.
    GrantWithdrawn {
        /// The grant.
        keys: GrantKeys,
        /// The application.
        client: ClientId,
    } = "grant.withdrawn",
    /// A client registered itself, was registered by a user, or defined.
    ClientRegistered {
        /// The client.
        client: ClientId,
        /// The user or administrator who did it; none where the client did it itself.
        user: Option<UserId>,
    } = "client.registered",
    /// A client was changed: also where a plugin is permitted, or a super client made or unmade.
    ClientChanged {
        /// The client.
        client: ClientId,
        /// The administrator who did it; none where the client did it itself.
        user: Option<UserId>,
    } = "client.changed",
    /// A client was given a new secret, and the old one is good no longer.
    ClientSecretReset {
        /// The client.
        client: ClientId,
        /// Its owner, or the administrator who did it.
        user: UserId,
    } = "client.secret_reset",
    /// A client was deleted.
    ClientDeleted {
        /// The client.
        client: ClientId,
        /// Its owner, or the administrator who did it; none where the client did it itself.
        user: Option<UserId>,
    } = "client.deleted",
    /// Somebody installed a plugin.
    PluginInstalled {
        /// Who.
        user: UserId,
        /// The plugin.
        client: ClientId,
    } = "plugin.installed",
    /// Somebody removed a plugin that they had installed.
    PluginUninstalled {
        /// Who.
        user: UserId,
        /// The plugin.
        client: ClientId,
    } = "plugin.uninstalled",
    /// An API key was made.
    ApiKeyCreated {
        /// The key.
        key: KeyOfUser<'a>,
    } = "api_key.created",
    /// An API key was given another end.
    ApiKeyRenewed {
        /// The key.
        key: KeyOfUser<'a>,
    } = "api_key.renewed",
    /// An API key was revoked.
    ApiKeyRevoked {
        /// The key.
        key: KeyOfUser<'a>,
    } = "api_key.revoked",
    /// A session was ended before its time, and with it every grant that depended on it.
    SessionEnded {
        /// Whose.
        user: UserId,
        /// The session.
        session: SessionId,
        /// The administrator who ended it, where it was one.
        by: Option<UserId>,
    } = "session.ended",
    /// An account was made.
    UserCreated {
        /// Whose, and by whom.
        account: Account,
    } = "user.created",
    /// An account was changed: its profile, what it is granted, or whether it may act.
    UserChanged {
        /// Whose, and by whom.
        account: Account,
    } = "user.changed",
    /// An account was removed.
    UserRemoved {
        /// Whose, and by whom.
        account: Account,
    } = "user.removed",
    /// A password was set for somebody.
    PasswordSet {
        /// Whose, and by whom.
        account: Account,
    } = "password.set",
    /// A key was registered that signs somebody's JWTs.
    UserKeyRegistered {
        /// What it is known by.
        id: &'a str,
        /// Whose, and by whom.
        account: Account,
    } = "user_key.registered",
    /// A key was removed that signed somebody's JWTs.
    UserKeyRemoved {
        /// What it was known by.
        id: &'a str,
        /// Whose, and by whom.
        account: Account,
    } = "user_key.removed",
    /// A function was made.
    FunctionCreated {
        /// Which, and by whom.
        entry: Entry<'a>,
    } = "function.created",
    /// A function was changed, and with it what everybody may do who holds it.
    FunctionChanged {
        /// Which, and by whom.
        entry: Entry<'a>,
    } = "function.changed",
    /// A function was removed.
    FunctionRemoved {
        /// Which, and by whom.
        entry: Entry<'a>,
    } = "function.removed",
    /// A customer was made.
    CustomerCreated {
        /// Which, and by whom.
        entry: Entry<'a>,
    } = "customer.created",
    /// A customer was changed.
    CustomerChanged {
        /// Which, and by whom.
        entry: Entry<'a>,
    } = "customer.changed",
    /// A customer was removed.
    CustomerRemoved {
        /// Which, and by whom.
        entry: Entry<'a>,
    } = "customer.removed",
    /// A domain was made.
    DomainCreated {
        /// Which, and by whom.
        entry: Entry<'a>,
    } = "domain.created",
    /// A domain was removed.
    DomainRemoved {
        /// Which, and by whom.
        entry: Entry<'a>,
    } = "domain.removed",
    /// A signing key was made, and is shown in the key set.
    KeyPublished {
        /// The key.
        key: Key<'a>,
    } = "key.published",
    /// A signing key began to sign.
    KeyUsed {
        /// The key.
        key: Key<'a>,
    } = "key.used",
    /// A signing key is shown no longer.
    KeyRetired {
        /// The key.
        key: Key<'a>,
    } = "key.retired",
}

/// Somebody's answer to what an application asked for.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'a> {
    /// Who answered.
    pub user: UserId,
    /// In which session.
    pub session: SessionId,
    /// Which application asked.
    pub client: ClientId,
    /// For what.
    pub scope: &'a Scope,
}

/// Somebody's account, and the administrator who did something to it.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    /// Whose it is.
    pub user: UserId,
    /// Who did it.
    pub by: UserId,
}

/// Something that the directory has under a name, and the administrator who did something to it.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Its name.
    pub name: &'a str,
    /// Who did it.
    pub by: UserId,
}

/// An API key, and who deals with it.
#[derive(Clone, Copy, Debug)]
pub struct KeyOfUser<'a> {
    /// What it is known by.
    pub prefix: &'a ApiKeyPrefix,
    /// Whose it is.
    pub owner: UserId,
    /// Who deals with it: the user, or an administrator.
    pub by: UserId,
}

/// A signing key, by its public part.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a> {
    /// Its `kid` (RFC 7517 section 4.5).
    pub id: &'a str,
    /// What it signs with.
    pub algorithm: SigningAlgorithm,
}

impl<'a> Event<'a> {
    /// Puts it on record, and counts it where it is counted.
    pub fn record(self) {
        let fields = self.fields();
        // The level has to be known where the event is compiled, and the fields are the same.
        macro_rules! put {
            ($level:expr) => {
                tracing::event!(
                    target: TARGET,
                    $level,
                    audit.event = self.name(),
                    client.id = fields.client.map(display),
                    user.id = fields.user.map(display),
                    session.id = fields.session.map(display),
                    grant.id = fields.grant.map(display),
                    grant.type = fields.grant_type.map(GrantType::as_str),
                    scope = fields.scope.map(display),
                    api_key.prefix = fields.api_key.map(display),
                    subject.id = fields.subject.map(display),
                    directory.name = fields.name,
                    user_key.id = fields.user_key,
                    key.id = fields.key.map(|key| key.id),
                    key.algorithm = fields.key.map(|key| key.algorithm.as_str()),
                    repeated = fields.repeated,
                    reason = fields.reason,
                )
            };
        }
        if self.warns() {
            put!(Level::WARN);
        } else {
            put!(Level::INFO);
        }
        if let Some(metric) = self.metric() {
            metric.record(1);
        }
    }

    /// Whether it is told as a warning: somebody did not get what they wanted, or tried what they must not.
    const fn warns(self) -> bool {
        matches!(self, Self::SignInRefused { .. } | Self::TokenRefused { .. } | Self::TokenReplayed { .. })
    }

    const fn metric(self) -> Option<Metric> {
        match self {
            Self::SignInSucceeded { .. } => Some(Metric::SignIns),
            Self::SignInRefused { .. } => Some(Metric::SignInsRefused),
            Self::TokenIssued { .. } => Some(Metric::TokensIssued),
            Self::TokenRefreshed { repeated: false, .. } => Some(Metric::TokensRefreshed),
            Self::TokenReplayed { .. } => Some(Metric::Replays),
            _ => None,
        }
    }
}
