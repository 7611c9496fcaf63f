//! Where Gatelet sends people back to (RFC 6749 section 4.1.2), and what an application can do with its tokens afterwards.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::response::Response;
use oauth::Parameters;

use super::application::{Application, Step, Tokens};
use super::attempt::Attempt;
use super::pages::{Demo, Problem, Shown, html};

/// The largest form that is read, in bytes.
const LARGEST: usize = 64 * 1024;

/// The answer to an authorization request, by query or by form.
pub(crate) async fn callback(State(demo): State<Demo>, request: Request<Body>) -> Response {
    let headers = request.headers().clone();
    let mut response = match parameters(request).await {
        Some(answer) => answered(&demo, &headers, &answer).await,
        None => problem(&demo, "The answer can\u{2019}t be read", "A parameter is repeated or malformed."),
    };
    if let Some(cookie) = Attempt::forget(demo.home()) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// Exchanges the refresh token.
pub(crate) async fn refresh(State(demo): State<Demo>, request: Request<Body>) -> Response {
    let Some((form, public)) = posted(request).await else { return lost(&demo) };
    let Some(client) = demo.credentials().client(public) else { return lost(&demo) };
    let application = Application { demo: &demo, client };
    let (step, tokens) = application.refresh(form.get("refresh_token").unwrap_or_default()).await;
    match tokens {
        Some(tokens) => signed_in(&application, ("New tokens", "for"), vec![step], (tokens, None)).await,
        None => html(StatusCode::OK, &Shown::over("No new tokens", &demo, vec![step])),
    }
}

/// Gives the tokens back, and looks whether they are gone.
pub(crate) async fn revoke(State(demo): State<Demo>, request: Request<Body>) -> Response {
    let Some((form, public)) = posted(request).await else { return lost(&demo) };
    let Some(client) = demo.credentials().client(public) else { return lost(&demo) };
    let application = Application { demo: &demo, client };
    let access_token = form.get("access_token").unwrap_or_default();
    let mut steps = vec![application.revoke(form.get("refresh_token").unwrap_or(access_token)).await];
    steps.push(application.userinfo(access_token).await.0);
    steps.extend(application.introspect(access_token).await);
    html(StatusCode::OK, &Shown::over("The tokens are revoked", &demo, steps))
}

async fn answered(demo: &Demo, headers: &HeaderMap, answer: &Parameters) -> Response {
    let Some(attempt) = Attempt::of_cookie(headers) else {
        let words = "This page shows an answer once, and only to the browser that began to sign in here. Nothing was done with \
                     this one: if it is curl\u{2019}s, its code is yours to exchange.";
        return html(StatusCode::OK, &Problem::new(demo, "Nobody here asked for this", words));
    };
    // Whoever else sends a browser here can't know what was sent in `state` (RFC 6749 section 10.12).
    if answer.get("state") != Some(&attempt.state) {
        return problem(demo, "This answers another request", "Its state is not the one that was sent.");
    }
    // The answer must come from where the request was sent: compared letter by letter (RFC 9207 section 2.4).
    if answer.get("iss") != Some(demo.issuer().as_str()) {
        return problem(
            demo,
            "This answer is somebody else\u{2019}s",
            "Its iss is not Gatelet\u{2019}s issuer.",
        );
    }
    match (answer.get("code"), answer.get("error")) {
        (Some(code), None) => arrived(demo, code, &attempt).await,
        (_, Some(error)) => {
            let (heading, words) = in_plain_words(error);
            let said = answer.get("error_description").unwrap_or_default();
            let said = format!("error={error}\nerror_description={said}");
            html(StatusCode::OK, &Problem::new(demo, heading, words).about(&said))
        }
        _ => problem(demo, "The answer is empty", "It holds neither a code nor an error."),
    }
}

/// What an error means to the person who sees it (RFC 6749 section 4.1.2.1, OpenID Connect Core section 3.1.2.6).
fn in_plain_words(error: &str) -> (&'static str, &'static str) {
    match error {
        "access_denied" => ("You said no", "The application gets nothing, and knows only that it may not."),
        "login_required" => (
            "Nobody is signed in",
            "The application asked not to show anything (prompt=none), so nobody was asked.",
        ),
        "consent_required" => (
            "Nobody has allowed it yet",
            "The application asked not to show anything (prompt=none), so nobody was asked.",
        ),
        "invalid_scope" => ("It asked for too much", "A scope is unknown, or not this application\u{2019}s."),
        "temporarily_unavailable" | "server_error" => ("Gatelet could not answer", "The log says why."),
        _ => ("The request was refused", "The application asked in a way that it may not."),
    }
}

async fn arrived(demo: &Demo, code: &str, attempt: &Attempt) -> Response {
    let Some(client) = demo.credentials().client(attempt.public) else { return lost(demo) };
    let application = Application { demo, client };
    let received = format!("code={code}\nstate={}\niss={}", attempt.state, demo.issuer());
    let words = "The browser brought a code. Its state is the one that was sent, and iss says who answers."
        .to_owned();
    let back = Step { title: "The browser comes back with a code", words, sent: String::new(), received };
    let (step, tokens) = application.redeem(code, attempt).await;
    let steps = vec![back, step];
    match tokens {
        Some(tokens) => {
            signed_in(&application, ("Signed in", "as"), steps, (tokens, Some(&attempt.nonce))).await
        }
        None => html(StatusCode::OK, &Shown::over("The code was refused", demo, steps)),
    }
}

async fn signed_in(
    application: &Application<'_>,
    (heading, whom): (&str, &str),
    mut steps: Vec<Step>,
    (tokens, nonce): (Tokens, Option<&str>),
) -> Response {
    steps.extend(application.read(&tokens, nonce).await);
    let (step, username) = application.userinfo(&tokens.access_token).await;
    steps.push(step);
    steps.extend(application.introspect(&tokens.access_token).await);
    let heading = username.map_or_else(|| heading.to_owned(), |name| format!("{heading} {whom} {name}"));
    html(StatusCode::OK, &Shown::going_on(&heading, application, steps, &tokens))
}

/// A form of the demo's own, and whether it is the public application's.
async fn posted(request: Request<Body>) -> Option<(Parameters, bool)> {
    let form = parameters(request).await?;
    let public = form.get("client")? == "public";
    Some((form, public))
}

async fn parameters(request: Request<Body>) -> Option<Parameters> {
    if request.method() != Method::POST {
        return Parameters::parse(request.uri().query().unwrap_or_default().as_bytes()).ok();
    }
    let body = axum::body::to_bytes(request.into_body(), LARGEST).await.ok()?;
    Parameters::parse(&body).ok()
}

/// A request that none of these pages can have sent.
pub(crate) fn lost(demo: &Demo) -> Response {
    problem(demo, "That can\u{2019}t be read", "Start again.")
}

fn problem(demo: &Demo, heading: &str, words: &str) -> Response {
    html(StatusCode::BAD_REQUEST, &Problem::new(demo, heading, words))
}
