//! The closed vocabularies of the protocol: grant types, response types, authentication methods, prompts.

/// Declares an enum whose variants have one spelling on the wire, used by parsing, printing and metadata alike.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every word that is served, in the order of the metadata document.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word itself.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The value that is spelled so, if it is served.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// How tokens are asked for (RFC 6749 section 1.3).
    GrantType {
        /// RFC 6749 section 4.1.
        AuthorizationCode = "authorization_code",
        /// RFC 6749 section 6.
        RefreshToken = "refresh_token",
        /// RFC 6749 section 4.4.
        ClientCredentials = "client_credentials",
        /// RFC 6749 section 4.2: tokens straight from the authorization endpoint, which RFC 9700 section 2.1.2 advises against.
        Implicit = "implicit",
    }
}

impl GrantType {
    /// The grant types of the token endpoint.
    pub const AT_TOKEN_ENDPOINT: &'static [Self] =
        &[Self::AuthorizationCode, Self::RefreshToken, Self::ClientCredentials];
}

words! {
    /// What the authorization endpoint answers with (RFC 6749 section 3.1.1).
    ResponseType {
        /// An authorization code.
        Code = "code",
    }
}

words! {
    /// How the answer travels (OAuth 2.0 Multiple Response Type Encoding Practices, Form Post Response Mode).
    ResponseMode {
        /// In the redirect URI's query.
        Query = "query",
        /// In a form that the browser posts.
        FormPost = "form_post",
    }
}

words! {
    /// How a client authenticates at the endpoints it calls itself (RFC 7591 section 2).
    AuthenticationMethod {
        /// HTTP Basic with the client's secret.
        ClientSecretBasic = "client_secret_basic",
        /// The client's secret in the form.
        ClientSecretPost = "client_secret_post",
        /// Not at all: a public client.
        None = "none",
    }
}

impl AuthenticationMethod {
    /// The methods that prove something; the introspection endpoint takes no other (RFC 7662 section 2.1).
    pub const WITH_SECRET: &'static [Self] = &[Self::ClientSecretBasic, Self::ClientSecretPost];
}

words! {
    /// What kind of program a client is (OpenID Connect Dynamic Client Registration section 2).
    ApplicationType {
        /// Runs on a server.
        Web = "web",
        /// Runs on the user's own device.
        Native = "native",
    }
}

words! {
    /// What the client wants the user to be asked (OpenID Connect Core section 3.1.2.1).
    Prompt {
        /// Nothing.
        None = "none",
        /// To sign in again.
        Login = "login",
        /// To consent again.
        Consent = "consent",
    }
}

words! {
    /// The algorithms an ID token may be signed with (RFC 7518 section 3.1).
    SigningAlgorithm {
        /// RSASSA-PKCS1-v1_5 with SHA-256.
        Rs256 = "RS256",
        /// ECDSA on P-256 with SHA-256.
        Es256 = "ES256",
    }
}

#[cfg(test)]
mod tests {
    use super::GrantType;

    #[test]
    fn words_read_back() {
        for &grant in GrantType::ALL {
            assert_eq!(GrantType::parse(grant.as_str()), Some(grant));
            assert_eq!(serde_json::to_value(grant).unwrap(), grant.as_str());
        }
        assert_eq!(GrantType::parse("password"), None);
    }
}
