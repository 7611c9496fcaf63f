//! Who looks at clients, and which of them they get to see.

use domain::client::Client;
use domain::function::permission;
use domain::name::{CustomerName, FunctionName};
use oauth::{ErrorCode, Refusal};
use store::clients::Listing;

use crate::principal::Principal;

/// Somebody who may see clients: those that they could be let in by, and an administrator all of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Viewer<'a> {
    principal: &'a Principal,
}

impl<'a> Viewer<'a> {
    /// Takes whoever has the permission to see clients, be it for one customer.
    ///
    /// # Errors
    /// `access_denied`.
    pub(super) fn new(principal: &'a Principal) -> Result<Self, Refusal> {
        let denied = Refusal::new(ErrorCode::AccessDenied, "permission missing");
        principal
            .permissions
            .has_for_any(permission::VIEW_CLIENTS)
            .then_some(Self { principal })
            .ok_or(denied)
    }

    /// Whether this is somebody who sees every client, deleted ones too.
    pub(super) fn administers(&self) -> bool {
        self.principal.permissions.has(permission::ADMINISTER)
    }

    /// Whether they see `client` at all.
    pub(super) fn sees(&self, client: &Client) -> bool {
        let required = client.bounds.as_ref().map(|bounds| &bounds.required_function);
        self.administers() || (!client.deleted && self.is_admitted(required, client.customer()))
    }

    /// Whether they see the client that the directory lists so.
    pub(super) fn sees_listed(&self, listing: &Listing) -> bool {
        let (required, customer) = (listing.required_function.as_ref(), listing.customer.as_ref());
        self.administers() || (!listing.deleted && self.is_admitted(required, customer))
    }

    /// Whether a client would let them in, and they may know of it. A client that requires nothing registered itself, under whatever
    /// name it likes: it is not shown beside those that administrators vouch for.
    fn is_admitted(&self, required: Option<&FunctionName>, customer: Option<&CustomerName>) -> bool {
        let Principal { user, limit, customer: confined, permissions, .. } = self.principal;
        let limited = limit.as_ref().map(|limit| user.functions.limited(limit));
        let functions = limited.as_ref().unwrap_or(&user.functions);
        required.is_some_and(|required| functions.holds(required, customer))
            && (confined.is_none() || confined.as_ref() == customer)
            && permissions.has_for(permission::VIEW_CLIENTS, customer)
    }
}
