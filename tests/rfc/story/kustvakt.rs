//! Users register clients, and manage what they have granted through a front end (Kustvakt).

use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use testkit::actors::{Answer, Person, Request};

use super::{MISTYPED, Told};

/// What somebody presents in a header.
fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
}

/// A client's id and its secret.
type Registered = (String, String);

impl Told {
    pub(super) async fn users_register_clients(&mut self) {
        let gatelet = self.scene.gatelet.clone();
        let warden = gatelet.administrator("warden").await;
        let alice = self.scene.alice.clone();
        let front_end = self.registers(&warden, json!({"name": "Kalamar"})).await;
        let plugin = self.registers(&alice, json!({"name": "My plugin", "source": {"x": 1}})).await;
        for (service, client, name) in [("privilege", &front_end, "super"), ("permit", &plugin, "permitted")]
        {
            let decided = self.asks(&warden, &format!("admin/oauth2/client/{service}"));
            let decided = decided.with("client_id", &client.0).with(name, "true").await;
            assert_eq!(decided.status(), 200, "{decided:?}");
        }
        self.guesses("alice").await;
        self.is_let_in(&alice, &plugin).await;
        let through = |request: Request| {
            let request = request.with("super_client_id", &front_end.0);
            request.with("super_client_secret", &front_end.1)
        };
        let listed = through(self.asks(&alice, "oauth2/token/list")).with("token_type", "access_token").await;
        let handle = listed.json()[0]["token"].as_str().unwrap().to_owned();
        let ended = through(self.asks(&alice, "oauth2/revoke/super")).with("token", &handle).await;
        assert_eq!(ended.status(), 200);
        for service in ["install", "uninstall"] {
            let asked = through(self.asks(&alice, &format!("plugins/{service}")));
            assert_eq!(asked.with("client_id", &plugin.0).await.status(), 200, "{service}");
        }
        let reset = self.asks(&alice, "oauth2/client/reset").with("client_id", &plugin.0).await;
        self.generated.push(reset.member("client_secret").unwrap());
        let path = format!("/api/oauth2/client/deregister/{}", plugin.0);
        let gone = gatelet.call(Method::DELETE, &path);
        let gone = gone.header("authorization", basic(&alice.username, &alice.password)).await;
        assert_eq!(gone.status(), 200);
    }

    fn asks(&mut self, person: &Person, service: &str) -> Request {
        let header = basic(&person.username, &person.password);
        self.others.push(header.trim_start_matches("Basic ").to_owned());
        self.scene.gatelet.post(&format!("/api/{service}")).header("authorization", header)
    }

    async fn registers(&mut self, person: &Person, own: Value) -> Registered {
        let mut description = json!({
            "type": "CONFIDENTIAL",
            "description": "Registered by a user",
            "url": "https://plugin.example",
            "redirect_uri": "https://plugin.example/callback",
        });
        description.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        let answer: Answer = self.asks(person, "oauth2/client/register").json(&description).await;
        let secret = answer.member("client_secret").unwrap();
        self.generated.push(secret.clone());
        (answer.member("client_id").unwrap(), secret)
    }

    async fn guesses(&mut self, name: &str) {
        let header = basic(name, MISTYPED);
        self.others.push(header.trim_start_matches("Basic ").to_owned());
        let request = self.scene.gatelet.post("/api/oauth2/client/reset");
        assert_eq!(request.header("authorization", header).await.status(), 401);
    }

    async fn is_let_in(&mut self, person: &Person, (id, secret): &Registered) {
        let (verifier, challenge) =
            ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        let asked = format!(
            "/api/oauth2/authorize?response_type=code&client_id={id}&scope=notes%3Aread&state=kustvakts-own-state&code_challenge={challenge}&code_challenge_method=S256"
        );
        let header = basic(&person.username, &person.password);
        let answer = self.scene.gatelet.get(&asked).header("authorization", header).await;
        let location = answer.location().unwrap();
        let code = location.split_once("code=").unwrap().1.split('&').next().unwrap().to_owned();
        self.others.extend(["kustvakts-own-state", verifier].map(str::to_owned));
        self.generated.push(code.clone());
        let redeemed = self.scene.gatelet.post("/api/oauth2/token").with("grant_type", "authorization_code");
        let redeemed = redeemed.with("client_id", id).with("client_secret", secret).with("code", &code);
        let tokens = redeemed.with("code_verifier", verifier).await.tokens();
        self.given(&tokens);
    }
}
