//! Rotates the service's own keys, as a Lambda function that a schedule calls.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::serve_task::<server::rotate::Rotate>().await
}
