//! Privileges clients, permits plugins, and sweeps up what is left of grants (Kustvakt), as a Lambda function.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::serve::<server::kustvakt::admin::KustvaktAdmin>().await
}
