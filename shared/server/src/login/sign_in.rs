//! Signing in with a name and a password.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::authorization::{Next, Pending, SignedIn};
use domain::password::PasswordHash;
use domain::secret::SessionToken;
use domain::session::Session;
use domain::token::{SessionKeys, Token};
use domain::user::{Login as StoredLogin, User};
use domain::{SessionId, UserId};
use oauth::Parameters;
use oauth::metadata::paths;
use pages::{Login as LoginPage, LoginError, SignedIn as SignedInPage};
use store::StoreError;
use store::sessions::Spent;

use super::form::Form;
use super::{Login, view};
use crate::audit::Event;
use crate::body::Asked;
use crate::context::Context;
use crate::cookies::{Cookie, session, signed_in};
use crate::error::{Failure, Reason};
use crate::passwords::{Proved, Wrong};
use crate::respond::{error_page, page, see_other, with_cookie};

/// Shows the form, or goes on where nobody has to sign in.
pub(super) async fn show(State(endpoint): State<Login>, asked: Asked) -> Response {
    let answer = match asked.parameters() {
        Ok(parameters) => endpoint.open(parameters, &asked.headers).await,
        Err(refusal) => Err(refusal.into()),
    };
    answer.unwrap_or_else(|failure| error_page(&failure, &endpoint.ambient, &asked.context))
}

/// Takes the form.
pub(super) async fn submit(State(endpoint): State<Login>, asked: Asked) -> Response {
    let answer = match asked.parameters() {
        Ok(parameters) => endpoint.sign_in(parameters, &asked.headers, &asked.context).await,
        Err(refusal) => Err(refusal.into()),
    };
    answer.unwrap_or_else(|failure| error_page(&failure, &endpoint.ambient, &asked.context))
}

