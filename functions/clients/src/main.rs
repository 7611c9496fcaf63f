//! Clients as Argus lists, defines and changes them, as a Lambda function.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::serve::<server::clients::Clients>().await
}
