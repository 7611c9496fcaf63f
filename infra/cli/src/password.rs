//! Passwords, asked for or read: never from an argument, which every process of the machine can see.

use std::io::{BufRead as _, IsTerminal as _, Read as _, Stdin, Write as _};

use domain::password::{LONGEST, SHORTEST, judge};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::failure::Failure;

/// How often a person may try to type a good password twice.
const ATTEMPTS: usize = 3;

/// A password that may be chosen: one line of standard input, or what a person types twice without seeing it.
///
/// # Errors
/// Where it may not be chosen, or there is nobody to ask.
pub(crate) fn choose(whose: &str, from_stdin: bool) -> Result<Zeroizing<String>, Failure> {
    let password = if from_stdin { read()? } else { ask(whose)? };
    match judge(&password) {
        Ok(()) => Ok(password),
        Err(weakness) => Err(Failure::Refused {
            because: format!("that password may not be chosen: {weakness}"),
            remedy: Some(
                "four or five words that do not belong together are long and easy to remember".to_owned(),
            ),
        }),
    }
}

fn read() -> Result<Zeroizing<String>, Failure> {
    let mut line = Zeroizing::new(String::with_capacity(LONGEST + 2));
    // No more than it takes to see that it is too long.
    let mut input = std::io::stdin().lock().take(LONGEST as u64 + 3);
    let read = input.read_line(&mut line);
    read.map_err(|cause| Failure::Usage(format!("the password can't be read from standard input: {cause}")))?;
    let length = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(length);
    Ok(line)
}

fn ask(whose: &str) -> Result<Zeroizing<String>, Failure> {
    let (input, mut terminal) = (std::io::stdin(), std::io::stderr());
    if !terminal.is_terminal() || !input.is_terminal() {
        let nobody = "there is no terminal to ask for the password on: give it on standard input, with --password-stdin";
        return Err(Failure::Usage(nobody.to_owned()));
    }
    let broken = |cause| Failure::Broken(format!("the terminal can't be used: {cause}"));
    let _quiet = Quiet::begin(&input).map_err(broken)?;
    for left in (0..ATTEMPTS).rev() {
        let first = format!("Password for {whose} (at least {SHORTEST} characters, not shown): ");
        write!(terminal, "{first}").map_err(broken)?;
        let first = read()?;
        let weakness = judge(&first).err();
        if weakness.is_none() {
            write!(terminal, "The same again: ").map_err(broken)?;
            if *read()? == *first {
                return Ok(first);
            }
        }
        let again = if left > 0 { " Once more." } else { "" };
        let wrong = match weakness {
            Some(weakness) => format!("That may not be chosen: {weakness}.{again}"),
            None => format!("These are not the same.{again}"),
        };
        writeln!(terminal, "{wrong}").map_err(broken)?;
    }
    Err(Failure::Refused { because: "no password was chosen".to_owned(), remedy: None })
}

/// A terminal that shows nothing of what is typed but the end of the line, until this is dropped.
///
/// Crates that ask for passwords turn the echo off when they have asked, and until then show what a quick person types.
struct Quiet {
    before: Termios,
}

impl Quiet {
    fn begin(input: &Stdin) -> std::io::Result<Self> {
        let before = tcgetattr(input)?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        quiet.local_modes.insert(LocalModes::ECHONL);
        // What was typed before was not meant for this.
        tcsetattr(input, OptionalActions::Flush, &quiet)?;
        Ok(Self { before })
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        tcsetattr(std::io::stdin(), OptionalActions::Now, &self.before).ok();
    }
}
