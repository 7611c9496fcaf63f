//! Token revocation (RFC 7009), as a Lambda function.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::serve::<server::revoke::Revoke>().await
}
