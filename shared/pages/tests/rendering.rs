//! What every page has to hold: valid structure, no script, no way in for what others wrote, readable colours.

#[path = "../examples/samples/samples.rs"]
mod samples;

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pages::{
    Back, ClientView, Consent, ErrorPage, FormPost, Link, Login, LoginError, Logout, NotLetIn, Page,
    ScopeView, SignedIn, SignedOut,
};

/// What stands between each `from` and the `to` that follows it.
fn between<'a>(document: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    document.split(from).skip(1).filter_map(|rest| rest.split_once(to)).map(|(inside, _)| inside).collect()
}

/// The value of an attribute, if the tag has it.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    between(tag, &format!(" {name}=\""), "\"").first().copied()
}

fn for_every_sample(check: impl Fn(&str, &str, &str)) {
    for (name, page) in samples::all() {
        check(name, &page.render(), &page.content_security_policy());
    }
}

/// Lines that say something.
fn lines(text: &str) -> String {
    text.lines().filter(|line| !line.trim().is_empty()).map(|line| format!("{line}\n")).collect()
}

#[test]
fn every_page_looks_as_it_did() {
    for_every_sample(|name, document, policy| {
        let title = between(document, "<title>", "</title>")[0];
        let main = lines(between(document, "<main>", "</main>")[0]);
        let (_, policy) = policy.split_once("frame-ancestors 'none'").unwrap();
        let page = format!("{title}\n\n{main}\nframe-ancestors 'none'{policy}");
        insta::assert_snapshot!(name, page);
    });
}

#[test]
fn what_all_pages_share_looks_as_it_did() {
    let (_, page) = samples::all().into_iter().find(|(name, _)| *name == "signed_in").unwrap();
    let document = page.render();
    let shell = lines(&document.replace(between(&document, "<style>", "</style>")[0], "…"));
    insta::assert_snapshot!("shell", shell);
}

#[test]
fn every_page_has_a_title_a_heading_and_a_main_part() {
    for_every_sample(|name, document, _| {
        assert!(document.starts_with("<!doctype html>\n<html lang=\"en\">"), "{name}");
        assert_eq!(document.matches("<h1>").count(), 1, "{name}");
        assert_eq!(document.matches("<main>").count(), 1, "{name}");
        let titles = between(document, "<title>", "</title>");
        assert_eq!(titles.len(), 1, "{name}");
        assert!(titles[0].ends_with(" · Gatelet") && !titles[0].starts_with(' '), "{name}: {titles:?}");
        assert!(
            document.contains("name=\"viewport\" content=\"width=device-width, initial-scale=1\""),
            "{name}"
        );
    });
}

#[test]
fn every_field_has_a_label_and_every_reference_a_target() {
    for_every_sample(|name, document, _| {
        let ids = between(document, " id=\"", "\"");
        for input in between(document, "<input", ">") {
            if attribute(input, "type") != Some("hidden") {
                let id = attribute(input, "id").unwrap();
                assert!(document.contains(&format!("<label for=\"{id}\">")), "{name}: {input}");
            }
        }
        for reference in ["aria-describedby", "aria-labelledby", "for"] {
            for target in between(document, &format!(" {reference}=\""), "\"") {
                assert_eq!(ids.iter().filter(|id| **id == target).count(), 1, "{name}: {target}");
            }
        }
        for button in between(document, "<button", "</button>") {
            assert!(button.contains("type=\"submit\"") && !button.ends_with('>'), "{name}: {button}");
        }
    });
}

#[test]
fn no_page_needs_what_its_policy_forbids() {
    for_every_sample(|name, document, policy| {
        assert_eq!(document.contains("<script"), name == "form_post", "{name}");
        assert!(!document.contains(" style=") && !document.contains(" src="), "{name}");
        for tag in between(document, "<", ">") {
            let handles = |attribute: &str| attribute.starts_with("on") && attribute.contains('=');
            assert!(!tag.split(' ').any(handles), "{name}: {tag}");
        }
        for url in between(document, " href=\"", "\"") {
            let known = ["/", "https://desk.example/", "https://a-rather-long", "data:image/svg+xml,"];
            assert!(known.iter().any(|start| url.starts_with(start)), "{name}: {url}");
        }
        for directive in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(directive), "{name}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{name}: {policy}");
    });
}

#[test]
fn the_policy_names_exactly_the_style_and_the_script_of_the_page() {
    let source = |content: &str| {
        format!("'sha256-{}'", STANDARD.encode(digest::digest(&digest::SHA256, content.as_bytes())))
    };
    for_every_sample(|name, document, policy| {
        let styles = between(document, "<style>", "</style>");
        assert_eq!(styles.len(), 1, "{name}");
        assert!(policy.contains(&format!("style-src {};", source(styles[0]))), "{name}: {policy}");
        let scripts = between(document, "<script>", "</script>");
        assert_eq!(scripts.len(), usize::from(policy.contains("script-src")), "{name}");
        for script in scripts {
            assert!(policy.ends_with(&format!("script-src {}", source(script))), "{name}: {policy}");
        }
    });
}

