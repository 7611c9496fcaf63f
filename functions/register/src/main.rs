//! Client registration (RFC 7591, RFC 7592), as a Lambda function.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::serve::<server::register::Register>().await
}
