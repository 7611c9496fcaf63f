//! Address binding: a token is good for the user agent that it was made for. Whose address that is, the client forwards, and is believed
//! only from inside its own address range (RFC 9700 section 4.13).

use std::net::IpAddr;

use domain::client::Client as Definition;
use testkit::actors::{Client, Gatelet, Person, Tokens};

/// The portal's server is at 192.0.2.10, and may call from its whole network; Alice's browser is elsewhere.
struct Scene {
    gatelet: Gatelet,
    alice: Person,
    portal: Client,
}

/// What the request carries, where it comes from, and whether the token is good there.
type Case = (&'static str, &'static [&'static str], bool);

const ELSEWHERE: &str = "token used for another address than it was made for";

impl Scene {
    async fn new(change: impl FnOnce(&mut Definition)) -> Self {
        let gatelet = Gatelet::start().await;
        gatelet.function_of("reader", &["viewThings"]).await;
        let alice = gatelet.person("alice").await;
        gatelet.grant(&alice, "reader", None).await;
        let portal = gatelet
            .bounded_client_but("portal", "reader", "reader", |client| {
                client.addresses = vec!["192.0.2.0/24".parse().unwrap(), "2001:db8:1::/48".parse().unwrap()];
                change(client);
            })
            .await;
        Self { gatelet, alice, portal: portal.calling_from("192.0.2.10") }
    }

    /// Tokens for Alice, whose browser has this address.
    async fn tokens(&self, address: &str) -> Tokens {
        let mut browser = self.gatelet.browser();
        browser.address = address.parse().unwrap();
        self.portal.tokens(&mut browser, &self.alice, "openid clientip").await
    }

    /// Holds introspection and userinfo to the same word, at each of their paths.
    async fn holds(&self, tokens: &Tokens, (from, forwarded, good): Case) {
        let from: IpAddr = from.parse().unwrap();
        for path in ["/oauth2/introspect", "/authentication/v1/oauth/token/introspect"] {
            for token in [&tokens.access, tokens.refresh()] {
                let call = self.portal.post(path).with("token", token).from_address(from);
                let call = forwarded.iter().fold(call, |call, hops| call.and_header("x-forwarded-for", hops));
                let answer = call.await;
                assert_eq!(answer.status(), 200);
                if good {
                    assert_eq!(answer.json()["active"], true, "{from} {forwarded:?}: {answer:?}");
                } else {
                    let told = (answer.text(), answer.reason());
                    assert_eq!(told, (r#"{"active":false}"#, Some(ELSEWHERE)), "{from} {forwarded:?}");
                }
            }
        }
        for path in ["/oauth2/userinfo", "/authentication/v1/oauth/userinfo"] {
            let call = self.gatelet.get(path).bearer(&tokens.access).from_address(from);
            let call = forwarded.iter().fold(call, |call, hops| call.and_header("x-forwarded-for", hops));
            let answer = call.await;
            if good {
                assert_eq!(answer.status(), 200, "{from} {forwarded:?}: {answer:?}");
            } else {
                answer.is_refused(401, "invalid_token", ELSEWHERE);
            }
        }
    }
}

#[tokio::test]
async fn s53_a_token_is_good_for_the_user_agent_that_it_was_made_for() {
    let scene = Scene::new(|_| ()).await;
    let tokens = scene.tokens("203.0.113.7").await;
    let cases: [Case; 15] = [
        ("192.0.2.10", &["203.0.113.7"], true),
        ("192.0.2.10", &["203.0.113.8"], false),
        // The client says nothing: then it is the user agent itself.
        ("192.0.2.10", &[], false),
        ("192.0.2.10", &["::ffff:203.0.113.7"], true),
        ("::ffff:192.0.2.10", &["203.0.113.7"], true),
        ("2001:db8:1::5", &["203.0.113.7"], true),
        // The hops of its own network are the client's; what stands before the first that is not is anybody's word.
        ("192.0.2.10", &["203.0.113.7, 192.0.2.80, 192.0.2.81"], true),
        ("192.0.2.10", &["198.51.100.1, 203.0.113.7", "192.0.2.80"], true),
        // As API Gateway hands it on, which appends the caller.
        ("192.0.2.10", &["203.0.113.7, 192.0.2.10"], true),
        ("192.0.2.10", &["192.0.2.10"], false),
        ("192.0.2.10", &["203.0.113.7, 198.51.100.1"], false),
        ("192.0.2.10", &["203.0.113.7", "198.51.100.1"], false),
        ("192.0.2.10", &["unknown"], false),
        ("192.0.2.10", &[""], false),
        ("192.0.2.10", &["203.0.113.7:443"], false),
    ];
    for case in cases {
        scene.holds(&tokens, case).await;
    }
}

#[tokio::test]
async fn s52_from_outside_the_clients_network_nothing_forwarded_counts() {
    let scene = Scene::new(|_| ()).await;
    let tokens = scene.tokens("203.0.113.7").await;
    let cases: [Case; 4] = [
        ("198.51.100.9", &["203.0.113.7"], false),
        ("198.51.100.9", &["203.0.113.7, 192.0.2.10"], false),
        ("198.51.100.9", &[], false),
        // The user agent itself, whatever it forwards.
        ("203.0.113.7", &["198.51.100.1"], true),
    ];
    for case in cases {
        scene.holds(&tokens, case).await;
    }
}

#[tokio::test]
async fn s53_of_an_ipv6_address_the_network_counts() {
    let scene = Scene::new(|_| ()).await;
    let tokens = scene.tokens("2001:db8:2:3::1").await;
    let cases: [Case; 4] = [
        ("192.0.2.10", &["2001:db8:2:3::1"], true),
        // A temporary address of another day.
        ("192.0.2.10", &["2001:db8:2:3:8d2f:11:2:9"], true),
        ("192.0.2.10", &["2001:db8:2:4::1"], false),
        ("192.0.2.10", &["203.0.113.7"], false),
    ];
    for case in cases {
        scene.holds(&tokens, case).await;
    }
}

#[tokio::test]
async fn s53_a_client_may_do_without() {
    let scene = Scene::new(|client| client.same_address = false).await;
    let tokens = scene.tokens("203.0.113.7").await;
    let cases: [Case; 4] = [
        ("192.0.2.10", &["203.0.113.8"], true),
        ("192.0.2.10", &[], true),
        ("192.0.2.10", &["unknown"], true),
        ("198.51.100.9", &["203.0.113.8"], true),
    ];
    for case in cases {
        scene.holds(&tokens, case).await;
    }
}

#[tokio::test]
async fn s53_a_clients_own_token_is_bound_to_nobodys_address() {
    let scene = Scene::new(|_| ()).await;
    let own = scene.portal.client_credentials().await.tokens();
    let answer = scene.portal.introspect(&own.access).header("x-forwarded-for", "203.0.113.8").await;
    assert_eq!((answer.json()["active"].as_bool(), answer.json().get("permissions")), (Some(true), None));
}
