//! Every flow as commands to copy: POSIX shell, curl and sed, one after the other in one shell.

use domain::Settings;
use domain::settings::Registration;
use oauth::metadata::paths;
use oauth::scope::OPENID;
use server::argus::paths as argus;
use server::kustvakt::paths as kustvakt;

use super::credentials::Credentials;
use super::data;

/// The code verifier of RFC 7636 appendix B: good enough to be looked at, and for nothing else.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// The challenge that it answers.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Reads the values that the next command needs out of JSON and out of a form.
const READERS: [&str; 2] = [
    r#"json()  { sed "s/.*\"$1\":\"\([^\"]*\)\".*/\1/"; }"#,
    r#"field() { printf %s "$PAGE" | sed -n "s/.*name=\"$1\" value=\"\([^\"]*\)\".*/\1/p"; }"#,
];

/// Leaves of an address only the code that it brings.
const CODE: &str = "sed 's/.*code=//; s/&.*//'";

/// Shows what the token endpoint answered, and keeps the access token.
const SHOW: &str = r#"echo "$TOKENS"; TOKEN=$(echo "$TOKENS" | json access_token)"#;

/// A flow: what it is, and its commands.
pub(crate) struct Flow {
    /// What it is.
    pub title: &'static str,
    /// The commands, one for each line.
    pub commands: Vec<String>,
}

/// All flows, in the order in which they have to be pasted.
pub(crate) fn all(credentials: &Credentials, settings: &Settings) -> Vec<Flow> {
    let mut flows = vec![
        prepare(credentials, settings),
        Flow {
            title: "Discovery",
            commands: vec![format!("curl -s $GATELET{}; echo", paths::OPENID_CONFIGURATION)],
        },
        client_credentials(settings),
    ];
    flows.extend(authorization_code(credentials, settings));
    flows.extend([
        Flow {
            title: "Userinfo",
            commands: vec![format!(
                "curl -s -H \"Authorization: Bearer $TOKEN\" $GATELET{}; echo",
                paths::USERINFO
            )],
        },
        introspection("Introspection"),
        refresh(),
        Flow {
            title: "Revocation",
            commands: vec![format!(
                "curl -s -u $CLIENT -d token=$(echo \"$TOKENS\" | json refresh_token) $GATELET{}",
                paths::REVOKE
            )],
        },
        introspection("Introspection, once more: it is no longer active"),
    ]);
    flows.extend(registration(settings));
    flows.extend(argus(credentials));
    flows.extend(kustvakt(credentials, settings));
    flows
}

/// The flows as one script.
pub(crate) fn script(flows: &[Flow]) -> String {
    let blocks = flows.iter().map(|flow| format!("# {}\n{}\n", flow.title, flow.commands.join("\n")));
    blocks.collect::<Vec<_>>().join("\n")
}

fn prepare(credentials: &Credentials, settings: &Settings) -> Flow {
    let client = credentials.client(false);
    let (id, secret) = client.map_or(("", ""), |client| {
        (client.client_id.as_str(), client.client_secret.as_deref().unwrap_or_default())
    });
    let mut commands =
        vec![format!("GATELET={}", settings.issuer), format!("ID={id}"), format!("CLIENT=$ID:{secret}")];
    commands.extend(READERS.map(str::to_owned));
    Flow { title: "First: who asks whom, and how to read the answers", commands }
}

fn client_credentials(settings: &Settings) -> Flow {
    let scope = settings.api_scopes.first().map(|scope| format!(" -d scope={}", scope.token));
    let command = format!(
        "curl -s -u $CLIENT -d grant_type=client_credentials{} $GATELET{}; echo",
        scope.unwrap_or_default(),
        paths::TOKEN
    );
    Flow { title: "Client credentials: a token for the application itself", commands: vec![command] }
}

