//! Runs an endpoint as an AWS Lambda function.
