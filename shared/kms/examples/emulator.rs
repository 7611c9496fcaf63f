//! Key wrapping against an emulated KMS, that which `KMS_ENDPOINT` names: `.ci/kms` starts one.

use std::error::Error;
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use aws_sdk_kms::Client;
use aws_sdk_kms::config::retry::RetryConfig;
use aws_sdk_kms::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_types::SdkConfig;
use domain::Clock as _;
use jose::{KeyWrapping, Purpose, Wrapped, WrappingError};
use kms::KmsKey;
use oauth::words::SigningAlgorithm;
use server::Platform;
use server::keyring::Signer;
use testkit::TestTable;
use testkit::actors::{platform, settings};

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::disallowed_methods, reason = "whoever started the emulator says here where it is")]
async fn main() -> Outcome<()> {
    let endpoint = std::env::var("KMS_ENDPOINT").map_err(|_| "KMS_ENDPOINT names no KMS: `.ci/kms` does")?;
    let shared = configured(&endpoint);
    let admin = Client::new(&shared);
    let key = created(&admin).await?;
    let ours = KmsKey::connect(&shared, &key);

    wraps(&ours).await?;
    let wrapped = ours.wrap(Purpose::Signing, b"private").await?;
    refused("another purpose", ours.unwrap(Purpose::Sealing, &wrapped).await)?;
    refused("a changed bit", ours.unwrap(Purpose::Signing, &changed(&wrapped)).await)?;
    refused("more than 4096 bytes", ours.wrap(Purpose::Signing, &[0; 4097]).await)?;
    let other = KmsKey::connect(&shared, created(&admin).await?);
    refused("another key", other.unwrap(Purpose::Signing, &wrapped).await)?;
    let nobodys = KmsKey::connect(&shared, "00000000-0000-0000-0000-000000000000");
    refused("a key that there is not", nobodys.wrap(Purpose::Signing, b"private").await)?;
    out_of_reach(&wrapped, &key).await?;
    signs(ours.clone()).await?;
    disabled(&admin, &key, &ours, &wrapped).await
}

fn configured(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new("local", "local", None, None, "made up");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(Region::from_static("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::disabled())
        .build()
}

async fn created(admin: &Client) -> Outcome<String> {
    let made = admin.create_key().send().await?;
    Ok(made.key_metadata.and_then(|key| key.arn).ok_or("a key without an ARN")?)
}

async fn wraps(key: &dyn KeyWrapping) -> Outcome<()> {
    for purpose in [Purpose::Signing, Purpose::Sealing] {
        for plaintext in [vec![7; 32], vec![7; 4096]] {
            let wrapped = key.wrap(purpose, &plaintext).await?;
            if key.unwrap(purpose, &wrapped).await?.as_slice() != plaintext {
                return Err("another plaintext came back".into());
            }
        }
    }
    say("opened: 32 and 4096 bytes, for either purpose")
}

fn changed(wrapped: &Wrapped) -> Wrapped {
    let mut bytes = wrapped.as_bytes().to_vec();
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    Wrapped::new(bytes)
}

fn refused<T>(what: &str, outcome: Result<T, WrappingError>) -> Outcome<()> {
    match outcome {
        Err(WrappingError::Refused { cause }) => say(&format!("refused: {what} ({cause})")),
        Err(error) => Err(format!("{what}: {error}").into()),
        Ok(_) => Err(format!("{what} was not refused").into()),
    }
}

async fn out_of_reach(wrapped: &Wrapped, key: &str) -> Outcome<()> {
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    let key = KmsKey::connect(&configured(&format!("http://{nobody}")), key);
    match key.unwrap(Purpose::Signing, wrapped).await {
        Err(WrappingError::Unavailable { cause }) => say(&format!("out of reach: {cause}")),
        outcome => Err(format!("where nobody listens: {outcome:?}").into()),
    }
}

/// As the token endpoint uses it: keys are made, and opened by the next sandbox, which then signs without KMS.
async fn signs(key: KmsKey) -> Outcome<()> {
    let table = TestTable::new().await;
    let platform = Platform { wrapping: Arc::new(key), ..platform(&table, settings()) };
    let (now, mut names) = (table.clock.now(), Vec::new());
    for _ in 0..2 {
        let signer = Signer::connect(&platform).await?;
        for &algorithm in SigningAlgorithm::ALL {
            let key = signer.key(algorithm, now).await.map_err(|failure| failure.reason().0)?;
            names.push(key.kid().to_owned());
        }
    }
    let (first, second) = names.split_at(SigningAlgorithm::ALL.len());
    if first != second {
        return Err("the second sandbox signs with other keys".into());
    }
    say("signing keys: made by one sandbox, opened by another")
}

/// KMS answers DisabledException. This emulator does not look; should it begin to, this is to be a refusal like the others.
async fn disabled(admin: &Client, arn: &str, key: &KmsKey, wrapped: &Wrapped) -> Outcome<()> {
    // Of the names that a key has, the emulator knows here only this.
    let id = arn.rsplit('/').next().unwrap_or(arn);
    admin.disable_key().key_id(id).send().await?;
    match key.unwrap(Purpose::Signing, wrapped).await {
        Ok(_) => say(
            "NOT SHOWN: that a disabled key is refused; the emulator opens with it (see the tests of shared/kms)",
        ),
        Err(_) => Err("the emulator knows disabled keys by now: expect a refusal here".into()),
    }
}

fn say(line: &str) -> Outcome<()> {
    Ok(writeln!(io::stdout(), "{line}")?)
}
