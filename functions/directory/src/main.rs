//! The directory, for administrators: domains, customers, functions and users, as a Lambda function.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::serve::<server::directory::Directory>().await
}
