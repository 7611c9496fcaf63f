//! What can go wrong, once for both shapes in which Kustvakt tells it.

use domain::ClientId;
use domain::time::Seconds;
use domain::user::Username;
use oauth::{ErrorCode, Refusal};

use crate::error::{Failure, JsonError};

/// Why something is not done.
#[derive(Debug)]
pub(super) enum Fault {
    /// A parameter is missing.
    Missing(&'static str),
    /// A parameter has no value that is served.
    Invalid(&'static str),
    /// The front end has not proved who it is.
    FrontEndUnproved(Failure),
    /// The client is none of those that manage for users.
    NotSuper,
    /// There is no such client; its id, if it could be one.
    ClientUnknown(Option<ClientId>),
    /// The plugin is not permitted, or none at all.
    NotPermitted(ClientId),
    /// The plugin is installed already.
    Installed(ClientId),
    /// Nobody says who they are.
    Guest,
    /// Name and password are nobody's; why, for the log.
    WrongPassword(&'static str),
    /// The access token was good once.
    Expired,
    /// Whatever is presented proves nobody; why, for the log.
    InvalidToken(Refusal),
    /// What is asked for is for somebody else: the owner, or administrators.
    NotOwner(Username),
    /// The token is not for this.
    ScopeMissing(&'static str),
    /// Too often. There is more in this time.
    TooOften(Seconds),
    /// Anything else.
    Failed(Failure),
}

impl<F: Into<Failure>> From<F> for Fault {
    fn from(failure: F) -> Self {
        Self::Failed(failure.into())
    }
}

/// A body that can't be read.
impl From<JsonError> for Fault {
    fn from(JsonError(failure): JsonError) -> Self {
        Self::Failed(failure)
    }
}

/// How a fault is told as a code with a message, and with what it is about: Kustvakt's own numbers.
pub(super) struct Coded {
    pub number: u16,
    pub status: u16,
    pub message: String,
    pub entity: String,
}

impl Fault {
    /// How the services tell it that are not OAuth's; nothing, where Kustvakt has no number for it.
    pub(super) fn coded(&self) -> Option<Coded> {
        let about = |number, status, message: &str, entity: &dyn ToString| {
            Some(Coded { number, status, message: message.to_owned(), entity: entity.to_string() })
        };
        match self {
            Self::Missing(name) => about(105, 400, "missing parameter", name),
            Self::Invalid(name) => about(107, 400, "invalid argument", name),
            Self::FrontEndUnproved(Failure::Refused(_)) => {
                about(1803, 401, "client authentication failed", &"")
            }
            Self::NotSuper => about(1804, 401, "client authorization failed", &""),
            Self::ClientUnknown(id) => about(1805, 404, "client not found", &text(*id)),
            Self::NotPermitted(id) => about(1850, 400, "plugin not permitted", id),
            Self::Installed(id) => about(1851, 400, "plugin already installed", id),
            Self::Expired => about(2003, 401, "expired", &""),
            Self::Guest => about(2010, 401, "unauthorized operation for user: guest", &"guest"),
            Self::WrongPassword(_) => about(2010, 401, "authorization failed", &""),
            Self::NotOwner(name) => {
                about(2010, 401, &format!("unauthorized operation for user: {name}"), name)
            }
            Self::ScopeMissing(scope) => about(2010, 403, "authorization failed", scope),
            Self::InvalidToken(_) => about(2011, 401, "invalid access token", &""),
            Self::Failed(Failure::Refused(refusal)) if refusal.code == ErrorCode::InvalidRequest => {
                about(107, 400, "invalid argument", &"")
            }
            Self::FrontEndUnproved(_) | Self::TooOften(_) | Self::Failed(_) => None,
        }
    }

    /// How OAuth's services tell it: the code and its description.
    pub(super) fn oauth(&self) -> (ErrorCode, String) {
        let said = |code, description: &str| (code, description.to_owned());
        match self {
            Self::Missing(name) => (ErrorCode::InvalidRequest, format!("Missing parameter: {name}")),
            Self::Invalid(name) => (ErrorCode::InvalidRequest, format!("Invalid argument: {name}")),
            Self::NotSuper => {
                said(ErrorCode::UnauthorizedClient, "Only super client is allowed to use this service")
            }
            Self::ClientUnknown(id) => (ErrorCode::InvalidClient, format!("Unknown client: {}", text(*id))),
            Self::NotPermitted(_) => said(ErrorCode::UnauthorizedClient, "Plugin is not permitted"),
            Self::Installed(_) => said(ErrorCode::InvalidRequest, "Plugin has been installed"),
            Self::Guest | Self::WrongPassword(_) | Self::Expired | Self::InvalidToken(_) => {
                let code = ErrorCode::InvalidToken;
                said(code, code.description())
            }
            Self::NotOwner(name) => {
                (ErrorCode::AccessDenied, format!("unauthorized operation for user: {name}"))
            }
            Self::ScopeMissing(_) => {
                let code = ErrorCode::InsufficientScope;
                said(code, code.description())
            }
            Self::TooOften(_) => {
                said(ErrorCode::TemporarilyUnavailable, "Too many requests with one credential.")
            }
            Self::FrontEndUnproved(failure) | Self::Failed(failure) => {
                let (code, description) = failure.public();
                said(code, description)
            }
        }
    }

    /// What the log is told.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Missing(name) => format!("{name} missing"),
            Self::Invalid(name) => format!("{name} not served"),
            Self::NotSuper => "client is no super client".to_owned(),
            Self::ClientUnknown(_) => "client unknown".to_owned(),
            Self::NotPermitted(_) => "plugin is not permitted".to_owned(),
            Self::Installed(_) => "plugin is installed already".to_owned(),
            Self::Guest => "neither password nor token".to_owned(),
            Self::WrongPassword(reason) => (*reason).to_owned(),
            Self::Expired => "token expired".to_owned(),
            Self::InvalidToken(refusal) => refusal.reason.to_owned(),
            Self::NotOwner(_) => "neither owner nor administrator".to_owned(),
            Self::ScopeMissing(scope) => format!("token without {scope}"),
            Self::TooOften(_) => "credential used too often".to_owned(),
            Self::FrontEndUnproved(failure) | Self::Failed(failure) => failure.reason().0.into_owned(),
        }
    }
}

fn text(id: Option<ClientId>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}
