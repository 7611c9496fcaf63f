//! Users known by JWTs that they sign themselves (RFC 7523 section 3; S32).

use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::time::Seconds;
use domain::user_key::KeyId;
use serde_json::{Value, json};
use testkit::Fault;
use testkit::actors::{Answer, Gatelet, Person, Signer};

const API_KEYS: &str = "/authentication/v1/apikey";

struct Scene {
    gatelet: Gatelet,
    alice: Person,
    signer: Signer,
}

impl Scene {
    async fn new() -> Self {
        let gatelet = Gatelet::start().await;
        let alice = gatelet.person("alice").await;
        Self { signer: gatelet.signer(&alice).await, alice, gatelet }
    }

    async fn present(&self, jwt: &str) -> Answer {
        self.gatelet.get(API_KEYS).bearer(jwt).await
    }

    /// Presents what says this.
    async fn claim(&self, name: &str, value: Value) -> Answer {
        let mut claims = self.signer.claims();
        claims[name] = value;
        self.present(&self.signer.sign(&claims)).await
    }
}

#[track_caller]
fn refused(answer: &Answer, reason: &str) {
    assert_eq!((answer.status(), answer.reason()), (401, Some(reason)), "{answer:?}");
    assert_eq!(answer.json()["messages"][0]["message"], "Authentication failed.");
}

#[tokio::test]
async fn a_user_is_known_by_name_or_id() {
    let scene = Scene::new().await;
    assert_eq!(scene.present(&scene.signer.jwt()).await.status(), 200);
    let mut claims = scene.signer.claims();
    for user in [scene.alice.id.to_string(), "ALICE".to_owned()] {
        claims["jti"] = json!(user);
        (claims["iss"], claims["sub"]) = (json!(user), json!(user));
        assert_eq!(scene.present(&scene.signer.sign(&claims)).await.status(), 200, "{user}");
    }
}

#[tokio::test]
async fn garbage_costs_nothing() {
    let scene = Scene::new().await;
    let _ = scene.gatelet.spent();
    let garbage = scene.present("a.b.c").await;
    refused(&garbage, "signed JWT malformed");
    assert_eq!(scene.gatelet.spent(), (0, 0.0, 0.0));
}

#[tokio::test]
async fn s32_a_jwt_is_for_this_issuer_and_for_minutes() {
    let scene = Scene::new().await;
    let now = testkit::clock::START.0;
    for (name, value, reason) in [
        ("aud", json!("https://other.example"), "signed JWT's audience is another"),
        ("aud", json!(["https://id.example", "https://other.example"]), "signed JWT's audience is another"),
        (
            "aud",
            json!("https://id.example/authentication/v1/oauth/token"),
            "signed JWT's audience is another",
        ),
        ("exp", json!(now), "signed JWT expired"),
        ("exp", json!(now + 301), "signed JWT is good for longer than five minutes"),
        ("exp", Value::Null, "signed JWT malformed"),
        ("iat", json!(now + 61), "signed JWT is not good yet"),
        ("nbf", json!(now + 61), "signed JWT is not good yet"),
        ("iss", json!("bob"), "signed JWT's issuer is not its subject"),
        ("jti", json!(""), "signed JWT's jti is empty or too long"),
        ("jti", json!("x".repeat(129)), "signed JWT's jti is empty or too long"),
        ("jti", Value::Null, "signed JWT malformed"),
    ] {
        refused(&scene.claim(name, value).await, reason);
    }
    assert_eq!(scene.gatelet.writes(), [""; 0]);
    assert_eq!(scene.claim("exp", json!(now + 300)).await.status(), 200);
    let old = scene.signer.jwt();
    scene.gatelet.table.clock.advance(Seconds(60));
    refused(&scene.present(&old).await, "signed JWT expired");
}

#[tokio::test]
async fn s32_no_other_algorithm_will_do() {
    let scene = Scene::new().await;
    let jwt = scene.signer.jwt();
    let (_, rest) = jwt.split_once('.').unwrap();
    let with = |alg: &str, rest: &str| {
        let header = json!({"alg": alg, "kid": scene.signer.key.kid()}).to_string();
        format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header))
    };
    let (claims, _) = rest.split_once('.').unwrap();
    for unsigned in
        [with("none", rest), with("none", &format!("{claims}.")), with("None", &format!("{claims}."))]
    {
        refused(&scene.present(&unsigned).await, "signed JWT malformed");
    }
    let confused = scene.signer.confused(&scene.signer.claims());
    refused(&scene.present(&confused).await, "signed JWT's alg is not the key's");
    refused(&scene.present(&with("RS256", rest)).await, "signed JWT's alg is not the key's");
    assert_eq!(scene.present(&jwt).await.status(), 200);
}

