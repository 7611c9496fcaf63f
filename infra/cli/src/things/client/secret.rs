//! A client's secret: chosen on the terminal, read, generated, or none.

use clap::Args;
use domain::entropy::SystemEntropy;
use domain::fields::FieldError;
use domain::secret::ClientSecret;
use domain::token::Token;

use crate::failure::Failure;
use crate::options::Members;
use crate::password::Chosen;

const SECRET: &str = "clientSecret";
const METHOD: &str = "authenticationMethod";

/// The secret of a new client.
#[derive(Debug, Args)]
pub(super) struct NewSecret {
    /// Read its secret from the first line of standard input
    #[arg(long, conflicts_with_all = ["generate_secret", "public"])]
    secret_stdin: bool,
    /// Generate its secret, and show it once
    #[arg(long, conflicts_with = "public")]
    generate_secret: bool,
    /// Give it no secret: it can't keep one, as an application on people's own devices
    #[arg(long)]
    public: bool,
}

/// Another secret for a client.
#[derive(Debug, Args)]
pub(super) struct OtherSecret {
    /// Choose another secret, which is asked for on the terminal
    #[arg(long, conflicts_with_all = ["secret_stdin", "generate_secret", "public"])]
    secret: bool,
    #[command(flatten)]
    how: NewSecret,
}

/// What was said of a client, with the secret.
pub(super) struct WithSecret {
    /// All of it.
    pub members: Members,
    /// The secret that nobody knows yet.
    pub generated: Option<String>,
}

impl NewSecret {
    /// Adds the secret to what was said, which is judged by `check` before anybody is asked.
    pub(super) fn choose<T>(
        &self,
        whose: &str,
        members: Members,
        check: impl Fn(&Members) -> Result<T, Vec<FieldError>>,
        command: &str,
    ) -> Result<WithSecret, Failure> {
        if self.public {
            let members = members.with(SECRET, "the secret", None::<&str>);
            return Ok(WithSecret {
                members: members.with(METHOD, "--public", Some("none")),
                generated: None,
            });
        }
        let members = members.with(METHOD, "--public", Some("password"));
        let with = |secret: &str| members.clone().with(SECRET, "the secret", Some(secret));
        let generated = Token::<ClientSecret>::generate((), &SystemEntropy).to_text();
        // With a good secret, what is wrong is something else.
        let otherwise = with(&generated);
        check(&otherwise).map_err(|errors| otherwise.failure(errors, command))?;
        if self.generate_secret {
            return Ok(WithSecret { members: otherwise, generated: Some(generated) });
        }
        let judge = |secret: &str| {
            let errors = check(&with(secret)).err()?;
            errors
                .into_iter()
                .find(|error| error.field == SECRET)
                .map(|error| format!("it {}", error.message))
        };
        let chosen = Chosen {
            what: "secret",
            whose,
            rule: "12 to 1024 characters".to_owned(),
            judge: &judge,
            option: "--secret-stdin, or let --generate-secret make one",
            advice: "--generate-secret makes one that nobody guesses",
        };
        let secret = chosen.choose(self.secret_stdin)?;
        Ok(WithSecret { members: with(&secret), generated: None })
    }
}

impl OtherSecret {
    /// The same, where another secret is wanted at all.
    pub(super) fn choose<T>(
        &self,
        whose: &str,
        members: Members,
        check: impl Fn(&Members) -> Result<T, Vec<FieldError>>,
        command: &str,
    ) -> Result<WithSecret, Failure> {
        let how = &self.how;
        if self.secret || how.secret_stdin || how.generate_secret || how.public {
            return how.choose(whose, members, check, command);
        }
        Ok(WithSecret { members: members.with(SECRET, "the secret", None::<&str>), generated: None })
    }
}
