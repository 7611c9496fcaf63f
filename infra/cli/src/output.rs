//! What is printed: words for people, in colour where they look, or JSON for programs.

pub(crate) mod columns;
pub(crate) mod sheet;
pub(crate) mod text;

use std::io::{IsTerminal as _, Write as _};

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::failure::{Failure, Shown};

/// For what matters most.
pub(crate) const STRONG: Style = Style::new().bold();
/// For what is beside the point.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// For what is well.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// For what may go wrong.
pub(crate) const DOUBTFUL: Style = AnsiColor::Yellow.on_default();
/// For what is wrong.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();

/// How to print.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    /// JSON, and nothing else.
    pub json: bool,
}

/// Where words are shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen {
    /// How many columns it has; as many as it takes, where nobody looks.
    pub width: Option<usize>,
}

impl Screen {
    /// What standard output is.
    fn standard() -> Self {
        let output = std::io::stdout();
        let size = if output.is_terminal() { rustix::termios::tcgetwinsize(output).ok() } else { None };
        // A terminal that does not know its width says 0.
        Self { width: size.map(|size| usize::from(size.ws_col)).filter(|&width| width > 0) }
    }
}

/// What a command has to say in the end. As JSON, it is its fields.
pub(crate) trait Report: Serialize {
    /// The same for people.
    fn words(&self, screen: Screen) -> String;
}

impl Output {
    /// Prints what a command has to say to standard output. Colours are left out where nobody looks, or `NO_COLOR` is set.
    pub(crate) fn report(&self, report: &impl Report) -> Result<(), Failure> {
        let text = if self.json { json(report)? } else { report.words(Screen::standard()) };
        // Whoever closed the pipe has read enough.
        writeln!(anstream::stdout(), "{}", text.trim_end()).ok();
        Ok(())
    }

    /// Prints why a command was not done to standard error.
    pub(crate) fn failure(&self, failure: &Failure) {
        let text = if self.json { json(&Shown::from(failure)).ok() } else { None };
        let text = text.unwrap_or_else(|| {
            let program = paint(BAD, "gatelet");
            let told = match failure {
                Failure::Options { wrong, .. } if wrong.len() > 1 => {
                    let lines = wrong.iter().map(|wrong| format!("\n  {} {}", wrong.option, wrong.message));
                    format!("{program}: these options are not right:{}", lines.collect::<String>())
                }
                _ => format!("{program}: {failure}."),
            };
            match failure.remedy() {
                Some(remedy) => format!("{told}\n  {} {remedy}.", paint(FAINT, "\u{2192}")),
                None => told,
            }
        });
        writeln!(anstream::stderr(), "{text}").ok();
    }
}

fn json(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(value).map_err(|error| Failure::Broken(error.to_string()))
}

/// Text in a style; what prints it takes the style out again where there is no colour.
pub(crate) fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}
