//! Passwords and secrets that people choose, asked for or read: never from an argument, which every process of the machine can see.

use std::io::{BufRead as _, IsTerminal as _, Read as _, Stdin, Write as _};

use domain::password::{LONGEST, SHORTEST, judge};
use domain::user::Username;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::failure::Failure;

/// How often a person may try to type a good password twice.
const ATTEMPTS: usize = 3;

/// Something secret that a person chooses.
pub(crate) struct Chosen<'a> {
    /// What it is, in lower case.
    pub what: &'static str,
    /// Whose it is.
    pub whose: &'a str,
    /// What is asked of it.
    pub rule: String,
    /// What is wrong with one, if anything is.
    pub judge: &'a dyn Fn(&str) -> Option<String>,
    /// The option with which it is read from standard input.
    pub option: &'static str,
    /// How to find a good one.
    pub advice: &'static str,
}

/// A user's password that may be chosen: one line of standard input, or what a person types twice without seeing it.
///
/// # Errors
/// Where it may not be chosen, or there is nobody to ask.
pub(crate) fn choose(whose: &Username, from_stdin: bool) -> Result<Zeroizing<String>, Failure> {
    let chosen = Chosen {
        what: "password",
        whose: whose.as_str(),
        rule: format!("at least {SHORTEST} characters"),
        judge: &|password| judge(password).err().map(|weakness| weakness.to_string()),
        option: "--password-stdin",
        advice: "four or five words that do not belong together are long and easy to remember",
    };
    chosen.choose(from_stdin)
}

impl Chosen<'_> {
    /// One that may be chosen: one line of standard input, or what a person types twice without seeing it.
    ///
    /// # Errors
    /// Where it may not be chosen, or there is nobody to ask.
    pub(crate) fn choose(&self, from_stdin: bool) -> Result<Zeroizing<String>, Failure> {
        let chosen = if from_stdin { read(self.what)? } else { self.ask()? };
        match (self.judge)(&chosen) {
            None => Ok(chosen),
            Some(weakness) => Err(Failure::refused_but(
                format!("that {} may not be chosen: {weakness}", self.what),
                self.advice,
            )),
        }
    }

    fn ask(&self) -> Result<Zeroizing<String>, Failure> {
        let Self { what, whose, rule, judge, option, .. } = self;
        let (input, mut terminal) = (std::io::stdin(), std::io::stderr());
        if !terminal.is_terminal() || !input.is_terminal() {
            return Err(Failure::open(
                format!("there is no terminal to ask for the {what} on"),
                format!("give it on standard input, with {option}"),
            ));
        }
        let broken = |cause| Failure::Broken(format!("the terminal can't be used: {cause}"));
        let _quiet = Quiet::begin(&input).map_err(broken)?;
        let title: String =
            what.chars().take(1).flat_map(char::to_uppercase).chain(what.chars().skip(1)).collect();
        for left in (0..ATTEMPTS).rev() {
            write!(terminal, "{title} for {whose} ({rule}, not shown): ").map_err(broken)?;
            let first = read(what)?;
            let weakness = judge(&first);
            if weakness.is_none() {
                write!(terminal, "The same again: ").map_err(broken)?;
                if *read(what)? == *first {
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
        Err(Failure::refused(format!("no {what} was chosen")))
    }
}

fn read(what: &str) -> Result<Zeroizing<String>, Failure> {
    let mut line = Zeroizing::new(String::with_capacity(LONGEST + 2));
    // No more than it takes to see that it is too long.
    let mut input = std::io::stdin().lock().take(LONGEST as u64 + 3);
    let read = input.read_line(&mut line);
    read.map_err(|cause| Failure::Usage(format!("the {what} can't be read from standard input: {cause}")))?;
    let length = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(length);
    Ok(line)
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
