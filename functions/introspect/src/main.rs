//! Token introspection (RFC 7662), as a Lambda function.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::serve::<server::introspect::Introspect>().await
}
