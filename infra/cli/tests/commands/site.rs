//! A web server that answers what a test wants, at any time of the day.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use crate::given::now;

/// Serves until the test's process ends.
pub struct Site {
    address: SocketAddr,
}

impl Site {
    /// Answers each request, head and body, with a status and a body. Its clock is `ahead` seconds ahead.
    pub fn serve(ahead: i64, answer: impl Fn(&str, &str) -> (u16, String) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let own = format!("http://{address}");
            for stream in listener.incoming().flatten() {
                converse(stream, ahead, |request| answer(&own, request));
            }
        });
        Self { address }
    }

    /// An issuer with these keys, that calls itself what `name` makes of its address.
    pub fn issuer(ahead: i64, jwks: String, name: impl Fn(&str) -> String + Send + 'static) -> Self {
        Self::serve(ahead, move |own, request| {
            let issuer = name(own);
            match request.split(' ').nth(1).unwrap_or_default() {
                "/.well-known/openid-configuration" => {
                    (200, format!(r#"{{"issuer":"{issuer}","jwks_uri":"{own}/keys"}}"#))
                }
                "/keys" => (200, jwks.clone()),
                _ => (404, String::new()),
            }
        })
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// One request, one answer.
fn converse(mut stream: TcpStream, ahead: i64, answer: impl Fn(&str) -> (u16, String)) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !complete(&request) {
        match stream.read(&mut buffer) {
            Ok(read @ 1..) => request.extend_from_slice(&buffer[..read]),
            Ok(0) | Err(_) => return,
        }
    }
    let (status, body) = answer(&String::from_utf8_lossy(&request));
    let time = DateTime::from_secs(i64::try_from(now().0).unwrap() + ahead).fmt(Format::HttpDate).unwrap();
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} Whatever\r\nDate: {time}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(format!("{head}{body}").as_bytes()).ok();
}

/// Whether the whole request has arrived.
fn complete(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.split_once("content-length: ").and_then(|(_, rest)| rest.lines().next()?.parse().ok());
    body.len() >= length.unwrap_or(0)
}
