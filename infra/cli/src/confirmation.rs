//! Asking whether something shall really be done that can't be undone.

use std::io::{IsTerminal as _, Write as _};

use clap::Args;

use crate::failure::Failure;
use crate::output::text::harmless;
use crate::output::{STRONG, paint};

/// Whether to ask.
#[derive(Debug, Args)]
pub(crate) struct Confirmation {
    /// Don't ask
    #[arg(long, short)]
    yes: bool,
}

impl Confirmation {
    /// Asks on the terminal, unless it was said on the command line.
    ///
    /// # Errors
    /// Where the answer is no, or there is nobody to ask.
    pub(crate) fn ask(&self, question: &str) -> Result<(), Failure> {
        if self.yes {
            return Ok(());
        }
        let (input, terminal) = (std::io::stdin(), std::io::stderr());
        if !terminal.is_terminal() || !input.is_terminal() {
            let nobody = "there is no terminal to ask on whether that shall really be done";
            return Err(Failure::open(nobody, "give --yes if it shall"));
        }
        let broken = |cause| Failure::Broken(format!("the terminal can't be used: {cause}"));
        let question = paint(STRONG, &harmless(question));
        write!(anstream::stderr(), "{question} [y/N] ").map_err(broken)?;
        let mut answer = String::new();
        input.read_line(&mut answer).map_err(broken)?;
        if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
            return Ok(());
        }
        Err(Failure::Refused { because: "nothing was done".to_owned(), remedy: None })
    }
}
