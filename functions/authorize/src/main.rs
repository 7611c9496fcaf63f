//! The authorization endpoint (RFC 6749 section 3.1), as a Lambda function.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::serve::<server::authorize::Authorize>().await
}