/// As a browser does it, with a cookie jar for a browser: ask, sign in, allow; and then what the application does.
fn authorization_code(credentials: &Credentials, settings: &Settings) -> Option<Flow> {
    let user = credentials.users.first()?;
    let callback = credentials.client(false)?.callback();
    let here = callback.strip_prefix(settings.issuer.as_str()).map(|path| format!("$GATELET{path}"));
    let callback = here.unwrap_or_else(|| callback.to_owned());
    let browse = "curl -sL -b $JAR -c $JAR";
    let form = "-d request=$(field request) -d csrf=$(field csrf)";
    let asked = format!(
        "response_type=code&client_id=$ID&redirect_uri={callback}&scope=openid+profile+email+offline_access\
         &prompt=consent&state=xyz&nonce=n-0S6_WzA2Mj&code_challenge_method=S256&code_challenge={CHALLENGE}"
    );
    let signed_in = format!("{form} -d username={} -d password={}", user.username, user.password);
    let allowed = format!("{form} -d decision=allow -o /dev/null -w '%{{url_effective}}'");
    let redeemed = format!(
        "-d grant_type=authorization_code -d code=$CODE -d redirect_uri={callback} -d code_verifier={VERIFIER}"
    );
    let commands = vec![
        "JAR=$(mktemp)".to_owned(),
        format!("PAGE=$({browse} \"$GATELET{}?{asked}\")", paths::AUTHORIZE),
        format!("PAGE=$({browse} {signed_in} $GATELET{})", paths::LOGIN),
        format!("CODE=$({browse} {allowed} $GATELET{} | {CODE})", paths::CONSENT),
        format!("TOKENS=$(curl -s -u $CLIENT {redeemed} $GATELET{})", paths::TOKEN),
        SHOW.to_owned(),
    ];
    Some(Flow { title: "Authorization code with PKCE: a person signs in and allows it", commands })
}

fn introspection(title: &'static str) -> Flow {
    Flow {
        title,
        commands: vec![format!("curl -s -u $CLIENT -d token=$TOKEN $GATELET{}; echo", paths::INTROSPECT)],
    }
}

fn refresh() -> Flow {
    let presented = "-d grant_type=refresh_token -d refresh_token=$(echo \"$TOKENS\" | json refresh_token)";
    let exchanged = format!("TOKENS=$(curl -s -u $CLIENT {presented} $GATELET{})", paths::TOKEN);
    let title = "Refresh: the old tokens make room for new ones";
    Flow { title, commands: vec![exchanged, SHOW.to_owned()] }
}

fn registration(settings: &Settings) -> Option<Flow> {
    let token = match settings.registration {
        Registration::Open => "",
        Registration::Protected(_) => " -H \"Authorization: Bearer $INITIAL_ACCESS_TOKEN\"",
        Registration::Closed | Registration::Users => return None,
    };
    let metadata = r#"{"client_name":"My application","redirect_uris":["http://127.0.0.1:3000/callback"]}"#;
    let command = format!(
        "curl -s{token} -H 'Content-Type: application/json' -d '{metadata}' $GATELET{}; echo",
        paths::REGISTER
    );
    Some(Flow { title: "Registration: an application of your own", commands: vec![command] })
}

/// As Argus's scripts and applications call: an administrator defines a client, a user's script gets a token for it, and the client asks
/// whose that is.
fn argus(credentials: &Credentials) -> Option<Flow> {
    let administrator = credentials.api_keys.iter().find(|key| key.administrator)?;
    let user = credentials.api_keys.iter().find(|key| !key.administrator)?;
    let client = r#"{"shortName":"'$NAME'","name":"My OAuth Client","description":"It is tried out","customer":"mycustomer","mainURI":"https://my.application","redirectURI":"https://my.application/oauth/callback","requiredFunction":"myAccessFunction","permissionScope":"DATASTORE-VIEWER","clientIPRange":["127.0.0.1","::1"],"clientSecret":"mySecretPassword"}"#;
    let commands = vec![
        format!("ADMINISTRATOR={}", administrator.key),
        format!("SCRIPT={}", user.key),
        "NAME=myclient-$$".to_owned(),
        format!(
            "MYCLIENT=$(curl -s -XPOST -H \"Argus-API-Key: $ADMINISTRATOR\" -d '{client}' $GATELET{})",
            argus::CLIENTS
        ),
        r#"echo "$MYCLIENT"; MYCLIENT=$(echo "$MYCLIENT" | sed 's/.*"data":{"id":"\([^"]*\)".*/\1/')"#
            .to_owned(),
        format!(
            "TOKENS=$(curl -s -XPOST -H \"Argus-API-Key: $SCRIPT\" $GATELET{} -d client_id=$MYCLIENT -d grant_type=client_credentials)",
            argus::TOKEN
        ),
        SHOW.to_owned(),
        format!(
            "curl -s -XPOST -H 'X-Forwarded-For: 127.0.0.1' $GATELET{} -d client_id=$MYCLIENT -d client_secret=mySecretPassword -d token=$TOKEN; echo",
            argus::TOKEN
        ),
    ];
    Some(Flow {
        title: "Argus: a client is defined, a script gets a token for it, the client introspects it",
        commands,
    })
}

