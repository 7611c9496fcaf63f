//! What the environment asks of the local stack: read once, at start.

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use axum::http::Uri;
use domain::address::AddressPrefix;
use domain::settings::{ApiScope, Registration, parse_allowed};
use domain::{Issuer, Settings};
use tracing_subscriber::EnvFilter;

use crate::failure::Failure;
use crate::log;

/// What `--help` says.
pub(crate) const HELP: &str = "\
The whole of Gatelet in one local process. It reads these variables:

  PORT               where to listen (9000; 0 for any free port)
  BIND               on which address (127.0.0.1)
  ISSUER             the issuer, where it is not http://127.0.0.1:PORT: that of a TLS proxy in front, say
  DB                 file (the default: kept in DATA) or memory (nothing is kept)
  DATA               the folder for everything that is kept (.gatelet)
  DYNAMODB_ENDPOINT  the URL of another DynamoDB to use instead of the embedded one
  DYNAMODB_PORT      serve the embedded DynamoDB on this port too
  DYNAMODB_BIND      and on this address (127.0.0.1); it checks no signatures
  AWS_PORT           serve functions on this port: the embedded DynamoDB and a KMS of one key, as far as template.yaml lets each function
  AWS_BIND           and on this address (127.0.0.1); it checks no signatures
  FUNCTIONS          the origin where functions serve the endpoints, which then are not served here: http://127.0.0.1:3000, say
  TABLE_NAME         the table (gatelet)
  REGISTRATION       who may register clients: open (the default), users, closed, or sha256: and the digest of a token
  API_SCOPES         scopes beside the standard ones (those of two APIs: notes:read, notes:write, search and match_info)
  CODES_WITHOUT_PKCE whether clients written for Argus or Kustvakt may do without PKCE: allowed (the default), or refused
  HTTP_REDIRECT_URIS whether answers are sent to http redirect URIs that Kustvakt's service registers: allowed (the default), or refused
  ADDRESS_PREFIX_IPV4, ADDRESS_PREFIX_IPV6
                     how many bits of a user agent's address count, for clients whose tokens are bound to it (32 and 64)
  LOG                what to log, as tracing's filters are written: debug, say, or warn,store=trace
  NO_COLOR           no colours, whatever its value
";

const API_SCOPES: &str = "notes:read=Read your notes; notes:write=Change your notes; \
                          search=Search corpora for you; match_info=See what your searches find";

/// The environment, understood.
#[derive(Debug)]
pub(crate) struct Environment {
    /// `BIND` and `PORT`.
    pub listen: SocketAddr,
    /// `ISSUER`, if it is set.
    pub issuer: Option<Issuer>,
    /// `DATA`.
    pub folder: PathBuf,
    /// `DB`, `DYNAMODB_ENDPOINT`, `DYNAMODB_BIND` and `DYNAMODB_PORT`.
    pub storage: Storage,
    /// `AWS_BIND` and `AWS_PORT`.
    pub aws: Option<SocketAddr>,
    /// `FUNCTIONS`.
    pub functions: Option<Issuer>,
    /// `TABLE_NAME`.
    pub table_name: String,
    /// `REGISTRATION`.
    pub registration: Registration,
    /// `API_SCOPES`.
    pub api_scopes: Vec<ApiScope>,
    /// `CODES_WITHOUT_PKCE`.
    pub codes_without_pkce: bool,
    /// `HTTP_REDIRECT_URIS`.
    pub http_redirect_uris: bool,
    /// `ADDRESS_PREFIX_IPV4` and `ADDRESS_PREFIX_IPV6`.
    pub address_prefix: AddressPrefix,
    /// `LOG`.
    pub log: EnvFilter,
    /// Whether `NO_COLOR` leaves colours on (<https://no-color.org>).
    pub colour: bool,
}

/// Where the table is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Storage {
    /// In the embedded DynamoDB.
    Embedded {
        /// Whether it is kept in a file.
        kept: bool,
        /// Where it listens, if not on a loopback port of its own choice.
        listen: Option<SocketAddr>,
    },
    /// In another DynamoDB.
    Elsewhere(String),
}

/// The environment's values by name.
struct Variables<'a>(&'a dyn Fn(&str) -> Option<OsString>);