#[test]
fn forms_lead_only_where_their_answer_may_go() {
    let form_action = |wanted: &str| {
        let (_, page) = samples::all().into_iter().find(|(name, _)| *name == wanted).unwrap();
        let policy = page.content_security_policy();
        between(&format!("{policy};"), "form-action ", ";").first().map(|sources| (*sources).to_owned())
    };
    assert_eq!(form_action("login").as_deref(), Some("'self' https:"));
    assert_eq!(form_action("login_alone").as_deref(), Some("'self'"));
    assert_eq!(form_action("consent_plain").as_deref(), Some("'self' https: com.example.pocketdesk:"));
    let local = "'self' https: http://127.0.0.1:* http://localhost:*";
    assert_eq!(form_action("consent_local").as_deref(), Some(local));
    assert_eq!(form_action("logout").as_deref(), Some("'self' https:"));
    assert_eq!(form_action("logout_alone").as_deref(), Some("'self'"));
    assert_eq!(form_action("not_let_in").as_deref(), Some("'none'"));
    assert_eq!(form_action("not_let_in_posted").as_deref(), Some("'self' https:"));
    assert_eq!(form_action("error_redirect").as_deref(), Some("'none'"));
    assert_eq!(form_action("form_post"), None);
}

#[test]
fn the_first_button_of_a_decision_denies() {
    let (_, page) = samples::all().into_iter().find(|(name, _)| *name == "consent").unwrap();
    let document = page.render();
    let decisions: Vec<_> =
        between(&document, "<button", ">").into_iter().map(|tag| attribute(tag, "value")).collect();
    assert_eq!(decisions, [Some("deny"), Some("allow")]);
    assert!(!document.contains("autofocus"));
}

#[test]
fn typing_begins_in_the_first_empty_field() {
    let focused = |username| {
        let login = Login {
            service: "Gatelet",
            action: "/login",
            request: "",
            csrf: "",
            client: None,
            username,
            error: Some(LoginError::WrongCredentials),
        };
        let document = login.render();
        let inputs = between(&document, "<input", ">");
        let focused: Vec<_> = inputs.into_iter().filter(|tag| tag.ends_with(" autofocus")).collect();
        assert_eq!(focused.len(), 1);
        attribute(focused[0], "id").unwrap().to_owned()
    };
    assert_eq!(focused(""), "username");
    assert_eq!(focused("ingrid"), "password");
}

/// Ends every context that a page could put it into, and asks for its own script.
const HOSTILE: &str =
    "</title></style>\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}\u{202e}&amp;";

fn hostile_pages() -> Vec<Box<dyn Page>> {
    const CLIENT: ClientView<'static> = ClientView {
        name: HOSTILE,
        description: Some(HOSTILE),
        main_uri: Some(HOSTILE),
        customer: Some(HOSTILE),
        redirect_uri: HOSTILE,
    };
    let (service, action, request, csrf, username) = (HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE);
    let fields = &[(HOSTILE, HOSTILE)];
    let scopes = &[ScopeView { name: HOSTILE, words: HOSTILE }];
    let switch_account = Some(HOSTILE);
    let link = Some(Link { name: HOSTILE, uri: "https://desk.example/\"><script>alert(1)</script>" });
    let action_of_client = "https://desk.example/\"><script>alert(1)</script>";
    let (error, hostile) = (Some(LoginError::Repeated), Some(HOSTILE));
    let client = CLIENT;
    let not_let_in = |back| {
        let (function, switch_account) = (HOSTILE, HOSTILE);
        Box::new(NotLetIn { service, username, client, function, back, switch_account })
    };
    vec![
        not_let_in(Back::Link("https://desk.example/\"><script>alert(1)</script>")),
        not_let_in(Back::Form(fields)),
        Box::new(Login { service, action, request, csrf, client: Some(client), username, error }),
        Box::new(Consent { service, action, request, csrf, username, client, scopes, switch_account }),
        Box::new(Logout { service, action, csrf, username: hostile, fields, redirect_uri: hostile }),
        Box::new(SignedOut { service, continue_to: link }),
        Box::new(SignedIn { service, username, logout: HOSTILE }),
        Box::new(ErrorPage {
            service,
            status: 400,
            heading: HOSTILE,
            explanation: HOSTILE,
            request_id: HOSTILE,
        }),
        Box::new(FormPost { service, action: action_of_client, fields }),
    ]
}

#[test]
fn hostile_text_stays_text_everywhere() {
    for page in hostile_pages() {
        let document = page.render();
        let scripts = usize::from(page.content_security_policy().contains("script-src"));
        assert_eq!(document.matches("<script").count(), scripts);
        assert_eq!(document.matches("</title>").count(), 1);
        assert_eq!(document.matches("</style>").count(), 1);
        assert!(!document.contains("<img"));
        assert!(document.contains("&#60;script&#62;"));
        let shown = between(&document, "<main>", "</main>")[0].replace("value=\"", "");
        assert!(!between(&shown, "<h1>", "</h1>")[0].contains('\u{202e}'));
        assert!(!page.content_security_policy().contains("alert"));
    }
}