/// Why the form is shown again, to the person and to the log.
type Again = (LoginError, StatusCode, &'static str);
const FOREIGN: Again =
    (LoginError::Expired, StatusCode::BAD_REQUEST, "sign-in form is stale or from another browser");
const REPEATED: Again = (LoginError::Repeated, StatusCode::BAD_REQUEST, "sign-in form used before");

/// A form that nobody is signed in by.
struct Refused {
    /// Whose name was typed, where there is such a user.
    user: Option<UserId>,
    again: Again,
}

impl Refused {
    /// The person is not told what was wrong.
    const fn wrong(user: Option<UserId>, reason: &'static str) -> Self {
        Self { user, again: (LoginError::WrongCredentials, StatusCode::UNAUTHORIZED, reason) }
    }
}

impl Login {
    async fn open(&self, parameters: &Parameters, headers: &HeaderMap) -> Result<Response, Failure> {
        let pending = self.pending(parameters).await?;
        let cookie = session(headers, self.issuer());
        let switching = parameters.get("switch").is_some();
        if let Some(cookie) = cookie.filter(|_| !switching) {
            let (session, user) = self.standing.visitor(cookie.keys).await?;
            let visitor = signed_in(Some(&cookie), session.as_ref(), user.as_ref(), self.ambient.now());
            if let Some(answer) = self.go_on(pending.as_ref(), visitor).await? {
                return Ok(answer);
            }
        }
        self.show_form(pending.as_ref(), headers, "", None).await
    }

    /// Where somebody is signed in already and nothing asks for more, there is no form to show.
    async fn go_on(
        &self,
        pending: Option<&Pending>,
        visitor: Option<SignedIn<'_>>,
    ) -> Result<Option<Response>, Failure> {
        let Some(visitor) = visitor else { return Ok(None) };
        let Some(pending) = pending else {
            let service = &self.ambient.settings.service_name;
            let shown =
                SignedInPage { service, username: visitor.user.username.as_str(), logout: paths::LOGOUT };
            return Ok(Some(page(StatusCode::OK, &shown)));
        };
        let client = self.client(pending.request.client).await?;
        match pending.next(&client, Some(visitor), None, self.ambient.now()) {
            Next::SignIn => Ok(None),
            _ => self.resume(pending).await.map(Some),
        }
    }

    async fn show_form(
        &self,
        pending: Option<&Pending>,
        headers: &HeaderMap,
        username: &str,
        again: Option<Again>,
    ) -> Result<Response, Failure> {
        let client = match pending {
            Some(pending) => Some((self.client(pending.request.client).await?, &pending.request)),
            None => None,
        };
        let hint = client.as_ref().and_then(|(_, request)| request.login_hint.as_deref()).unwrap_or_default();
        let form = Form::show(headers, &self.ambient, self.sealing.current().await?.as_ref())?;
        let request = match pending {
            Some(pending) => self.seal(pending).await?,
            None => String::new(),
        };
        let shown = LoginPage {
            service: &self.ambient.settings.service_name,
            action: paths::LOGIN,
            request: &request,
            csrf: &form.csrf,
            client: client.as_ref().map(|(client, request)| view(client, &request.redirect_uri)),
            username: if username.is_empty() { hint } else { username },
            error: again.map(|(error, ..)| error),
        };
        let mut response = page(again.map_or(StatusCode::OK, |(_, status, _)| status), &shown);
        if let Some((.., reason)) = again {
            response.extensions_mut().insert(Reason(reason.into()));
        }
        Ok(with_cookie(response, form.cookie))
    }

    async fn sign_in(
        &self,
        form: &Parameters,
        headers: &HeaderMap,
        context: &Context,
    ) -> Result<Response, Failure> {
        let pending = self.pending(form).await?;
        let typed = form.get("username").unwrap_or_default();
        let csrf = form.get("csrf").unwrap_or_default();
        let refused = match Form::read(csrf, headers, &self.ambient, &self.sealing).await? {
            None => Refused { user: None, again: FOREIGN },
            Some(sealed) => match self.authenticate(typed, form.get("password").unwrap_or_default()).await? {
                Err(refused) => refused,
                Ok(user) => {
                    tracing::Span::current().record("user.id", tracing::field::display(user.id));
                    match self.begin(&user, &sealed, headers, context).await? {
                        Some(token) => return self.signed_in(pending, &token).await,
                        None => Refused { user: Some(user.id), again: REPEATED },
                    }
                }
            },
        };
        let Refused { user, again } = refused;
        Event::SignInRefused { user, reason: again.2 }.record();
        self.show_form(pending.as_ref(), headers, typed, Some(again)).await
    }

    /// Finds the user whose name and password these are. A hash with dated parameters is replaced on the way.
    async fn authenticate(&self, typed: &str, password: &str) -> Result<Result<User, Refused>, Failure> {
        Ok(match self.passwords.prove(typed.trim(), password).await? {
            Ok(Proved { user, dated }) => {
                if let Some(login) = dated {
                    self.rehash(&login, password).await?;
                }
                Ok(user)
            }
            Err(Wrong { user, reason }) => Err(Refused::wrong(user, reason)),
        })
    }

    async fn rehash(&self, login: &StoredLogin, password: &str) -> Result<(), StoreError> {
        match PasswordHash::new(password, self.ambient.entropy.as_ref()) {
            Ok(hash) => self.logins.rehash(login, &hash).await,
            Err(_) => Ok(()),
        }
    }

    /// Begins a session with a cookie of its own, so that none that was planted before is ever signed in. The same user's session is
    /// renewed instead, and another user's ends: what depended on it goes with it.
    async fn begin(
        &self,
        user: &User,
        form: &Form,
        headers: &HeaderMap,
        context: &Context,
    ) -> Result<Option<Token<SessionToken>>, Failure> {
        let now = self.ambient.now();
        let before = session(headers, self.issuer());
        let renewable = match &before {
            Some(cookie) if cookie.keys.user == user.id => {
                let (session, found) = self.standing.visitor(cookie.keys).await?;
                signed_in(Some(cookie), session.as_ref(), found.as_ref(), now).map(|_| cookie)
            }
            _ => None,
        };
        if let Some(cookie) = renewable {
            let (session, token) = self.session(cookie.keys, context);
            match self.sessions.renew(&session, &cookie.digest(), &form.guard(), now).await? {
                Spent::Now => {
                    Event::SignInSucceeded { user: user.id, session: session.id }.record();
                    return Ok(Some(token));
                }
                Spent::Before => return Ok(None),
                // Signed out in another tab since it was read: as if that had come first.
                Spent::Ended => {}
            }
        }
        let id = SessionId::generate(self.ambient.entropy.as_ref());
        let (session, token) = self.session(SessionKeys { user: user.id, session: id }, context);
        if self.sessions.begin(&session, &form.guard(), now).await? != Spent::Now {
            return Ok(None);
        }
        Event::SignInSucceeded { user: user.id, session: id }.record();
        if let (None, Some(cookie)) = (renewable, &before) {
            self.end(cookie).await?;
        }
        Ok(Some(token))
    }

    /// A session from now on, and its cookie.
    fn session(&self, keys: SessionKeys, context: &Context) -> (Session, Token<SessionToken>) {
        let now = self.ambient.now();
        let token = Token::<SessionToken>::generate(keys, self.ambient.entropy.as_ref());
        let session = Session {
            user: keys.user,
            id: keys.session,
            token: token.digest(),
            auth_time: now,
            expires_at: now + self.ambient.settings.lifetimes.session,
            address: context.address,
        };
        (session, token)
    }

    async fn signed_in(
        &self,
        pending: Option<Pending>,
        token: &Token<SessionToken>,
    ) -> Result<Response, Failure> {
        let response = match pending {
            Some(pending) => self.resume(&Pending { signed_in: Some(token.keys.session), ..pending }).await?,
            None => see_other(paths::LOGIN),
        };
        let cookie = Cookie::Session.set(&token.to_text(), self.issuer());
        Ok(with_cookie(response, cookie))
    }
}