impl Environment {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// [`Failure::Variable`] for the first value that can't be.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub(crate) fn read() -> Result<Self, Failure> {
        Self::parse(&|name| std::env::var_os(name))
    }

    fn parse(variable: &dyn Fn(&str) -> Option<OsString>) -> Result<Self, Failure> {
        let variables = Variables(variable);
        let bind = variables.parsed("BIND", address)?.unwrap_or(Ipv4Addr::LOCALHOST.into());
        let port = variables.parsed("PORT", port)?.unwrap_or(9000);
        let issuer = variables.parsed("ISSUER", issuer)?;
        if issuer.is_none() && own_host(bind).is_none() {
            let expected = "a loopback address, or ISSUER= beside it: plain http is for loopback alone";
            return Err(wrong("BIND", &bind.to_string(), expected));
        }
        let functions = variables.parsed("FUNCTIONS", functions)?;
        if let (Some(functions), true) = (&functions, issuer.is_some()) {
            return Err(wrong("FUNCTIONS", functions.as_str(), "no ISSUER= beside it: it is the issuer"));
        }
        Ok(Self {
            listen: SocketAddr::new(bind, port),
            issuer,
            aws: aws(&variables)?,
            functions,
            folder: variables.raw("DATA").map_or_else(|| PathBuf::from(".gatelet"), PathBuf::from),
            storage: storage(&variables)?,
            table_name: variables.parsed("TABLE_NAME", table_name)?.unwrap_or_else(|| "gatelet".to_owned()),
            registration: variables.parsed("REGISTRATION", registration)?.unwrap_or(Registration::Open),
            api_scopes: api_scopes(&variables)?,
            codes_without_pkce: variables.parsed("CODES_WITHOUT_PKCE", allowed)?.unwrap_or(true),
            http_redirect_uris: variables.parsed("HTTP_REDIRECT_URIS", allowed)?.unwrap_or(true),
            address_prefix: address_prefix(&variables)?,
            log: variables.parsed("LOG", log_filter)?.unwrap_or_else(log::default),
            colour: variables.raw("NO_COLOR").is_none(),
        })
    }

    /// The endpoints' settings, once it is known where the stack listens.
    ///
    /// # Errors
    /// [`Failure::Variable`] where that can't be an issuer, and none is set.
    pub(crate) fn settings(&self, listening: SocketAddr) -> Result<Settings, Failure> {
        let issuer = match &self.functions {
            Some(functions) => functions.clone(),
            None => self.home(listening)?,
        };
        Ok(Settings {
            registration: self.registration.clone(),
            api_scopes: self.api_scopes.clone(),
            codes_without_pkce: self.codes_without_pkce,
            http_redirect_uris: self.http_redirect_uris,
            address_prefix: self.address_prefix,
            ..Settings::new(issuer)
        })
    }

    /// Where a browser finds what this process serves: the demo's pages at least.
    ///
    /// # Errors
    /// [`Failure::Variable`] where nothing can be found under its address.
    pub(crate) fn home(&self, listening: SocketAddr) -> Result<Issuer, Failure> {
        self.issuer.clone().map_or_else(|| own_issuer(listening), Ok)
    }

    /// Whether standard output and error, which are terminals or not, are to be coloured.
    pub(crate) fn colours(&self) -> (bool, bool) {
        let (out, err) = (std::io::stdout().is_terminal(), std::io::stderr().is_terminal());
        (self.colour && out, self.colour && err)
    }
}

impl Variables<'_> {
    /// A value; one that is empty counts as none.
    fn raw(&self, name: &str) -> Option<OsString> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    fn parsed<T>(
        &self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, Failure> {
        let Some(value) = self.raw(name) else { return Ok(None) };
        let shown = value.to_string_lossy();
        let text = value.to_str().ok_or_else(|| wrong(name, &shown, "UTF-8"))?;
        parse(text).map(Some).map_err(|expected| wrong(name, text, &expected))
    }
}

fn wrong(name: &'static str, value: &str, expected: &str) -> Failure {
    Failure::Variable { name, value: value.to_owned(), expected: expected.to_owned() }
}

fn port(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| "a port number, 0 to 65535".to_owned())
}

fn address(text: &str) -> Result<IpAddr, String> {
    text.parse().map_err(|_| "an IP address, such as 127.0.0.1 or 0.0.0.0".to_owned())
}

fn issuer(text: &str) -> Result<Issuer, String> {
    let expected = "an origin and no more, https or http on loopback, such as https://id.example";
    Issuer::parse(text).map_err(|_| expected.to_owned())
}