#[test]
fn only_a_web_address_becomes_a_link() {
    let client = ClientView {
        name: "Weather Desk",
        description: None,
        main_uri: None,
        customer: None,
        redirect_uri: "https://desk.example/cb",
    };
    let consent = |main_uri| {
        let page = Consent {
            service: "Gatelet",
            action: "/consent",
            request: "",
            csrf: "",
            username: "ingrid",
            client: ClientView { main_uri: Some(main_uri), ..client },
            scopes: &[],
            switch_account: None,
        };
        page.render()
    };
    let linked = consent("https://desk.example/a?b=1&c=2");
    assert!(linked.contains(
        "<a href=\"https://desk.example/a?b=1&#38;c=2\" target=\"_blank\" rel=\"noopener noreferrer\">"
    ));
    for uri in [
        "javascript:alert(1)",
        "JAVASCRIPT://desk.example/%0aalert(1)",
        "data:text/html,x",
        "//desk.example",
        "https://desk.example@evil.example/",
        "https://desk.example\u{2028}",
        " https://desk.example/",
        "com.example.app:/",
    ] {
        let document = consent(uri);
        assert!(!document.contains("<a "), "{uri}");
        assert!(document.contains("<dt>Website</dt>"), "{uri}");
    }
    let signed_out =
        |uri| SignedOut { service: "Gatelet", continue_to: Some(Link { name: "Desk", uri }) }.render();
    assert!(signed_out("https://desk.example/").contains("<a "));
    assert!(!signed_out("javascript:alert(1)").contains("<a "));
}

#[test]
fn who_is_not_let_in_goes_back_only_to_where_an_application_can_be() {
    let page = |redirect_uri, back| {
        let client = ClientView {
            name: "Weather Desk",
            description: None,
            main_uri: None,
            customer: None,
            redirect_uri,
        };
        let (service, username, function) = ("Gatelet", "ingrid", "FORECAST-READER");
        NotLetIn { service, username, client, function, back, switch_account: "/login" }.render()
    };
    for uri in ["https://desk.example/cb", "http://127.0.0.1:5/cb", "com.example.desk:/cb"] {
        assert_eq!(page(uri, Back::Link(uri)).matches("<a class=\"button\"").count(), 1, "{uri}");
    }
    assert!(page("https://desk.example/cb", Back::Form(&[])).contains("<form method=\"post\""));
    for uri in ["javascript:alert(1)", "data:text/html,x", "//desk.example"] {
        let (linked, posted) = (page(uri, Back::Link(uri)), page(uri, Back::Form(&[])));
        assert!(!linked.contains("class=\"button\"") && !posted.contains("<form"), "{uri}");
    }
}

#[test]
fn a_page_never_posts_to_what_a_browser_would_run() {
    let form_post = |action| FormPost { service: "Gatelet", action, fields: &[] }.render();
    let document = form_post("https://desk.example/cb?a=1&b='\"");
    assert!(
        document.contains("<form method=\"post\" action=\"https://desk.example/cb?a=1&#38;b=&#39;&#34;\">")
    );
    for uri in ["javascript:alert(1)", "data:text/html,x", "com.example.app:/cb"] {
        let document = form_post(uri);
        assert!(!document.contains("<form") && !document.contains("<script"), "{uri}");
    }
}

/// The relative luminance of a colour given as `0xrrggbb` (WCAG 2.2).
fn luminance(colour: u32) -> f64 {
    let channel = |shift: u32| {
        let value = f64::from((colour >> shift) & 0xff) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(16) + 0.7152 * channel(8) + 0.0722 * channel(0)
}

#[test]
fn text_and_outlines_have_enough_contrast_in_both_themes() {
    let style = include_str!("../templates/style.css");
    let themes = between(style, ":root {", "}");
    assert_eq!(themes.len(), 2);
    for theme in themes {
        let colour = |name: &str| {
            let digits = between(theme, &format!("--{name}: #"), ";")[0];
            luminance(u32::from_str_radix(digits, 16).unwrap())
        };
        let contrast = |a: &str, b: &str| {
            let (a, b) = (colour(a), colour(b));
            (a.max(b) + 0.05) / (a.min(b) + 0.05)
        };
        let text = [
            ("ink", "sheet"),
            ("ink", "ground"),
            ("soft", "sheet"),
            ("accent", "sheet"),
            ("accent", "ground"),
            ("accent-over", "sheet"),
            ("on-accent", "accent"),
            ("on-accent", "accent-over"),
            ("alarm", "alarm-ground"),
        ];
        for (front, back) in text {
            assert!(contrast(front, back) >= 4.5, "{front} on {back}: {:.2}", contrast(front, back));
        }
        for (front, back) in [("edge", "sheet"), ("alarm", "sheet")] {
            assert!(contrast(front, back) >= 3.0, "{front} on {back}: {:.2}", contrast(front, back));
        }
    }
}
