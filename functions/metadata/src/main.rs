//! The metadata documents (RFC 8414) and the public keys (RFC 7517), as a Lambda function.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::serve::<server::metadata::Metadata>().await
}
