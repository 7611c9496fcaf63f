//! What a client is told of a token (RFC 7662), wherever it asks: at the introspection endpoint or, as Argus's documentation has it, at
//! the token endpoint.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::response::{IntoResponse, Response};
use domain::UnixTime;
use domain::client::Client;
use domain::name::{CustomerName, Permission};
use domain::permissions::{Delegation, Permissions};
use oauth::{ErrorCode, Refusal, Scope};
use serde::Serialize;
use store::directory::Functions;
use store::standing::Standing;

use crate::body::Form;
use crate::caller::Caller;
use crate::context::Context;
use crate::error::{Failure, Reason};
use crate::platform::{Ambient, Platform};
use crate::presented::{Dead, Live, Presented};

/// What looking tokens up takes. It holds no key and writes nothing.
#[derive(Clone)]
pub(crate) struct Introspection {
    ambient: Ambient,
    standing: Standing,
    functions: Functions,
}

/// The JSON of section 2.2.
#[derive(Serialize)]
struct Answer {
    active: bool,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    about: Option<About>,
}

#[derive(Serialize)]
struct About {
    scope: Scope,
    client_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    exp: UnixTime,
    sub: String,
    aud: String,
    iss: String,
    #[serde(flatten)]
    bounds: Bounds,
}

/// What the session may do now: members of our own, which section 2.2 leaves room for.
#[derive(Default, Serialize)]
struct Bounds {
    /// For every customer or, where there is a `customer`, for that one.
    #[serde(skip_serializing_if = "Option::is_none")]
    permissions: Option<BTreeSet<Permission>>,
    /// The customer that the session is confined to.
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<CustomerName>,
    /// What it may do for single customers beyond `permissions`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    customer_permissions: BTreeMap<CustomerName, BTreeSet<Permission>>,
}

impl Introspection {
    pub(crate) fn new(platform: &Platform) -> Self {
        Self {
            ambient: platform.ambient.clone(),
            standing: platform.store.standing.clone(),
            functions: platform.store.functions.clone(),
        }
    }

    /// Answers the form's `token`, which is active for nobody but the client it was issued to.
    pub(crate) async fn answer(
        &self,
        caller: &Caller,
        form: &Form,
        context: &Context,
    ) -> Result<Response, Failure> {
        // "the endpoint MUST also require some form of authorization to access this endpoint" (section 2.1)
        if caller.is_public() {
            return Err(Refusal::new(ErrorCode::InvalidClient, "public client introspects").into());
        }
        let token = form.parameters.require("token", "token missing", "token is required.")?;
        match self.look_up(token, caller, form, context).await? {
            Ok(about) => Ok(Json(Answer { active: true, about: Some(about) }).into_response()),
            // "If the token is not active, does not exist on this server, or the protected resource is not allowed to introspect this
            // particular token, then the authorization server MUST return an introspection response with the "active" field set to
            // "false" […] SHOULD NOT include any additional information".
            Err(reason) => {
                let mut response = Json(Answer { active: false, about: None }).into_response();
                response.extensions_mut().insert(Reason(reason.into()));
                Ok(response)
            }
        }
    }

    /// Every use is bounded by what holds now: a token that was good a moment ago is none where its user is no longer let in, or where
    /// it is used for another user agent's address (Argus).
    async fn look_up(
        &self,
        token: &str,
        caller: &Caller,
        form: &Form,
        context: &Context,
    ) -> Result<Result<About, &'static str>, Failure> {
        let reason = |dead: Dead| Refusal::from(dead).reason;
        let Some(presented) = Presented::parse(token) else { return Ok(Err(reason(Dead::Malformed))) };
        let holding = self.standing.holding(presented.keys()).await?;
        let live = match presented.judge(holding, self.ambient.now()) {
            Ok(live) if live.grant.client == caller.id => live,
            Ok(_) => return Ok(Err("token of another client")),
            Err(dead) => return Ok(Err(reason(dead))),
        };
        if let Err(dead) = live.judge_for(caller, &form.headers, context, &self.ambient.settings) {
            return Ok(Err(reason(dead)));
        }
        let access = matches!(presented, Presented::Access(_));
        let bounds = match access {
            true => self.bounds(&live, caller).await?,
            false => Bounds::default(),
        };
        Ok(Ok(self.describe(live, access, bounds)))
    }

    /// What the user lets the client do; nothing where the client acts for itself.
    async fn bounds(&self, live: &Live, client: &Client) -> Result<Bounds, Failure> {
        let Some(user) = &live.user else { return Ok(Bounds::default()) };
        let permissions = match user.functions.is_empty() {
            true => Permissions::default(),
            false => {
                let delegation = Delegation {
                    user,
                    limit: live.grant.limit.as_ref(),
                    client,
                    scope: &live.scope,
                    api_scopes: &self.ambient.settings.api_scope(),
                };
                delegation.permissions(&*self.functions.recall(self.ambient.now()).await?)
            }
        };
        let told = client.bounds.is_some() || !permissions.everywhere.is_empty();
        Ok(Bounds {
            permissions: told.then_some(permissions.everywhere),
            customer: client.customer().cloned(),
            customer_permissions: permissions.by_customer,
        })
    }

    fn describe(&self, live: Live, access: bool, bounds: Bounds) -> About {
        About {
            scope: live.scope,
            client_id: live.grant.client.to_string(),
            username: live.user.map(|user| user.username.to_string()),
            token_type: access.then_some("Bearer"),
            exp: live.expires_at,
            sub: live.grant.keys.owner.to_string(),
            aud: live.grant.client.to_string(),
            iss: self.ambient.settings.issuer.to_string(),
            bounds,
        }
    }
}
