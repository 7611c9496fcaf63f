//! The process as a newcomer meets it: what it prints, what it leaves behind, how it ends.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that can't go on ends there, also where it has helped itself to a function"
)]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// A process that answers.
struct Running {
    process: Child,
    printed: String,
    demo: Value,
}

fn command(folder: &Path, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatelet-dev"));
    command.env_clear().env("DATA", folder).env("PORT", "0").envs(variables.iter().copied());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Running {
    fn start(folder: &Path, variables: &[(&str, &str)]) -> Self {
        let mut process = command(folder, variables).spawn().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut printed = String::new();
        while !printed.contains("Ctrl-C stops") {
            let read = output.read_line(&mut printed).unwrap();
            assert_ne!(read, 0, "ended at start: {printed}");
        }
        let demo = serde_json::from_slice(&fs::read(folder.join("demo.json")).unwrap()).unwrap();
        Self { process, printed, demo }
    }

    fn connect(&self) -> TcpStream {
        let address = self.demo["issuer"].as_str().unwrap().strip_prefix("http://").unwrap();
        TcpStream::connect(address).unwrap()
    }

    fn get(&self, path: &str) -> String {
        let mut stream = self.connect();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Ends it, and returns what it has logged.
    fn says_until_end(mut self) -> String {
        let mut log = self.process.stderr.take().unwrap();
        assert_eq!(self.end("TERM"), Some(0));
        let mut said = String::new();
        log.read_to_string(&mut said).unwrap();
        said
    }

    fn end(mut self, signal: &str) -> Option<i32> {
        let kill = format!("kill -{signal} {}", self.process.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        self.process.wait().unwrap().code()
    }
}

/// A test that fails leaves nothing running.
impl Drop for Running {
    fn drop(&mut self) {
        self.process.kill().ok();
    }
}

/// A folder that is not there yet, in a folder that is.
fn fresh(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::remove_dir_all(&path).ok();
    path
}

/// The one line that a process that can't start ends with, and its exit code.
fn refusal(folder: &Path, variables: &[(&str, &str)]) -> (String, Option<i32>) {
    let Output { status, stdout, stderr } = command(folder, variables).output().unwrap();
    assert_eq!(String::from_utf8(stdout).unwrap(), "");
    let text = String::from_utf8(stderr).unwrap();
    let mut lines = text.lines();
    let line = lines.next().unwrap().to_owned();
    assert_eq!(lines.next(), None, "{text}");
    (line, status.code())
}

#[test]
fn prints_what_a_newcomer_needs_and_stops_when_told() {
    let running = Running::start(&fresh("newcomer"), &[("DB", "memory")]);
    let issuer = running.demo["issuer"].as_str().unwrap().to_owned();
    for words in [
        format!("{issuer}/demo"),
        "alice     password  curiouser-and-curiouser".to_owned(),
        "username  password  password".to_owned(),
        format!("GATELET={issuer}"),
        "$GATELET/api/oauth2/client/register".to_owned(),
    ] {
        assert!(running.printed.contains(&words), "{words}: {}", running.printed);
    }
    assert!(!running.printed.contains('\u{1b}'), "colour, and nobody looks");
    for client in running.demo["clients"].as_array().unwrap() {
        assert!(running.printed.contains(client["client_id"].as_str().unwrap()));
    }
    assert!(running.get("/demo").starts_with("HTTP/1.1 200 "));
    assert!(running.get("/.well-known/openid-configuration").contains(&format!("\"issuer\":\"{issuer}\"")));
    let idle = running.connect();
    assert_eq!(running.end("INT"), Some(0));
    drop(idle);
}

#[test]
fn nothing_but_the_credentials_is_left_of_what_is_in_memory() {
    let folder = fresh("memory");
    assert_eq!(Running::start(&folder, &[("DB", "memory")]).end("TERM"), Some(0));
    let left: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["demo.json"]);
}

#[test]
fn data_survives_a_restart_and_needs_its_key() {
    let folder = fresh("restart");
    let first = Running::start(&folder, &[]);
    assert!(first.printed.contains("Making signing keys"), "{}", first.printed);
    let keys = |running: &Running| running.get("/oauth2/jwks").split_once("\r\n\r\n").unwrap().1.to_owned();
    let (demo, before) = (first.demo.clone(), keys(&first));
    let (line, code) = refusal(&folder, &[]);
    assert!(line.contains("is in use by another gatelet-dev"), "{line}");
    assert_eq!(code, Some(1));
    assert_eq!(first.end("INT"), Some(0));

    let second = Running::start(&folder, &[]);
    assert!(!second.printed.contains("Making signing keys"), "{}", second.printed);
    assert_eq!(keys(&second), before);
    for name in ["client_id", "client_secret"] {
        let of = |demo: &Value| {
            demo["clients"].as_array().unwrap().iter().map(|c| c[name].clone()).collect::<Vec<_>>()
        };
        assert_eq!(of(&second.demo), of(&demo));
    }
    assert_eq!(second.end("INT"), Some(0));

    fs::write(folder.join("wrapping.key"), [0; 32]).unwrap();
    let (line, code) = refusal(&folder, &[]);
    assert!(
        line.contains("wrapping.key is not the key that the keys in table gatelet were wrapped with"),
        "{line}"
    );
    assert_eq!(code, Some(1));
}

#[test]
fn the_issuer_is_as_configured_and_the_database_has_a_port() {
    let folder = fresh("issuer");
    let variables =
        [("DB", "memory"), ("ISSUER", "https://id.example"), ("PORT", "0"), ("DYNAMODB_PORT", "0")];
    let running = Running::start(&folder, &variables);
    assert_eq!(running.demo["issuer"], "https://id.example");
    assert_eq!(running.demo["clients"][0]["redirect_uris"][0], "https://id.example/demo/callback");
    let (_, rest) = running.printed.split_once("DynamoDB  http://").unwrap();
    let address: SocketAddr = rest.split(',').next().unwrap().parse().unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let head =
        "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-amz-json-1.0\r\n";
    let anyone = "Authorization: AWS4-HMAC-SHA256 Credential=anyone/20260101/local/dynamodb/aws4_request, \
                  SignedHeaders=host, Signature=none\r\nX-Amz-Date: 20260101T000000Z\r\n";
    let call = "X-Amz-Target: DynamoDB_20120810.ListTables\r\nContent-Length: 2\r\n\r\n{}";
    write!(stream, "{head}{anyone}{call}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains(r#"{"TableNames":["gatelet"]}"#), "{answer}");
    assert_eq!(running.end("INT"), Some(0));
}

/// Posts a call as the SDK of a function does, or of nobody, and returns status line and body.
fn aws(address: &str, function: Option<&str>, target: &str, body: &str) -> (String, Value) {
    let mut stream = TcpStream::connect(address).unwrap();
    let named = function.map(|name| format!("x-amz-user-agent: aws-sdk-rust/1.5 app/gatelet-{name}\r\n"));
    let signed = "Authorization: AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/dynamodb/aws4_request, \
                  SignedHeaders=host, Signature=none\r\nX-Amz-Date: 20260101T000000Z\r\n";
    let head = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{signed}{}X-Amz-Target: {target}\r\n\
         Content-Type: application/x-amz-json-1.0\r\nContent-Length: {}\r\n\r\n{body}",
        named.unwrap_or_default(),
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_owned(), serde_json::from_str(body).unwrap())
}

#[test]
fn functions_find_aws_here_as_far_as_their_policies_go() {
    let running = Running::start(&fresh("aws"), &[("DB", "memory"), ("AWS_PORT", "0")]);
    let (_, rest) = running.printed.split_once("AWS       http://").unwrap();
    let address = rest.split(',').next().unwrap();
    let client = running.demo["clients"][0]["client_id"].as_str().unwrap();
    let get = |pk: &str, sk: &str| {
        let key = json!({"pk": {"S": pk}, "sk": {"S": sk}});
        json!({"TableName": "gatelet", "Key": key}).to_string()
    };
    let get_item = "DynamoDB_20120810.GetItem";

    let (status, found) = aws(address, Some("token"), get_item, &get(&format!("client#{client}"), "client"));
    assert_eq!((status.as_str(), &found["Item"]["sk"]["S"]), ("HTTP/1.1 200 OK", &json!("client")));
    for (function, body) in [
        (Some("token"), get("login#alice", "login")),
        (Some("nobody"), get(&format!("client#{client}"), "client")),
        (None, get(&format!("client#{client}"), "client")),
    ] {
        let (status, denied) = aws(address, function, get_item, &body);
        assert_eq!(status, "HTTP/1.1 400 Bad Request");
        assert_eq!(denied["__type"], "com.amazon.coral.service#AccessDeniedException");
        let message = denied["Message"].as_str().unwrap();
        assert!(message.contains("is not authorized to perform: dynamodb:GetItem"), "{message}");
    }

    // The key that tokens are signed with here, in this process, opens there as well.
    let query = json!({
        "TableName": "gatelet", "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": "signing"}},
    });
    let (_, keys) = aws(address, Some("token"), "DynamoDB_20120810.Query", &query.to_string());
    let sealed = keys["Items"][0]["sealed"]["S"].as_str().unwrap();
    let sealed = STANDARD.encode(URL_SAFE_NO_PAD.decode(sealed).unwrap());
    let decrypt = |purpose: &str| {
        json!({"CiphertextBlob": sealed, "EncryptionContext": {"purpose": purpose}}).to_string()
    };
    let (status, opened) = aws(address, Some("token"), "TrentService.Decrypt", &decrypt("signing"));
    assert_eq!(status, "HTTP/1.1 200 OK");
    assert!(!opened["Plaintext"].as_str().unwrap().is_empty());
    for (function, purpose) in [(Some("token"), "sealing"), (Some("login"), "signing"), (None, "signing")] {
        let (_, denied) = aws(address, function, "TrentService.Decrypt", &decrypt(purpose));
        assert_eq!(denied["__type"], "AccessDeniedException", "{denied}");
    }

    let said = running.says_until_end();
    let line =
        "token may not dynamodb:GetItem on login#: no statement of its role in template.yaml allows it";
    assert!(said.contains(line), "{said}");
}