/// The naming rules of DynamoDB.
fn table_name(text: &str) -> Result<String, String> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let named = (3..=255).contains(&text.len()) && text.bytes().all(allowed);
    named.then(|| text.to_owned()).ok_or_else(|| "3 to 255 of the characters a-z A-Z 0-9 _ - .".to_owned())
}

fn registration(text: &str) -> Result<Registration, String> {
    Registration::parse(text)
        .map_err(|_| "open, users, closed, or sha256: and 64 hexadecimal digits".to_owned())
}

fn allowed(text: &str) -> Result<bool, String> {
    parse_allowed(text).map_err(|_| "allowed or refused".to_owned())
}

fn address_prefix(variables: &Variables<'_>) -> Result<AddressPrefix, Failure> {
    let usual = AddressPrefix::default();
    let ipv4 = |text: &str| AddressPrefix::parse_ipv4(text).map_err(|_| "a number from 0 to 32".to_owned());
    let ipv6 = |text: &str| AddressPrefix::parse_ipv6(text).map_err(|_| "a number from 0 to 128".to_owned());
    Ok(AddressPrefix {
        ipv4: variables.parsed("ADDRESS_PREFIX_IPV4", ipv4)?.unwrap_or(usual.ipv4),
        ipv6: variables.parsed("ADDRESS_PREFIX_IPV6", ipv6)?.unwrap_or(usual.ipv6),
    })
}

/// Set to nothing, it means no scopes beside the standard ones.
fn api_scopes(variables: &Variables<'_>) -> Result<Vec<ApiScope>, Failure> {
    let text = (variables.0)("API_SCOPES").unwrap_or_else(|| API_SCOPES.into());
    let text = text.to_string_lossy();
    Settings::parse_api_scopes(&text).map_err(|_| wrong("API_SCOPES", &text, "scope=words; scope=words"))
}

fn log_filter(text: &str) -> Result<EnvFilter, String> {
    EnvFilter::try_new(text).map_err(|_| "a filter such as debug or warn,server=debug".to_owned())
}

fn storage(variables: &Variables<'_>) -> Result<Storage, Failure> {
    let kept = variables.parsed("DB", |text| match text {
        "file" => Ok(true),
        "memory" => Ok(false),
        _ => Err("file or memory".to_owned()),
    })?;
    let bind = variables.parsed("DYNAMODB_BIND", address)?;
    let port = variables.parsed("DYNAMODB_PORT", port)?;
    let endpoint = variables.parsed("DYNAMODB_ENDPOINT", endpoint)?;
    match (endpoint, port, bind) {
        (Some(endpoint), None, None) if kept.is_none() => Ok(Storage::Elsewhere(endpoint)),
        (Some(endpoint), ..) => {
            let expected =
                "none of DB=, DYNAMODB_PORT= and DYNAMODB_BIND= beside it: they are the embedded DynamoDB's";
            Err(wrong("DYNAMODB_ENDPOINT", &endpoint, expected))
        }
        (None, None, Some(bind)) => {
            Err(wrong("DYNAMODB_BIND", &bind.to_string(), "DYNAMODB_PORT= beside it"))
        }
        (None, port, bind) => {
            let bind = bind.unwrap_or(Ipv4Addr::LOCALHOST.into());
            let listen = port.map(|port| SocketAddr::new(bind, port));
            Ok(Storage::Embedded { kept: kept.unwrap_or(true), listen })
        }
    }
}

/// It is the embedded DynamoDB that is served.
fn aws(variables: &Variables<'_>) -> Result<Option<SocketAddr>, Failure> {
    let port = variables.parsed("AWS_PORT", port)?;
    let bind = variables.parsed("AWS_BIND", address)?;
    let elsewhere = variables.raw("DYNAMODB_ENDPOINT").is_some();
    match (port, bind) {
        (Some(port), _) if elsewhere => {
            let expected = "no DYNAMODB_ENDPOINT= beside it: it is for the embedded DynamoDB";
            Err(wrong("AWS_PORT", &port.to_string(), expected))
        }
        (Some(port), bind) => Ok(Some(SocketAddr::new(bind.unwrap_or(Ipv4Addr::LOCALHOST.into()), port))),
        (None, Some(bind)) => Err(wrong("AWS_BIND", &bind.to_string(), "AWS_PORT= beside it")),
        (None, None) => Ok(None),
    }
}

/// The demo's pages call the endpoints without TLS.
fn functions(text: &str) -> Result<Issuer, String> {
    let origin = Issuer::parse(text).ok().filter(|origin| !origin.is_https());
    origin.ok_or_else(|| "an http origin on loopback and no more, such as http://127.0.0.1:3000".to_owned())
}

