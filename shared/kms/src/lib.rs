//! Wraps the service's own keys under a key that AWS KMS holds and never hands out (AWS KMS API reference, Encrypt and Decrypt).
//!
//! What a wrapped key is for is its encryption context, `{"purpose": "signing"}` say: KMS binds it to the wrapped form, and a policy
//! can ask for it (`kms:EncryptionContext:purpose`).

use std::error::Error;

use aws_sdk_kms::Client;
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_kms::primitives::Blob;
use aws_types::SdkConfig;
use jose::wrapping::BoxFuture;
use jose::{KeyWrapping, Purpose, Wrapped, WrappingError};
use zeroize::Zeroizing;

/// The one name in the encryption context.
const PURPOSE: &str = "purpose";

/// The error codes that pass by themselves. The SDK has repeated the call by then.
const PASSING: [&str; 4] =
    ["DependencyTimeoutException", "KMSInternalException", "KeyUnavailableException", "ThrottlingException"];

/// A symmetric key of KMS. It wraps up to 4096 bytes, of which an RSA key of 2048 bits takes some 1200.
#[derive(Clone, Debug)]
pub struct KmsKey {
    client: Client,
    id: String,
}

impl KmsKey {
    /// The key that `id` names, best by its ARN, reached as the SDK's shared configuration says.
    #[must_use]
    pub fn connect(shared: &SdkConfig, id: impl Into<String>) -> Self {
        Self { client: Client::new(shared), id: id.into() }
    }

    /// The key's state as KMS names it (`KeyState`): `Enabled` where it wraps and unwraps.
    ///
    /// # Errors
    /// [`WrappingError`] where KMS is out of reach, knows no such key or may not tell.
    pub async fn state(&self) -> Result<String, WrappingError> {
        let answer = self.client.describe_key().key_id(&self.id).send().await;
        let answer = answer.map_err(|error| failed("DescribeKey", &error))?;
        let state = answer.key_metadata.and_then(|key| key.key_state);
        state.map(|state| state.as_str().to_owned()).ok_or_else(|| empty("DescribeKey"))
    }

    async fn encrypt(&self, purpose: Purpose, plaintext: &[u8]) -> Result<Wrapped, WrappingError> {
        let request = self.client.encrypt().key_id(&self.id).plaintext(Blob::new(plaintext));
        let answer = request.encryption_context(PURPOSE, purpose.as_str()).send().await;
        let answer = answer.map_err(|error| failed("Encrypt", &error))?;
        answer.ciphertext_blob.map(|blob| Wrapped::new(blob.into_inner())).ok_or_else(|| empty("Encrypt"))
    }

    /// "When you use the KeyId parameter to specify a KMS key, KMS only uses the KMS key you specify": what somebody else has wrapped under
    /// a key of theirs is not opened.
    async fn decrypt(
        &self,
        purpose: Purpose,
        wrapped: &Wrapped,
    ) -> Result<Zeroizing<Vec<u8>>, WrappingError> {
        let request = self.client.decrypt().key_id(&self.id).ciphertext_blob(Blob::new(wrapped.as_bytes()));
        let answer = request.encryption_context(PURPOSE, purpose.as_str()).send().await;
        let answer = answer.map_err(|error| failed("Decrypt", &error))?;
        answer.plaintext.map(|blob| Zeroizing::new(blob.into_inner())).ok_or_else(|| empty("Decrypt"))
    }
}

impl KeyWrapping for KmsKey {
    fn wrap<'a>(
        &'a self,
        purpose: Purpose,
        plaintext: &'a [u8],
    ) -> BoxFuture<'a, Result<Wrapped, WrappingError>> {
        Box::pin(self.encrypt(purpose, plaintext))
    }

    fn unwrap<'a>(
        &'a self,
        purpose: Purpose,
        wrapped: &'a Wrapped,
    ) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, WrappingError>> {
        Box::pin(self.decrypt(purpose, wrapped))
    }
}

