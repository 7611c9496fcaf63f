//! Userinfo (OpenID Connect Core section 5.3), as a Lambda function.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::serve::<server::userinfo::Userinfo>().await
}
