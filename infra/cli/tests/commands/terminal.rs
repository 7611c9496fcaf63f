//! On a terminal: that of `script`, whose options are other ones elsewhere than on Linux.

use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::given::{Given, gatelet};

/// Somebody at a terminal.
pub struct Terminal {
    script: Child,
    keys: ChildStdin,
    screen: Receiver<Vec<u8>>,
    pub seen: String,
}

impl Terminal {
    pub fn open(given: &Given, arguments: &str) -> Self {
        Self::wide(given, 200, arguments)
    }

    /// One where colours are unwanted.
    pub fn without_colours(given: &Given, arguments: &str) -> Self {
        Self::with(given, 200, arguments, &[("NO_COLOR", "1")])
    }

    /// One of so many columns.
    pub fn wide(given: &Given, columns: usize, arguments: &str) -> Self {
        Self::with(given, columns, arguments, &[])
    }

    fn with(given: &Given, columns: usize, arguments: &str, variables: &[(&str, &str)]) -> Self {
        let endpoint = given.embedded.endpoint();
        let program = env!("CARGO_BIN_EXE_gatelet");
        let line =
            format!("stty cols {columns}; {program} {arguments} --table gatelet --endpoint-url {endpoint}");
        let mut command = Command::new("script");
        command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
        for (name, value) in gatelet(&[]).get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        command.envs(variables.iter().copied());
        command.env("TERM", "xterm").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut script = command.spawn().unwrap();
        let (keys, mut output) = (script.stdin.take().unwrap(), script.stdout.take().unwrap());
        let (told, screen) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 1024];
            while let Ok(read @ 1..) = output.read(&mut buffer) {
                told.send(buffer[..read].to_vec()).ok();
            }
        });
        Self { script, keys, screen, seen: String::new() }
    }

    /// Waits until these words are on the screen.
    pub fn shows(&mut self, words: &str) {
        while !self.seen.contains(words) {
            let more = self.screen.recv_timeout(Duration::from_secs(60));
            let more = more.unwrap_or_else(|_| panic!("{words}: {}", self.seen));
            self.seen.push_str(&String::from_utf8_lossy(&more));
        }
    }

    /// Types at once when asked, and sees what comes of it.
    pub fn answers(&mut self, question: &str, answer: &str, next: &str) {
        self.shows(question);
        self.seen.clear();
        writeln!(self.keys, "{answer}").unwrap();
        self.shows(next);
        assert!(!self.seen.contains(answer), "what is typed is not shown: {}", self.seen);
    }

    /// Types this, which is shown.
    pub fn types(&mut self, question: &str, answer: &str) {
        self.shows(question);
        writeln!(self.keys, "{answer}").unwrap();
    }

    /// All that it shows until the program ends, without colours.
    pub fn all(mut self) -> String {
        while let Ok(more) = self.screen.recv_timeout(Duration::from_secs(60)) {
            self.seen.push_str(&String::from_utf8_lossy(&more));
        }
        let mut shown = String::new();
        let mut rest = self.seen.as_str();
        while let Some((before, after)) = rest.split_once("\u{1b}[") {
            shown.push_str(before);
            rest = after.split_once('m').map_or("", |(_, rest)| rest);
        }
        (shown + rest).replace('\r', "")
    }

    pub fn code(mut self) -> Option<i32> {
        self.script.wait().unwrap().code()
    }
}

/// A test that fails leaves nobody sitting there.
impl Drop for Terminal {
    fn drop(&mut self) {
        self.script.kill().ok();
    }
}
