//! Somebody's key pair, for JWTs that prove who they are.

use domain::id::RequestId;
use domain::user_key::UserKey;
use domain::{Clock as _, UserId};
use jose::{SigningKey, public_key};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use oauth::words::SigningAlgorithm;
use serde_json::{Value, json};
use store::clients::Creation;

use super::{Gatelet, Person};

/// A script of somebody's that has a key pair.
pub struct Signer {
    /// The key pair.
    pub key: SigningKey,
    username: String,
    gatelet: Gatelet,
}

impl Gatelet {
    /// A script of somebody's, whose public key is registered.
    pub async fn signer(&self, person: &Person) -> Signer {
        let signer = self.stranger(person);
        self.register_key(person, &signer).await;
        signer
    }

    /// A script of somebody's, whose public key nobody knows here.
    #[must_use]
    pub fn stranger(&self, person: &Person) -> Signer {
        let key = SigningKey::generate(SigningAlgorithm::Es256).expect("a key pair");
        Signer { key, username: person.username.clone(), gatelet: self.clone() }
    }

    /// Registers a script's public key as somebody's.
    pub async fn register_key(&self, person: &Person, signer: &Signer) {
        let key = UserKey { user: person.id, created_at: self.table.clock.now(), ..signer.registered() };
        let created = self.table.store.user_keys.create(&key).await.expect("a table");
        assert_eq!(created, Creation::Made);
        drop(self.table.recorder.take());
    }
}

impl Signer {
    /// Its public key, as nobody's in particular.
    fn registered(&self) -> UserKey {
        let jwk = serde_json::to_value(self.key.public()).expect("a JSON Web Key");
        let public = public_key::from_jwk(jwk.as_object().expect("an object")).expect("a public key");
        UserKey {
            user: UserId::generate(&self.gatelet.table.entropy),
            id: public_key::thumbprint(&public).expect("a thumbprint"),
            public,
            description: None,
            created_at: self.gatelet.table.clock.now(),
        }
    }

    /// What is said in a JWT that is good for a minute, and that no other was.
    #[must_use]
    pub fn claims(&self) -> Value {
        let now = self.gatelet.table.clock.now().0;
        let id = RequestId::generate(&self.gatelet.table.entropy);
        let (user, audience) = (&self.username, self.gatelet.settings().issuer.as_str());
        json!({"iss": user, "sub": user, "aud": audience, "iat": now, "exp": now + 60, "jti": id.as_str()})
    }

    /// A JWT that says this.
    #[must_use]
    pub fn sign(&self, claims: &Value) -> String {
        self.key.sign(None, claims).expect("a signature")
    }

    /// The attack: a JWT that says this, with what is public as the secret of an HMAC.
    #[must_use]
    pub fn confused(&self, claims: &Value) -> String {
        let public = serde_json::to_vec(self.key.public()).expect("a JSON Web Key");
        let header = Header { kid: Some(self.key.kid().to_owned()), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(&public)).expect("an HMAC")
    }

    /// A JWT that is good.
    #[must_use]
    pub fn jwt(&self) -> String {
        self.sign(&self.claims())
    }
}
