//! The token endpoint (RFC 6749 section 3.2), as a Lambda function.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::serve::<server::token::Token>().await
}
