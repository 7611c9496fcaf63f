//! Lists and ends what users have granted (Kustvakt), as a Lambda function.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::serve::<server::kustvakt::tokens::KustvaktTokens>().await
}