#[test]
fn functions_elsewhere_may_serve_the_endpoints() {
    let there = Running::start(&fresh("functions"), &[("DB", "memory"), ("DYNAMODB_PORT", "0")]);
    let (_, rest) = there.printed.split_once("DynamoDB  ").unwrap();
    let issuer = there.demo["issuer"].as_str().unwrap();
    let variables = [("FUNCTIONS", issuer), ("DYNAMODB_ENDPOINT", rest.split(',').next().unwrap())];
    let here = Running::start(&fresh("pages"), &variables);
    assert_eq!(here.demo["issuer"], issuer);
    let (_, rest) = here.printed.split_once("Click     ").unwrap();
    let home = rest.split("/demo").next().unwrap();
    assert_ne!(home, issuer);
    let ask = |request: &str| {
        let mut stream = TcpStream::connect(home.strip_prefix("http://").unwrap()).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let get = |path: &str| ask(&format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    assert!(get("/login").starts_with("HTTP/1.1 404 "), "endpoints are not served here");
    let begun = get("/demo/start?client=confidential");
    assert!(begun.contains(&format!("location: {issuer}/oauth2/authorize?")), "{begun}");
    let callback = format!("{home}/demo/callback").replace(':', "%3A").replace('/', "%2F");
    assert!(begun.contains(&format!("redirect_uri={callback}")), "{begun}");
    let form = "client=confidential&refresh_token=unknown";
    let refused = ask(&format!(
        "POST /demo/refresh HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    ));
    assert!(refused.contains("400 Bad Request") && refused.contains("invalid_grant"), "{refused}");
    assert_eq!(here.end("INT"), Some(0));
    assert_eq!(there.end("INT"), Some(0));
}

#[test]
fn says_in_one_line_why_it_can_not_start() {
    let folder = fresh("refusals");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().port().to_string();
    fs::write(&folder, "a file").unwrap();
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    for (variables, words, code) in [
        (
            vec![("PORT", taken.as_str())],
            "is taken: stop what listens there, or choose another port with PORT=",
            1,
        ),
        (vec![("PORT", "http")], "gatelet-dev: PORT=http: expected a port number, 0 to 65535", 2),
        (vec![("DB", "disk")], "gatelet-dev: DB=disk: expected file or memory", 2),
        (vec![], "gatelet-dev: can't make the folder ", 1),
    ] {
        let (line, exit) = refusal(&folder, &variables);
        assert!(line.contains(words), "{line}");
        assert_eq!(exit, Some(code), "{line}");
    }
    let (line, exit) = refusal(&fresh("elsewhere"), &[("DYNAMODB_ENDPOINT", &closed)]);
    assert!(line.contains(&format!("DYNAMODB_ENDPOINT={closed} is of no use")), "{line}");
    assert_eq!(exit, Some(1), "{line}");
    fs::remove_file(&folder).unwrap();
}