fn endpoint(text: &str) -> Result<String, String> {
    let url = text.parse::<Uri>().ok().filter(|url| url.authority().is_some());
    let scheme = url.as_ref().and_then(Uri::scheme_str);
    let web = matches!(scheme, Some("http" | "https"));
    web.then(|| text.to_owned()).ok_or_else(|| "a URL such as http://127.0.0.1:8000".to_owned())
}

/// The issuer of a stack that nothing stands in front of.
fn own_issuer(listening: SocketAddr) -> Result<Issuer, Failure> {
    let issuer =
        own_host(listening.ip()).map(|host| format!("http://{}", SocketAddr::new(host, listening.port())));
    let issuer = issuer.and_then(|issuer| Issuer::parse(&issuer).ok());
    issuer.ok_or_else(|| wrong("BIND", &listening.ip().to_string(), "ISSUER= beside it"))
}

/// Where a browser on this machine finds what listens on `bind`; nothing where only other machines may.
fn own_host(bind: IpAddr) -> Option<IpAddr> {
    match bind {
        IpAddr::V4(ip) if ip.is_unspecified() => Some(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => Some(Ipv6Addr::LOCALHOST.into()),
        ip => ip.is_loopback().then_some(ip),
    }
}

#[cfg(test)]
mod tests {
    use domain::settings::Registration;

    use super::{Environment, Storage};

    fn parse(variables: &[(&str, &str)]) -> Result<Environment, String> {
        let find =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into());
        Environment::parse(&find).map_err(|failure| failure.to_string())
    }

    #[test]
    fn has_a_default_for_everything() {
        let environment = parse(&[]).unwrap();
        assert_eq!(environment.listen.to_string(), "127.0.0.1:9000");
        assert_eq!(environment.storage, Storage::Embedded { kept: true, listen: None });
        assert_eq!(environment.folder.to_str(), Some(".gatelet"));
        assert_eq!(environment.table_name, "gatelet");
        assert_eq!(environment.registration, Registration::Open);
        let settings = environment.settings(environment.listen).unwrap();
        assert_eq!(settings.issuer.as_str(), "http://127.0.0.1:9000");
        let scopes: Vec<_> = settings.api_scopes.iter().map(|scope| scope.token.as_str()).collect();
        assert_eq!(scopes, ["notes:read", "notes:write", "search", "match_info"]);
        assert!(settings.codes_without_pkce && settings.http_redirect_uris);
    }

    #[test]
    fn an_empty_value_is_none_but_for_the_scopes() {
        let environment = parse(&[("PORT", ""), ("DB", ""), ("API_SCOPES", "")]).unwrap();
        assert_eq!(environment.listen.port(), 9000);
        assert!(environment.api_scopes.is_empty());
    }

    #[test]
    fn the_issuer_follows_the_address_unless_it_is_set() {
        for (bind, issuer) in [
            ("127.0.0.1", "http://127.0.0.1:8123"),
            ("127.0.0.2", "http://127.0.0.2:8123"),
            ("0.0.0.0", "http://127.0.0.1:8123"),
            ("::1", "http://[::1]:8123"),
            ("::", "http://[::1]:8123"),
        ] {
            let environment = parse(&[("BIND", bind), ("PORT", "8123")]).unwrap();
            assert_eq!(environment.settings(environment.listen).unwrap().issuer.as_str(), issuer);
        }
        let proxied = parse(&[("BIND", "192.0.2.7"), ("ISSUER", "https://id.example")]).unwrap();
        assert_eq!(proxied.settings(proxied.listen).unwrap().issuer.as_str(), "https://id.example");
    }

    #[test]
    fn finds_the_table() {
        let served = [("DB", "memory"), ("DYNAMODB_PORT", "8000"), ("DYNAMODB_BIND", "0.0.0.0")];
        let storage = Storage::Embedded { kept: false, listen: Some("0.0.0.0:8000".parse().unwrap()) };
        assert_eq!(parse(&served).unwrap().storage, storage);
        let elsewhere = parse(&[("DYNAMODB_ENDPOINT", "http://dynamodb:8000")]).unwrap();
        assert_eq!(elsewhere.storage, Storage::Elsewhere("http://dynamodb:8000".to_owned()));
    }

    #[test]
    fn functions_may_serve_the_endpoints() {
        let functions =
            [("FUNCTIONS", "http://127.0.0.1:3000"), ("AWS_PORT", "8000"), ("AWS_BIND", "0.0.0.0")];
        let environment = parse(&functions).unwrap();
        assert_eq!(environment.aws, Some("0.0.0.0:8000".parse().unwrap()));
        let settings = environment.settings(environment.listen).unwrap();
        assert_eq!(settings.issuer.as_str(), "http://127.0.0.1:3000");
        assert_eq!(environment.home(environment.listen).unwrap().as_str(), "http://127.0.0.1:9000");
        let environment = parse(&[("ISSUER", "https://id.example")]).unwrap();
        assert_eq!(environment.home(environment.listen).unwrap().as_str(), "https://id.example");
    }

    #[test]
    fn says_which_variable_is_wrong_and_what_it_may_be() {
        for (variables, line) in [
            (vec![("PORT", "http")], "PORT=http: expected a port number, 0 to 65535"),
            (vec![("PORT", "65536")], "PORT=65536: expected a port number, 0 to 65535"),
            (vec![("BIND", "all")], "BIND=all: expected an IP address, such as 127.0.0.1 or 0.0.0.0"),
            (
                vec![("BIND", "192.0.2.7")],
                "BIND=192.0.2.7: expected a loopback address, or ISSUER= beside it: plain http is for loopback alone",
            ),
            (
                vec![("ISSUER", "http://id.example")],
                "ISSUER=http://id.example: expected an origin and no more, https or http on loopback, such as https://id.example",
            ),
            (vec![("DB", "disk")], "DB=disk: expected file or memory"),
            (
                vec![("DYNAMODB_ENDPOINT", "localhost:8000")],
                "DYNAMODB_ENDPOINT=localhost:8000: expected a URL such as http://127.0.0.1:8000",
            ),
            (
                vec![("DYNAMODB_ENDPOINT", "http://x"), ("DB", "memory")],
                "DYNAMODB_ENDPOINT=http://x: expected none of DB=, DYNAMODB_PORT= and DYNAMODB_BIND= beside it: they are the embedded DynamoDB's",
            ),
            (vec![("DYNAMODB_BIND", "0.0.0.0")], "DYNAMODB_BIND=0.0.0.0: expected DYNAMODB_PORT= beside it"),
            (vec![("AWS_BIND", "0.0.0.0")], "AWS_BIND=0.0.0.0: expected AWS_PORT= beside it"),
            (
                vec![("AWS_PORT", "8000"), ("DYNAMODB_ENDPOINT", "http://x")],
                "AWS_PORT=8000: expected no DYNAMODB_ENDPOINT= beside it: it is for the embedded DynamoDB",
            ),
            (
                vec![("FUNCTIONS", "https://id.example")],
                "FUNCTIONS=https://id.example: expected an http origin on loopback and no more, such as http://127.0.0.1:3000",
            ),
            (
                vec![("FUNCTIONS", "http://127.0.0.1:3000"), ("ISSUER", "https://id.example")],
                "FUNCTIONS=http://127.0.0.1:3000: expected no ISSUER= beside it: it is the issuer",
            ),
            (
                vec![("TABLE_NAME", "a b")],
                "TABLE_NAME=a b: expected 3 to 255 of the characters a-z A-Z 0-9 _ - .",
            ),
            (
                vec![("REGISTRATION", "anyone")],
                "REGISTRATION=anyone: expected open, users, closed, or sha256: and 64 hexadecimal digits",
            ),
            (vec![("CODES_WITHOUT_PKCE", "yes")], "CODES_WITHOUT_PKCE=yes: expected allowed or refused"),
            (vec![("HTTP_REDIRECT_URIS", "no")], "HTTP_REDIRECT_URIS=no: expected allowed or refused"),
            (vec![("ADDRESS_PREFIX_IPV4", "33")], "ADDRESS_PREFIX_IPV4=33: expected a number from 0 to 32"),
            (vec![("ADDRESS_PREFIX_IPV6", "x")], "ADDRESS_PREFIX_IPV6=x: expected a number from 0 to 128"),
            (vec![("API_SCOPES", "notes")], "API_SCOPES=notes: expected scope=words; scope=words"),
            (vec![("LOG", "a=b=c")], "LOG=a=b=c: expected a filter such as debug or warn,server=debug"),
        ] {
            assert_eq!(parse(&variables).unwrap_err(), line);
        }
    }
}
