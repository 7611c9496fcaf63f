//! What a client presents to authenticate, read from header and form (RFC 6749 section 2.3.1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::error::{ErrorCode, Refusal};
use crate::parameters::{self, Parameters};
use crate::words::AuthenticationMethod;

/// A client's name and proof, not yet checked against anything.
#[derive(Debug)]
pub struct UnverifiedClient {
    /// The `client_id` presented.
    pub client_id: String,
    /// How it was presented.
    pub method: AuthenticationMethod,
    /// The secret presented; none for a public client.
    pub secret: Option<PresentedSecret>,
}

/// A secret as presented, with every reading that real clients mean by it.
pub struct PresentedSecret {
    readings: Vec<Zeroizing<String>>,
}

impl PresentedSecret {
    /// The readings to compare: form-decoded as RFC 6749 asks, then as sent, for the many clients that don't encode; and without the line
    /// feed that `echo` puts behind it, as in the example that Argus's clients were written after.
    pub fn readings(&self) -> impl Iterator<Item = &str> {
        self.readings.iter().map(|reading| reading.as_str())
    }
}

impl std::fmt::Debug for PresentedSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl UnverifiedClient {
    /// Reads the one credential of a request from its `Authorization` header and its form.
    ///
    /// # Errors
    /// `invalid_request` for more than one method: "The client MUST NOT use more than one authentication method in each request."
    /// `invalid_client` for none at all, or for a header that can't be read.
    pub fn from_request(authorization: Option<&[u8]>, form: &Parameters) -> Result<Self, Refusal> {
        let named = form.get("client_id");
        let Some(header) = authorization else { return Self::from_form(named, form.get("client_secret")) };
        if form.get("client_secret").is_some() {
            return Err(Refusal::new(ErrorCode::InvalidRequest, "two client authentication methods")
                .saying("More than one client authentication method is used."));
        }
        let client = Self::from_basic(header)?;
        if named.is_some_and(|named| named != client.client_id) {
            return Err(Refusal::new(ErrorCode::InvalidRequest, "client_id differs from the header's")
                .saying("client_id differs from the Authorization header's."));
        }
        Ok(client)
    }

    /// A client that presents a secret in the form, whatever the parameters are called.
    #[must_use]
    pub fn by_secret(client_id: &str, secret: &str) -> Self {
        let secret = PresentedSecret { readings: vec![Zeroizing::new(secret.to_owned())] };
        let method = AuthenticationMethod::ClientSecretPost;
        Self { client_id: client_id.to_owned(), method, secret: Some(secret) }
    }

    fn from_form(client_id: Option<&str>, secret: Option<&str>) -> Result<Self, Refusal> {
        let client_id = client_id.ok_or(Refusal::new(ErrorCode::InvalidClient, "no client named"))?;
        Ok(match secret {
            Some(secret) => Self::by_secret(client_id, secret),
            None => {
                Self { client_id: client_id.to_owned(), method: AuthenticationMethod::None, secret: None }
            }
        })
    }

    /// "The client identifier is encoded using the `application/x-www-form-urlencoded` encoding algorithm […] and the encoded value
    /// is used as the username; the client password is encoded using the same algorithm."
    fn from_basic(header: &[u8]) -> Result<Self, Refusal> {
        let unreadable =
            || Refusal::new(ErrorCode::InvalidClient, "Authorization header is not readable Basic");
        let (scheme, credentials) = header.split_at_checked(6).ok_or_else(unreadable)?;
        if !scheme.eq_ignore_ascii_case(b"basic ") {
            return Err(unreadable());
        }
        let decoded = STANDARD.decode(credentials.trim_ascii()).map_err(|_| unreadable())?;
        let decoded = Zeroizing::new(String::from_utf8(decoded).map_err(|_| unreadable())?);
        let (client_id, secret) = decoded.split_once(':').ok_or_else(unreadable)?;
        let client_id = parameters::decode(client_id.as_bytes()).map_err(|_| unreadable())?;
        let mut readings = vec![Zeroizing::new(secret.to_owned())];
        if let Ok(encoded) = parameters::decode(secret.as_bytes())
            && encoded != secret
        {
            readings.insert(0, Zeroizing::new(encoded));
        }
        readings.extend(secret.strip_suffix('\n').map(|line| Zeroizing::new(line.to_owned())));
        if client_id.is_empty() || secret.contains('\0') {
            return Err(unreadable());
        }
        let secret = Some(PresentedSecret { readings });
        Ok(Self { client_id, method: AuthenticationMethod::ClientSecretBasic, secret })
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::UnverifiedClient;
    use crate::parameters::Parameters;
    use crate::words::AuthenticationMethod;

    fn basic(credentials: &str) -> Vec<u8> {
        format!("Basic {}", STANDARD.encode(credentials)).into_bytes()
    }

    fn read(header: Option<&[u8]>, form: &str) -> Result<UnverifiedClient, &'static str> {
        let form = Parameters::parse(form.as_bytes()).unwrap();
        UnverifiedClient::from_request(header, &form).map_err(|refusal| refusal.reason)
    }

    #[test]
    fn s30_basic_secrets_match_encoded_and_raw() {
        let client = read(Some(&basic("my%3Aid:a%3Ab%25+c")), "").unwrap();
        assert_eq!(client.client_id, "my:id");
        let secret = client.secret.unwrap();
        assert_eq!(secret.readings().collect::<Vec<_>>(), ["a:b% c", "a%3Ab%25+c"]);

        let secret = read(Some(&basic("id:a:b%c")), "").unwrap().secret.unwrap();
        assert_eq!(secret.readings().collect::<Vec<_>>(), ["a:b%c"]);
    }

    /// `echo id:secret | base64`, as in Argus's documentation.
    #[test]
    fn a_line_feed_at_the_end_may_be_no_part_of_the_secret() {
        let example = b"Basic MDIxMjY5YzUtMDRjMy00Mzk5LWEyMDYtMzI2NTljNDg5ODAzOm15U2VjcmV0UGFzc3dvcmQK";
        let client = read(Some(example), "").unwrap();
        assert_eq!(client.client_id, "021269c5-04c3-4399-a206-32659c489803");
        let secret = client.secret.unwrap();
        assert_eq!(secret.readings().collect::<Vec<_>>(), ["mySecretPassword\n", "mySecretPassword"]);
    }

    #[test]
    fn s27_two_methods_are_one_too_many() {
        let header = basic("id:secret");
        assert_eq!(read(Some(&header), "client_secret=x").unwrap_err(), "two client authentication methods");
        assert_eq!(
            read(Some(&header), "client_id=other").unwrap_err(),
            "client_id differs from the header's"
        );
        assert_eq!(
            read(Some(&header), "client_id=id").unwrap().method,
            AuthenticationMethod::ClientSecretBasic
        );
    }

    #[test]
    fn refuses_unreadable_headers() {
        for header in
            [&b"Basic"[..], b"Basic !!!", b"Bearer abc", b"\xff\xff\xff\xff\xff\xff\xff", b"Basic Og=="]
        {
            assert_eq!(read(Some(header), "").unwrap_err(), "Authorization header is not readable Basic");
        }
        assert_eq!(read(None, "").unwrap_err(), "no client named");
    }

    proptest! {
        #[test]
        fn never_panics(header in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = read(Some(&header), "");
        }
    }
}
