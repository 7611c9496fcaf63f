//! Lists, installs and removes plugins (Kustvakt), as a Lambda function.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::serve::<server::kustvakt::plugins::KustvaktPlugins>().await
}
