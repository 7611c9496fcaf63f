//! Who is let in: through the browser, by whichever path.

use domain::client::{Bounds, Client as Registered, CodeProtection};
use domain::name::CustomerName;
use serde_json::json;
use testkit::actors::{Browser, Client, Gatelet, Page, Person};

const REQUIRED: &str = "myAccessFunction";
const SCOPE: &str = "DATASTORE-VIEWER";

/// Alice, who may be let in, and the client as Argus's documentation has it.
struct Scene {
    gatelet: Gatelet,
    alice: Person,
    desk: Client,
}

impl Scene {
    async fn new() -> Self {
        Self::but(|_| ()).await
    }

    async fn but(change: impl FnOnce(&mut Registered)) -> Self {
        let gatelet = Gatelet::with(|settings| settings.codes_without_pkce = true).await;
        gatelet.function_of(REQUIRED, &[]).await;
        gatelet.function_of(SCOPE, &["viewDatastore"]).await;
        let desk = gatelet.bounded_client_but("myclient", REQUIRED, SCOPE, change).await;
        let alice = gatelet.person("alice").await;
        Self { gatelet, alice, desk }
    }

    async fn signed_in(&self) -> Browser {
        let mut browser = self.gatelet.browser();
        browser.open("/login").await.page();
        browser.sign_in(&self.alice).await.page();
        browser
    }
}

fn bound_to(customer: &str) -> impl FnOnce(&mut Registered) {
    let customer = CustomerName::parse(customer).unwrap();
    move |client| {
        let bounds = client.bounds.take().unwrap();
        client.bounds = Some(Bounds { customer: Some(customer), ..bounds });
    }
}

#[tokio::test]
async fn the_documentations_request_is_answered_at_both_paths() {
    let scene = Scene::but(|client| client.code_protection = CodeProtection::ClientSecret).await;
    scene.gatelet.grant(&scene.alice, REQUIRED, None).await;
    let mut browser = scene.gatelet.browser();
    for path in ["/spa/oauth/authorize", "/spa/authentication/oauth/authorize"] {
        let asked = scene.desk.authorization_url().without_pkce();
        let asked = asked.without("scope").without("state").without("nonce");
        let at_path = asked.to_string().replace("/oauth2/authorize", path);
        let mut landing = browser.open(&at_path).await;
        if path == "/spa/oauth/authorize" {
            landing = browser.sign_in(&scene.alice).await;
        }
        // Nobody was asked: an administrator has decided.
        let callback = landing.callback();
        let names: Vec<_> = callback.parameters.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!((callback.place(), names), ("https://myclient.example/callback", vec!["code", "iss"]));
        let tokens = scene.desk.redeem(&asked, callback.code()).await.tokens();
        assert_eq!((tokens.scope.as_str(), tokens.id.is_some()), ("openid", true));
    }
}

#[tokio::test]
async fn consent_is_asked_for_only_where_the_request_wants_it() {
    let scene = Scene::new().await;
    scene.gatelet.grant(&scene.alice, REQUIRED, None).await;
    let mut browser = scene.signed_in().await;
    browser.authorize(&scene.desk.authorization_url().with("prompt", "none")).await.callback().code();
    let page = browser.authorize(&scene.desk.authorization_url().with("prompt", "consent")).await.page();
    assert!(page.title.starts_with("Allow access"), "{}", page.title);
    browser.allow().await.callback().code();
}

