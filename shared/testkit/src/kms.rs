//! A KMS of one key (AWS KMS API Reference: Encrypt, Decrypt; JSON 1.1). The key is the one that the local stack wraps with anyway, so that
//! functions open what the stack has wrapped, and the other way round.

use std::sync::Arc;

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jose::{KeyWrapping, Purpose, Wrapped, WrappingError};
use serde_json::{Value, json};

/// What functions are to call the key: `WRAPPING_KEY`.
pub const KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/00000000-0000-0000-0000-000000000000";

/// What KMS encrypts at most, in bytes.
const LONGEST: usize = 4096;

/// The KMS.
#[derive(Clone)]
pub(crate) struct Kms(Arc<dyn KeyWrapping>);

/// KMS says no: the error's name and what it tells.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal(&'static str, String);

impl Refusal {
    /// The answer.
    pub(crate) fn answer(&self) -> (StatusCode, Value) {
        (StatusCode::BAD_REQUEST, json!({"__type": self.0, "message": self.1}))
    }
}

impl Kms {
    /// The KMS of this key.
    pub(crate) const fn new(key: Arc<dyn KeyWrapping>) -> Self {
        Self(key)
    }

    /// Does what is asked.
    ///
    /// # Errors
    /// [`Refusal`], as KMS refuses.
    pub(crate) async fn call(&self, operation: &str, asked: &Value) -> Result<Value, Refusal> {
        match operation {
            "Encrypt" => self.encrypt(asked).await,
            "Decrypt" => self.decrypt(asked).await,
            _ => Err(Refusal("UnknownOperationException", format!("{operation} is not done here"))),
        }
    }

