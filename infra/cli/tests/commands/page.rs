//! docs/gatelet-command.md says what the program says: its `console` blocks are run one after the other, on one table.
//!
//! With `WRITE_PAGE=1` in the environment, the page is written anew instead.

use std::path::PathBuf;

use crate::given::{Given, PASSWORD, Ran, run, start, veiled};

const BEGIN: &str = "```console\n";
const END: &str = "```\n";
/// The most columns of an output on the page.
const WIDEST: usize = 120;

/// The words of a command line: separated by blanks, except inside single quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![None::<String>];
    let mut quoted = false;
    for c in line.chars() {
        match (c, words.last_mut()) {
            ('\'', Some(word)) => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            (' ', _) if !quoted => words.push(None),
            (c, Some(word)) => word.get_or_insert_default().push(c),
            (_, None) => {}
        }
    }
    words.into_iter().flatten().collect()
}

/// A page is no place for whole secrets, not even for those of a table that is gone.
fn abbreviated(text: &str) -> String {
    let mut parts = text.split("gtl");
    let mut short = parts.next().unwrap().to_owned();
    for part in parts {
        let secret =
            part.find(|c: char| !c.is_ascii_alphanumeric() && !"_-".contains(c)).unwrap_or(part.len());
        let (secret, rest) = part.split_at(secret);
        short.push_str(&format!("gtl{}\u{2026}{rest}", &secret[..8]));
    }
    short
}

/// Runs a command as it is written: what stands before a bar is a password from elsewhere.
fn runs(given: &Given, line: &str) -> String {
    let line = line.replace("\\\n", " ");
    let (password, line) = match line.split_once(" | ") {
        Some((_, line)) => (Some(PASSWORD), line),
        None => (None, line.as_str()),
    };
    let words = words(line);
    let arguments: Vec<_> = words.iter().skip(1).map(String::as_str).collect();
    assert_eq!(words.first().map(String::as_str), Some("gatelet"), "{line}");
    let mut command = given.command(&arguments);
    command.current_dir(env!("CARGO_TARGET_TMPDIR"));
    let ran = match password {
        Some(password) => Ran::from(start(command, password).wait_with_output().unwrap()),
        None => run(command),
    };
    ran.out + &ran.err
}

/// A command with the lines that continue it, and the rest.
fn command(text: &str) -> (&str, &str) {
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        end += line.len();
        if !line.ends_with("\\\n") {
            break;
        }
    }
    text.split_at(end)
}

/// What a block says once its commands have been run.
fn told(given: &Given, block: &str) -> String {
    let mut told = Vec::new();
    for part in block.split("$ ").skip(1) {
        let (line, _) = command(part);
        told.push(format!("$ {line}{}", abbreviated(&runs(given, line.trim_end()))));
    }
    told.join("\n")
}

#[tokio::test]
async fn the_page_says_what_the_program_says() {
    let given = Given::table().await;
    let public = r#"{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    std::fs::write(format!("{}/backup.jwk", env!("CARGO_TARGET_TMPDIR")), public).unwrap();
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/gatelet-command.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let mut parts = page.split(BEGIN);
    let mut written = parts.next().unwrap().to_owned();
    let mut known = 0;
    for part in parts {
        let (block, rest) = part.split_once(END).unwrap();
        let told = told(&given, block);
        for line in told.lines() {
            assert!(line.chars().count() <= WIDEST, "too wide for a page: {line}");
        }
        // Only where something else is different do the ids of this run belong on the page.
        let same = veiled(block) == veiled(&told);
        written.push_str(&format!("{BEGIN}{}{END}{rest}", if same { block } else { &told }));
        known += 1;
    }
    assert!(known >= 6, "the page has {known} blocks");
    #[expect(clippy::disallowed_methods, reason = "the one switch of this test")]
    if std::env::var_os("WRITE_PAGE").is_some() {
        std::fs::write(&path, &written).unwrap();
    }
    let now = std::fs::read_to_string(&path).unwrap();
    assert_eq!(now, written, "run this test with WRITE_PAGE=1");
}
