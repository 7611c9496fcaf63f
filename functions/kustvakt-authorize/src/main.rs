//! Answers authorization requests of users and front ends that say who they are in a header (Kustvakt), as a Lambda function.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::serve::<server::kustvakt::authorize::KustvaktAuthorize>().await
}