fn failed<E>(operation: &str, error: &SdkError<E>) -> WrappingError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or("unknown");
            let status = service.raw().status().as_u16();
            let message = service.err().message().unwrap_or("no message");
            let cause = format!("KMS {operation}: {code} ({status}): {message}");
            if PASSING.contains(&code) || status >= 500 {
                WrappingError::Unavailable { cause }
            } else {
                WrappingError::Refused { cause }
            }
        }
        SdkError::ConstructionFailure(_) => WrappingError::Refused { cause: chain(operation, error) },
        _ => WrappingError::Unavailable { cause: chain(operation, error) },
    }
}

/// The SDK's message ends before the cause begins.
fn chain(operation: &str, error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    let causes = causes.map(ToString::to_string).collect::<Vec<_>>();
    format!("KMS {operation}: {}", causes.join(": "))
}

fn empty(operation: &str) -> WrappingError {
    WrappingError::Unavailable { cause: format!("KMS {operation}: the answer is empty") }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{Ipv4Addr, SocketAddr, TcpListener};
    use std::thread;

    use aws_sdk_kms::config::retry::RetryConfig;
    use aws_sdk_kms::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
    use aws_types::SdkConfig;
    use jose::{KeyWrapping as _, Purpose, Wrapped, WrappingError};

    use super::KmsKey;

    fn key_at(address: SocketAddr) -> KmsKey {
        let credentials = Credentials::new("local", "local", None, None, "made up");
        let shared = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(format!("http://{address}"))
            .region(Region::from_static("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(RetryConfig::disabled())
            .build();
        KmsKey::connect(&shared, "key")
    }

    fn listening() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    /// Asks somebody who answers anything with this error.
    async fn answered(status: &str, kind: &str) -> WrappingError {
        let (listener, address) = listening();
        let body = format!("{{\"__type\":\"{kind}\",\"message\":\"so it is\"}}");
        let answer = format!(
            "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 8192];
            assert_ne!(stream.read(&mut request).unwrap(), 0);
            stream.write_all(answer.as_bytes()).unwrap();
        });
        let error = key_at(address).unwrap(Purpose::Signing, &Wrapped::new(vec![1])).await.unwrap_err();
        server.join().unwrap();
        error
    }

    #[tokio::test]
    async fn where_nobody_listens_it_is_out_of_reach() {
        let (listener, address) = listening();
        drop(listener);
        let key = key_at(address);
        for error in [
            key.wrap(Purpose::Signing, b"private").await.unwrap_err(),
            key.unwrap(Purpose::Signing, &Wrapped::new(vec![1])).await.unwrap_err(),
        ] {
            let WrappingError::Unavailable { cause } = error else { panic!("{error}") };
            assert!(cause.starts_with("KMS ") && cause.contains("Connection refused"), "{cause}");
        }
    }

    #[tokio::test]
    async fn what_passes_by_itself_is_told_from_what_does_not() {
        for kind in [
            "AccessDeniedException",
            "DisabledException",
            "IncorrectKeyException",
            "InvalidCiphertextException",
            "KMSInvalidStateException",
            "NotFoundException",
        ] {
            let cause = format!("KMS Decrypt: {kind} (400): so it is");
            assert_eq!(answered("400 Bad Request", kind).await, WrappingError::Refused { cause });
        }
        for (status, kind) in [
            ("400 Bad Request", "ThrottlingException"),
            ("500 Internal Server Error", "KMSInternalException"),
            ("500 Internal Server Error", "DependencyTimeoutException"),
            ("503 Service Unavailable", "Unheard"),
        ] {
            let error = answered(status, kind).await;
            let WrappingError::Unavailable { cause } = &error else { panic!("{error}") };
            let number = status.split_once(' ').unwrap().0;
            assert!(cause.starts_with(&format!("KMS Decrypt: {kind} ({number})")), "{cause}");
        }
    }
}