#[tokio::test]
async fn s32_a_key_proves_its_own_user_and_nobody_else() {
    let scene = Scene::new().await;
    let bob = scene.gatelet.person("bob").await;
    let of_bob = scene.gatelet.signer(&bob).await;
    refused(&scene.present(&of_bob.sign(&scene.signer.claims())).await, "signed JWT's key unknown");
    refused(&scene.present(&scene.gatelet.stranger(&scene.alice).jwt()).await, "signed JWT's key unknown");
    let mut claims = scene.signer.claims();
    for nobody in ["nobody", "no body", ""] {
        (claims["iss"], claims["sub"]) = (json!(nobody), json!(nobody));
        refused(&scene.present(&scene.signer.sign(&claims)).await, "signed JWT's user unknown");
    }
    // The name of Alice's key over the signature of another.
    let forged = scene.gatelet.stranger(&scene.alice).jwt();
    let (_, rest) = forged.split_once('.').unwrap();
    let header = json!({"alg": "ES256", "kid": scene.signer.key.kid()}).to_string();
    let forged = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header));
    refused(&scene.present(&forged).await, "signed JWT's signature invalid");
    assert_eq!(scene.gatelet.writes(), [""; 0]);
}

#[tokio::test]
async fn s32_a_jwt_is_good_once() {
    let scene = Scene::new().await;
    let jwt = scene.signer.jwt();
    assert_eq!(scene.present(&jwt).await.status(), 200);
    refused(&scene.present(&jwt).await, "signed JWT used before");
    refused(&scene.gatelet.sandbox().await.get(API_KEYS).bearer(&jwt).await, "signed JWT used before");
    // The same `jti` in another JWT is as bad.
    let mut claims = scene.signer.claims();
    claims["jti"] = json!("once");
    assert_eq!(scene.present(&scene.signer.sign(&claims)).await.status(), 200);
    claims["exp"] = json!(claims["exp"].as_u64().unwrap() + 1);
    refused(&scene.present(&scene.signer.sign(&claims)).await, "signed JWT used before");
    // Another user's `jti` is that one's own.
    let bob = scene.gatelet.person("bob").await;
    let bob = scene.gatelet.signer(&bob).await;
    let mut claims = bob.claims();
    claims["jti"] = json!("once");
    assert_eq!(scene.present(&bob.sign(&claims)).await.status(), 200);
    // It may be that of an earlier one that is over, which nobody remembers.
    scene.gatelet.table.clock.advance(Seconds(120));
    assert_eq!(scene.claim("jti", json!("once")).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s32_of_many_at_once_one_is_accepted() {
    let scene = Scene::new().await;
    for _ in 0..4 {
        let jwt = scene.signer.jwt();
        let calls = (0..12).map(|_| tokio::spawn(scene.gatelet.get(API_KEYS).bearer(&jwt).into_future()));
        let mut accepted = 0;
        for call in calls.collect::<Vec<_>>() {
            let answer = call.await.unwrap();
            accepted += u32::from(answer.status() == 200);
            assert!(matches!(answer.status(), 200 | 401), "{answer:?}");
        }
        assert_eq!(accepted, 1);
    }
}

#[tokio::test]
async fn a_lost_answer_neither_spends_a_jwt_twice_nor_accepts_it_twice() {
    let scene = Scene::new().await;
    let jwt = scene.signer.jwt();
    scene.gatelet.table.faults.next("PutItem", Fault::AnswerLost);
    assert_eq!(scene.present(&jwt).await.status(), 200);
    scene.gatelet.table.faults.next("PutItem", Fault::AnswerLost);
    refused(&scene.present(&jwt).await, "signed JWT used before");
    scene.gatelet.table.faults.always("PutItem", Fault::Throttled);
    assert_eq!(scene.present(&scene.signer.jwt()).await.status(), 503);
}

#[tokio::test]
async fn a_removed_key_and_a_blocked_user_prove_nothing() {
    let scene = Scene::new().await;
    scene.gatelet.change(&scene.alice, |user| user.blocked = true).await;
    refused(&scene.present(&scene.signer.jwt()).await, "user may not act");
    assert_eq!(scene.gatelet.writes(), [""; 0]);
    scene.gatelet.change(&scene.alice, |user| user.blocked = false).await;
    assert_eq!(scene.present(&scene.signer.jwt()).await.status(), 200);
    let id = KeyId::parse(scene.signer.key.kid()).unwrap();
    assert!(scene.gatelet.table.store.user_keys.remove(scene.alice.id, &id).await.unwrap());
    refused(&scene.present(&scene.signer.jwt()).await, "signed JWT's key unknown");
}

#[tokio::test]
async fn who_signs_is_there_in_person() {
    let scene = Scene::new().await;
    let key = json!({"description": "Backup", "disableSourceRestriction": true});
    let made = scene.gatelet.post(API_KEYS).bearer(&scene.signer.jwt()).json(&key).await;
    assert_eq!(made.status(), 201, "{made:?}");
    let prefix = made.json()["data"]["keyDescriptor"]["prefix"].as_str().unwrap().to_owned();
    let revoked = scene.gatelet.call(Method::DELETE, &format!("{API_KEYS}/{prefix}"));
    assert_eq!(revoked.bearer(&scene.signer.jwt()).await.status(), 200);
}