#[tokio::test]
async fn s54_who_lacks_the_function_is_told_which_and_nothing_else() {
    let scene = Scene::but(bound_to("mycustomer")).await;
    scene.gatelet.customer("mycustomer").await;
    scene.gatelet.customer("other").await;
    scene.gatelet.grant(&scene.alice, SCOPE, Some("mycustomer")).await;
    scene.gatelet.grant(&scene.alice, REQUIRED, Some("other")).await;
    let mut browser = scene.gatelet.browser();
    browser.authorize(&scene.desk.authorization_url().with("state", "a b&c")).await.page();
    let page = browser.sign_in(&scene.alice).await.page();
    assert_eq!(page.answer.reason(), Some("user lacks the function that the client requires"));
    insta::assert_snapshot!(page.text, @r"
    Gatelet
    myclient doesn’t let you in
    Signed in as alice Use another account
    The application requires a function that your account doesn’t hold for this customer. Whoever manages your access can grant it.
    Function
    myAccessFunction
    Customer
    mycustomer
    Back to the application
    ");
    let (status, title) = (page.answer.status(), page.title.as_str());
    assert_eq!((status, title, page.answer.location()), (403, "No access · Gatelet", None));
    assert_eq!(
        page.link("Back to the application"),
        "https://myclient.example/callback?error=access_denied\
         &error_description=The+user+is+not+let+in+by+this+application.&state=a+b%26c&iss=https%3A%2F%2Fid.example"
    );
    assert_eq!(scene.gatelet.writes().iter().filter(|write| *write == "PutItem").count(), 0);
}

#[tokio::test]
async fn s54_the_function_counts_for_the_customer_it_is_held_for() {
    let scene = Scene::but(bound_to("mycustomer")).await;
    scene.gatelet.customer("mycustomer").await;
    scene.gatelet.grant(&scene.alice, REQUIRED, Some("mycustomer")).await;
    let mut browser = scene.signed_in().await;
    browser.authorize(&scene.desk.authorization_url()).await.callback().code();

    // Without a customer of its own, the client takes the function for any.
    let anywhere = scene.gatelet.bounded_client("anywhere", REQUIRED, SCOPE).await;
    browser.authorize(&anywhere.authorization_url()).await.callback().code();

    // What was taken away is gone from the next request on.
    scene.gatelet.change(&scene.alice, |user| user.functions.by_customer.clear()).await;
    let page = browser.authorize(&scene.desk.authorization_url()).await.page();
    assert_eq!(page.answer.status(), 403);
}

#[tokio::test]
async fn s54_a_silent_request_is_denied_without_a_page() {
    let scene = Scene::new().await;
    let silent = || scene.desk.authorization_url().with("prompt", "none");
    let callback = scene.signed_in().await.authorize(&silent()).await.callback();
    callback.is_refused("access_denied", "user lacks the function that the client requires");
    // Who is not known to be anybody is not told whether they would be let in.
    let callback = scene.gatelet.browser().authorize(&silent()).await.callback();
    callback.is_refused("login_required", "prompt=none and no fresh session");
}

#[tokio::test]
async fn somebody_else_may_try_at_the_same_browser() {
    let scene = Scene::new().await;
    let bob = scene.gatelet.person("bob").await;
    scene.gatelet.grant(&bob, REQUIRED, None).await;
    let mut browser = scene.signed_in().await;
    let asked = scene.desk.authorization_url();
    let page: Page = browser.authorize(&asked).await.page();
    assert!(page.says("Signed in as alice"), "{}", page.text);
    let form = browser.follow("Use another account").await.page();
    assert!(form.title.starts_with("Sign in"), "{}", form.title);
    let callback = browser.sign_in(&bob).await.callback();
    assert_eq!(callback.get("state"), asked.get("state"));
    let tokens = scene.desk.redeem(&asked, callback.code()).await.tokens();
    assert!(tokens.access.starts_with("bob/"), "{}", tokens.access);
}

#[tokio::test]
async fn s54_the_way_back_is_the_one_that_the_application_asked_for() {
    let scene = Scene::new().await;
    let mut browser = scene.signed_in().await;
    let asked = scene.desk.authorization_url().with("state", "x");
    let page = browser.authorize(&asked.clone().with("response_mode", "form_post")).await.page();
    let form = page.form().submission(None);
    assert_eq!((form.method.as_str(), form.action.as_str()), ("post", "https://myclient.example/callback"));
    let fields: Vec<_> = form.fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(
        fields,
        [
            "error=access_denied",
            "error_description=The user is not let in by this application.",
            "state=x",
            "iss=https://id.example"
        ]
    );
    let page = browser.authorize(&asked.with("response_mode", "fragment")).await.page();
    assert!(page.link("Back to the application").starts_with("https://myclient.example/callback#error="));
}

#[tokio::test]
async fn s05_a_client_that_was_deleted_stays_on_a_page() {
    let scene = Scene::but(|client| client.deleted = true).await;
    scene.gatelet.grant(&scene.alice, REQUIRED, None).await;
    let mut browser = scene.signed_in().await;
    let page = browser.authorize(&scene.desk.authorization_url()).await.page();
    assert_eq!((page.answer.status(), page.answer.location()), (400, None));
    assert_eq!(page.answer.reason(), Some("client unknown"));
    assert!(!page.says("myclient"), "{}", page.text);
}

/// Of two addresses, that of the session's beginning and that of the authorization, the tokens are bound to the second.
#[tokio::test]
async fn s53_tokens_are_for_the_address_that_was_there_when_they_were_authorized() {
    let scene = Scene::new().await;
    scene.gatelet.grant(&scene.alice, REQUIRED, None).await;
    let mut browser = scene.signed_in().await;
    browser.address = "198.51.100.9".parse().unwrap();
    let asked = scene.desk.authorization_url();
    let callback = browser.authorize(&asked).await.callback();
    let tokens = scene.desk.redeem(&asked, callback.code()).await.tokens();
    let forwarded =
        |address: &'static str| scene.gatelet.userinfo(&tokens.access).header("x-forwarded-for", address);
    assert_eq!(forwarded("198.51.100.9").await.status(), 200);
    assert_eq!(forwarded("198.51.100.10").await.status(), 401);
}

#[tokio::test]
async fn who_registered_itself_lets_everybody_in_and_asks() {
    let scene = Scene::new().await;
    let notes = scene.gatelet.confidential_but(json!({})).await;
    let mut browser = scene.signed_in().await;
    let page = browser.authorize(&notes.authorization_url()).await.page();
    assert!(page.title.starts_with("Allow access"), "{}", page.title);
}
