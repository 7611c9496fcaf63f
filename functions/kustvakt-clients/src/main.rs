//! Registers, shows, lists and removes the clients of users, and gives them new secrets (Kustvakt), as a Lambda function.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::serve::<server::kustvakt::clients::KustvaktClients>().await
}
