//! Every page in the states that a person can meet it in.

use pages::{
    Back, ClientView, Consent, ErrorPage, FormPost, Link, Login, LoginError, Logout, NotLetIn, Page,
    ScopeView, SignedIn, SignedOut,
};

const SERVICE: &str = "Gatelet";

const DESK: ClientView<'static> = ClientView {
    name: "Weather Desk",
    description: Some("Shows the alerts of your sensors beside the forecast for where they stand."),
    main_uri: Some("https://desk.example/"),
    customer: Some("Nordlys Energy"),
    redirect_uri: "https://desk.example/oauth/callback",
};

const SCOPES: &[ScopeView<'static>] = &[
    ScopeView { name: "openid", words: "Know who you are" },
    ScopeView { name: "profile", words: "See your name" },
    ScopeView { name: "email", words: "See your e-mail address" },
    ScopeView { name: "offline_access", words: "Keep this access while you are away" },
];

/// Words that never break by themselves, in a quantity that no layout expects.
const LONG: ClientView<'static> = ClientView {
    name: "Energieversorgungsüberwachungsanlagenverwaltungsgesellschaftsportal Nord",
    description: Some(
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaftsverwaltung, and \
         then a sentence of ordinary length that goes on for a while so that it fills some lines by itself.",
    ),
    main_uri: Some(
        "https://a-rather-long-subdomain.of-a-rather-long-domain.example/with/a/path/that/goes/on?and=on",
    ),
    customer: Some("Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesellschaft"),
    redirect_uri: "https://a-rather-long-subdomain.of-a-rather-long-domain.example/callback",
};

fn login(
    client: Option<ClientView<'static>>,
    username: &'static str,
    error: Option<LoginError>,
) -> Login<'static> {
    let (request, csrf) = ("c2VhbGVkIHJlcXVlc3Q", "Y3NyZg");
    Login { service: SERVICE, action: "/login", request, csrf, client, username, error }
}

fn consent(client: ClientView<'static>, scopes: &'static [ScopeView<'static>]) -> Consent<'static> {
    Consent {
        service: SERVICE,
        action: "/consent",
        request: "c2VhbGVkIHJlcXVlc3Q",
        csrf: "Y3NyZg",
        username: "ingrid",
        client,
        scopes,
        switch_account: Some("/login?prompt=select_account"),
    }
}

fn error_page(status: u16, heading: &'static str, explanation: &'static str) -> ErrorPage<'static> {
    ErrorPage {
        service: SERVICE,
        status,
        heading,
        explanation,
        request_id: "01935f6e-7b7c-7b1e-9c57-2f1a4b8d3e60",
    }
}

/// All samples by name.
pub fn all() -> Vec<(&'static str, Box<dyn Page>)> {
    let mut pages = sign_in();
    pages.extend(decisions());
    pages.extend(turned_away());
    pages.extend(endings());
    pages
}

fn sign_in() -> Vec<(&'static str, Box<dyn Page>)> {
    let wrong = Some(LoginError::WrongCredentials);
    vec![
        ("login", Box::new(login(Some(DESK), "", None))),
        ("login_alone", Box::new(login(None, "", None))),
        ("login_hinted", Box::new(login(Some(DESK), "ingrid", None))),
        ("login_wrong", Box::new(login(Some(DESK), "ingrid", wrong))),
        ("login_expired", Box::new(login(Some(DESK), "", Some(LoginError::Expired)))),
        ("login_repeated", Box::new(login(Some(DESK), "", Some(LoginError::Repeated)))),
        ("login_held", Box::new(login(Some(DESK), "ingrid", Some(LoginError::TooManyAttempts)))),
        ("login_unavailable", Box::new(login(Some(DESK), "ingrid", Some(LoginError::Unavailable)))),
        ("login_long", Box::new(login(Some(LONG), "", wrong))),
        ("signed_in", Box::new(SignedIn { service: SERVICE, username: "ingrid", logout: "/logout" })),
    ]
}

fn decisions() -> Vec<(&'static str, Box<dyn Page>)> {
    const APP: ClientView<'static> = ClientView {
        description: None,
        main_uri: None,
        customer: None,
        redirect_uri: "com.example.pocketdesk:/callback",
        name: "Pocket Desk",
    };
    const LOCAL: ClientView<'static> =
        ClientView { name: "desk-cli", redirect_uri: "http://127.0.0.1:51004/callback", ..DESK };
    let plain = Consent { switch_account: None, ..consent(APP, &[]) };
    vec![
        ("consent", Box::new(consent(DESK, SCOPES))),
        ("consent_plain", Box::new(plain)),
        ("consent_local", Box::new(consent(LOCAL, SCOPES))),
        ("consent_long", Box::new(consent(LONG, SCOPES))),
    ]
}

fn turned_away() -> Vec<(&'static str, Box<dyn Page>)> {
    let not_let_in = NotLetIn {
        service: SERVICE,
        username: "ingrid",
        client: DESK,
        function: "FORECAST-READER",
        back: Back::Link("https://desk.example/oauth/callback?error=access_denied&state=c3RhdGU"),
        switch_account: "/login?switch=yes&request=c2VhbGVkIHJlcXVlc3Q",
    };
    let anywhere = ClientView { customer: None, ..DESK };
    let fields = &[("error", "access_denied"), ("state", "c3RhdGU"), ("iss", "https://id.example")];
    let long = "https://a-rather-long-subdomain.of-a-rather-long-domain.example/callback?error=access_denied";
    let function = "ENERGIEVERSORGUNGSANLAGENVERWALTUNGSPORTAL:NORD:VOLLZUGRIFF-LESEN";
    vec![
        ("not_let_in", Box::new(NotLetIn { ..not_let_in })),
        (
            "not_let_in_posted",
            Box::new(NotLetIn { client: anywhere, back: Back::Form(fields), ..not_let_in }),
        ),
        (
            "not_let_in_long",
            Box::new(NotLetIn { client: LONG, function, back: Back::Link(long), ..not_let_in }),
        ),
    ]
}

fn endings() -> Vec<(&'static str, Box<dyn Page>)> {
    let alone = Logout {
        service: SERVICE,
        action: "/logout",
        csrf: "Y3NyZg",
        username: None,
        fields: &[],
        redirect_uri: None,
    };
    let logout = Logout {
        username: Some("ingrid"),
        fields: &[("client_id", "desk"), ("state", "c3RhdGU")],
        redirect_uri: Some("https://desk.example/bye"),
        ..alone
    };
    let desk = Link { name: "Weather Desk", uri: "https://desk.example/bye" };
    let answer = &[("code", "Z3JhbnQ"), ("state", "c3RhdGU"), ("iss", "https://id.example")];
    let action = "https://desk.example/oauth/callback";
    vec![
        ("logout", Box::new(logout)),
        ("logout_alone", Box::new(alone)),
        ("signed_out", Box::new(SignedOut { service: SERVICE, continue_to: None })),
        ("signed_out_onward", Box::new(SignedOut { service: SERVICE, continue_to: Some(desk) })),
        ("form_post", Box::new(FormPost { service: SERVICE, action, fields: answer })),
        (
            "error_redirect",
            Box::new(error_page(
                400,
                "This link does not lead back",
                "The application asked to send you to an address that it has not registered, so you stay here.",
            )),
        ),
        (
            "error_server",
            Box::new(error_page(500, "Something went wrong", "Your request could not be finished.")),
        ),
        ("error_busy", Box::new(error_page(503, "Too busy just now", "Your request could not be finished."))),
    ]
}