    async fn encrypt(&self, asked: &Value) -> Result<Value, Refusal> {
        known(asked.get("KeyId").unwrap_or(&Value::Null))?;
        let plaintext = bytes(asked, "Plaintext")?;
        if plaintext.is_empty() || plaintext.len() > LONGEST {
            return Err(invalid("Plaintext must have 1 to 4096 bytes"));
        }
        let wrapped = self.0.wrap(bound_to(asked)?, &plaintext).await.map_err(refused)?;
        let blob = STANDARD.encode(wrapped.as_bytes());
        Ok(json!({"CiphertextBlob": blob, "KeyId": KEY, "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}))
    }

    /// The key need not be named: KMS finds it in the wrapped form.
    async fn decrypt(&self, asked: &Value) -> Result<Value, Refusal> {
        asked.get("KeyId").map_or(Ok(()), known)?;
        let wrapped = Wrapped::new(bytes(asked, "CiphertextBlob")?);
        let plaintext = self.0.unwrap(bound_to(asked)?, &wrapped).await.map_err(refused)?;
        let plaintext = STANDARD.encode(plaintext.as_slice());
        Ok(json!({"Plaintext": plaintext, "KeyId": KEY, "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}))
    }
}

/// The purpose in the encryption context, which may hold nothing else.
pub(crate) fn purpose(asked: &Value) -> Option<&str> {
    let context = asked.get("EncryptionContext")?.as_object()?;
    context.get("purpose").filter(|_| context.len() == 1)?.as_str()
}

fn bound_to(asked: &Value) -> Result<Purpose, Refusal> {
    let named = purpose(asked);
    let known = [Purpose::Signing, Purpose::Sealing].into_iter().find(|known| Some(known.as_str()) == named);
    known.ok_or_else(|| invalid("EncryptionContext must be a purpose and nothing else"))
}

fn known(id: &Value) -> Result<(), Refusal> {
    let ours = id.as_str().is_some_and(|id| id == KEY || KEY.ends_with(&format!(":key/{id}")));
    if ours { Ok(()) } else { Err(Refusal("NotFoundException", format!("Key {id} does not exist"))) }
}

fn bytes(asked: &Value, name: &str) -> Result<Vec<u8>, Refusal> {
    let text = asked.get(name).and_then(Value::as_str);
    let bytes = text.and_then(|text| STANDARD.decode(text).ok());
    bytes.ok_or_else(|| invalid(&format!("{name} must be base64")))
}

fn invalid(problem: &str) -> Refusal {
    Refusal("ValidationException", problem.to_owned())
}

/// "If the ciphertext has been corrupted or otherwise invalid", the context among it, KMS does not say which.
fn refused(_: WrappingError) -> Refusal {
    Refusal("InvalidCiphertextException", String::new())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use domain::entropy::SystemEntropy;
    use jose::{KeyWrapping as _, LocalKey, Purpose, Wrapped};
    use serde_json::{Value, json};

    use super::{KEY, Kms};

    fn local() -> Arc<LocalKey> {
        Arc::new(LocalKey::from_bytes([1; 32], Arc::new(SystemEntropy)))
    }

    async fn call(operation: &str, asked: Value) -> Result<Value, &'static str> {
        Kms::new(local()).call(operation, &asked).await.map_err(|refusal| refusal.0)
    }

    #[tokio::test]
    async fn opens_what_the_stack_has_wrapped_and_the_other_way_round() {
        let wrapped = local().wrap(Purpose::Signing, b"private").await.unwrap();
        let blob = STANDARD.encode(wrapped.as_bytes());
        let asked =
            json!({"KeyId": KEY, "CiphertextBlob": blob, "EncryptionContext": {"purpose": "signing"}});
        let opened = call("Decrypt", asked).await.unwrap();
        assert_eq!(opened["Plaintext"], STANDARD.encode("private"));

        let asked = json!({"KeyId": KEY, "Plaintext": STANDARD.encode("private"), "EncryptionContext": {"purpose": "sealing"}});
        let wrapped = call("Encrypt", asked).await.unwrap();
        assert_eq!(wrapped["KeyId"], KEY);
        let wrapped = Wrapped::new(STANDARD.decode(wrapped["CiphertextBlob"].as_str().unwrap()).unwrap());
        assert_eq!(local().unwrap(Purpose::Sealing, &wrapped).await.unwrap().as_slice(), b"private");
    }

    #[tokio::test]
    async fn refuses_as_kms_does() {
        let wrapped = local().wrap(Purpose::Signing, b"private").await.unwrap();
        let blob = STANDARD.encode(wrapped.as_bytes());
        let signing = json!({"purpose": "signing"});
        let text = |length: usize| STANDARD.encode(vec![0; length]);
        for (operation, asked, refusal) in [
            (
                "Decrypt",
                json!({"CiphertextBlob": blob, "EncryptionContext": {"purpose": "sealing"}}),
                "InvalidCiphertextException",
            ),
            (
                "Decrypt",
                json!({"CiphertextBlob": text(64), "EncryptionContext": signing}),
                "InvalidCiphertextException",
            ),
            ("Decrypt", json!({"CiphertextBlob": "?", "EncryptionContext": signing}), "ValidationException"),
            ("Decrypt", json!({"CiphertextBlob": blob}), "ValidationException"),
            (
                "Decrypt",
                json!({"KeyId": "other", "CiphertextBlob": blob, "EncryptionContext": signing}),
                "NotFoundException",
            ),
            ("Encrypt", json!({"Plaintext": text(1), "EncryptionContext": signing}), "NotFoundException"),
            (
                "Encrypt",
                json!({"KeyId": KEY, "Plaintext": text(4097), "EncryptionContext": signing}),
                "ValidationException",
            ),
            (
                "Encrypt",
                json!({"KeyId": KEY, "Plaintext": text(1), "EncryptionContext": {"purpose": "signing", "more": "x"}}),
                "ValidationException",
            ),
            ("CreateKey", json!({}), "UnknownOperationException"),
        ] {
            assert_eq!(call(operation, asked.clone()).await, Err(refusal), "{operation} {asked}");
        }
        let short = "00000000-0000-0000-0000-000000000000";
        call("Encrypt", json!({"KeyId": short, "Plaintext": text(4096), "EncryptionContext": signing}))
            .await
            .unwrap();
    }
}
