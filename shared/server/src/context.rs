//! What the platform knows of a request that its headers must not decide.

use std::net::IpAddr;

use domain::id::RequestId;

/// Put into a request's extensions by whatever runs the endpoint.
#[derive(Clone, Debug)]
pub struct Context {
    /// The platform's name for the request; in the log and in the answer.
    pub request_id: RequestId,
    /// The caller's address as the gateway saw it (RFC 9700 section 4.13): never a header's word.
    pub address: Option<IpAddr>,
}
