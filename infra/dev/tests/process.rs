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

use serde_json::Value;

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
    for words in [format!("{issuer}/demo"), "alice     password".to_owned(), format!("GATELET={issuer}")] {
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
