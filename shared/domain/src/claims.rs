//! What a client is told about a user: under which scope, and by which claim providers of its own.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::name::FunctionName;

/// A claim that a client is told beside those of its scopes (Argus's `openIDCustomClaims`), as it is written on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "provider", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ClaimProvider {
    /// Something that is known of the user, under another name.
    CustomClaim {
        /// What.
        claim: ClaimSource,
        /// Under which name.
        claim_name: String,
    },
    /// `groups`: those of the user's that are allowed.
    UserGroups {
        /// The allowed ones.
        allowed_groups: BTreeSet<String>,
        /// One text, separated by commas, instead of an array.
        #[serde(default)]
        stringified: bool,
    },
    /// `groups`: all of the user's.
    AllUserGroups {
        /// One text, separated by commas, instead of an array.
        #[serde(default)]
        stringified: bool,
    },
    /// The roles of those functions that the user holds, in an array.
    FunctionRoleMapping {
        /// Under which name.
        claim_name: String,
        /// The role of each function.
        role_mapping: BTreeMap<FunctionName, String>,
    },
}

/// What a [`ClaimProvider::CustomClaim`] may tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClaimSource {
    /// The name to sign in with.
    #[serde(rename = "username")]
    Username,
    /// Full name.
    #[serde(rename = "name")]
    Name,
    /// URL of a picture.
    #[serde(rename = "picture")]
    Picture,
    /// E-mail address.
    #[serde(rename = "email")]
    Email,
    /// The address that the session is bound to.
    #[serde(rename = "clientIP")]
    ClientIp,
    /// The number of the user's customer.
    #[serde(rename = "customerID")]
    CustomerId,
    /// The short name of the user's customer.
    #[serde(rename = "customerShortName")]
    CustomerShortName,
    /// The name of the user's customer.
    #[serde(rename = "customerName")]
    CustomerName,
    /// The number of the user's domain.
    #[serde(rename = "domainID")]
    DomainId,
    /// Telephone number.
    #[serde(rename = "phone")]
    Phone,
}
