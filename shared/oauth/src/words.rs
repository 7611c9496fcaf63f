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
    /// What the authorization endpoint answers with (RFC 6749 section 3.1.1, OpenID Connect Core section 3).
    ResponseType {
        /// An authorization code.
        Code = "code",
        /// An access token.
        Token = "token",
        /// An ID token.
        IdToken = "id_token",
        /// Both.
        IdTokenToken = "id_token token",
    }
}

impl ResponseType {
    /// The type that these words make up. "The order of the values does not matter" (RFC 6749 section 3.1.1), and none comes twice.
    pub fn of<'a>(words: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let sorted = |words: &mut Vec<&'a str>| words.sort_unstable();
        let mut asked: Vec<_> = words.into_iter().collect();
        sorted(&mut asked);
        Self::ALL.iter().copied().find(|kind| {
            let mut own: Vec<_> = kind.as_str().split(' ').collect();
            sorted(&mut own);
            own == asked
        })
    }

    /// Whether it answers with tokens of its own and without a code (RFC 6749 section 4.2).
    #[must_use]
    pub const fn is_implicit(self) -> bool {
        !matches!(self, Self::Code)
    }

    /// Whether an access token is in the answer.
    #[must_use]
    pub const fn has_access_token(self) -> bool {
        matches!(self, Self::Token | Self::IdTokenToken)
    }

    /// Whether an ID token is in the answer.
    #[must_use]
    pub const fn has_id_token(self) -> bool {
        matches!(self, Self::IdToken | Self::IdTokenToken)
    }

    /// The grant type that a client must be registered for.
    #[must_use]
    pub const fn grant_type(self) -> GrantType {
        if self.is_implicit() { GrantType::Implicit } else { GrantType::AuthorizationCode }
    }
}

words! {
    /// How the answer travels (OAuth 2.0 Multiple Response Type Encoding Practices, Form Post Response Mode).
    ResponseMode {
        /// In the redirect URI's query.
        Query = "query",
        /// In the redirect URI's fragment, which only the browser sees.
        Fragment = "fragment",
        /// In a form that the browser posts.
        FormPost = "form_post",
    }
}

impl ResponseMode {
    /// The mode of an answer to this `response_type`, where the request names none that is served for it.
    ///
    /// Whatever has a token in its name goes by fragment, also where it isn't served: "the authorization server adds the following
    /// parameters to the fragment component of the redirection URI" (RFC 6749 section 4.2.2.1).
    #[must_use]
    pub fn usual(response_type: &str) -> Self {
        let implicit = response_type.split(' ').any(|word| matches!(word, "token" | "id_token"));
        if implicit { Self::Fragment } else { Self::Query }
    }

    /// The mode that a request asks for, if it is served. Tokens never travel in a query (Multiple Response Types section 3).
    #[must_use]
    pub fn asked(mode: &str, response_type: &str) -> Option<Self> {
        let secret = Self::usual(response_type) == Self::Fragment;
        Self::parse(mode).filter(|&mode| !(secret && mode == Self::Query))
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
    use super::{GrantType, ResponseMode, ResponseType};

    #[test]
    fn words_read_back() {
        for &grant in GrantType::ALL {
            assert_eq!(GrantType::parse(grant.as_str()), Some(grant));
            assert_eq!(serde_json::to_value(grant).unwrap(), grant.as_str());
        }
        assert_eq!(GrantType::parse("password"), None);
    }

    #[test]
    fn the_words_of_a_response_type_come_in_any_order() {
        let read = |text: &'static str| ResponseType::of(text.split(' '));
        for kind in ResponseType::ALL {
            assert_eq!(read(kind.as_str()), Some(*kind));
        }
        assert_eq!(read("token id_token"), Some(ResponseType::IdTokenToken));
        for text in ["", "token token", "token  id_token", "code token", "code id_token", "none", "TOKEN"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn s15_what_has_a_token_in_it_never_goes_by_query() {
        for kind in ["token", "id_token", "id_token token", "token id_token", "code token", "code id_token"] {
            assert_eq!(ResponseMode::usual(kind), ResponseMode::Fragment, "{kind}");
            assert_eq!(ResponseMode::asked("query", kind), None, "{kind}");
            assert_eq!(ResponseMode::asked("form_post", kind), Some(ResponseMode::FormPost), "{kind}");
        }
        for kind in ["code", "", "tokens"] {
            assert_eq!(ResponseMode::usual(kind), ResponseMode::Query, "{kind}");
            assert_eq!(ResponseMode::asked("fragment", kind), Some(ResponseMode::Fragment), "{kind}");
        }
    }
}