/// As Kustvakt's users and front ends call: a user registers a client, lets it in by name and password, and the client redeems the code.
fn kustvakt(credentials: &Credentials, settings: &Settings) -> Option<Flow> {
    let user = credentials.users.iter().find(|user| user.username == data::IN_EXAMPLES)?;
    if !settings.registration.admits_users() {
        return None;
    }
    let [client, asked, redeemed] = kustvakt_requests(settings);
    let commands = vec![
        format!("BASIC={}:{}", user.username, user.password),
        format!(
            "MYCLIENT=$(curl -s -u $BASIC -H 'Content-Type: application/json' -d '{client}' $GATELET{})",
            kustvakt::REGISTER[0]
        ),
        r#"echo "$MYCLIENT"; REGISTERED=$(echo "$MYCLIENT" | json client_id); SECRET=$(echo "$MYCLIENT" | json client_secret)"#
            .to_owned(),
        format!(
            "CODE=$(curl -s -u $BASIC -o /dev/null -w '%{{redirect_url}}' \"$GATELET{}?{asked}\" | {CODE})",
            kustvakt::AUTHORIZE[0]
        ),
        format!("TOKENS=$(curl -s -u $REGISTERED:$SECRET {redeemed} $GATELET{})", kustvakt::TOKEN[0]),
        SHOW.to_owned(),
    ];
    let title = "Kustvakt: a user registers a client and lets it in, the client redeems the code";
    Some(Flow { title, commands })
}

/// The client, as Kustvakt's wiki registers it, what it asks for and how it redeems the code. Where the settings ask for `https` or PKCE,
/// they are there.
fn kustvakt_requests(settings: &Settings) -> [String; 3] {
    let scheme = if settings.http_redirect_uris { "http" } else { "https" };
    let callback = format!("{scheme}://example.client.com/redirect");
    let (challenge, verifier) = match settings.codes_without_pkce {
        true => (String::new(), String::new()),
        false => (
            format!("&code_challenge_method=S256&code_challenge={CHALLENGE}"),
            format!(" -d code_verifier={VERIFIER}"),
        ),
    };
    let scope = if settings.api_scope().contains("search") { "search" } else { OPENID };
    let about = r#""name":"MyOAuth2Client","type":"CONFIDENTIAL","description":"a confidential web application","url":"http://example.client.com""#;
    [
        format!(r#"{{{about},"redirect_uri":"{callback}"}}"#),
        format!(
            "response_type=code&client_id=$REGISTERED&redirect_uri={callback}&scope={scope}&state=xyz{challenge}"
        ),
        format!("-d grant_type=authorization_code -d code=$CODE -d redirect_uri={callback}{verifier}"),
    ]
}

#[cfg(test)]
mod tests {
    use domain::Settings;
    use oauth::pkce::CodeChallenge;
    use testkit::actors::settings;

    use super::{CHALLENGE, VERIFIER, kustvakt_requests};

    #[test]
    fn the_verifier_answers_the_challenge() {
        assert_eq!(CodeChallenge::of_verifier(VERIFIER).ok(), CodeChallenge::parse(CHALLENGE));
    }

    #[test]
    fn what_kustvakts_wiki_has_is_adapted_to_the_settings() {
        let wiki = Settings { codes_without_pkce: true, http_redirect_uris: true, ..settings() };
        let [client, asked, redeemed] = kustvakt_requests(&wiki);
        assert!(client.contains(r#""redirect_uri":"http://example.client.com/redirect""#), "{client}");
        assert!(!asked.contains("code_challenge") && !redeemed.contains("code_verifier"));
        let strict = Settings { codes_without_pkce: false, http_redirect_uris: false, ..settings() };
        let [client, asked, redeemed] = kustvakt_requests(&strict);
        assert!(client.contains(r#""redirect_uri":"https://example.client.com/redirect""#), "{client}");
        assert!(asked.contains(CHALLENGE) && redeemed.contains(VERIFIER));
    }
}
