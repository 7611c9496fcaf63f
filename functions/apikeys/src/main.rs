//! A user's own API keys, as a Lambda function.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::serve::<server::apikeys::ApiKeys>().await
}
