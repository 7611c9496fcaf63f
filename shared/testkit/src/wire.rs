//! The one seam between the SDK's retries and the database: every call is seen here, and may be made to fail here.

use aws_sdk_dynamodb::config::{HttpClient, RuntimeComponents, SharedHttpClient};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::Value;

use crate::faults::{Fault, Faults, leave_over};
use crate::recorder::{Call, Recorder};

/// An HTTP client that records, and fails where it should.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    pub http: SharedHttpClient,
    pub recorder: Recorder,
    pub faults: Faults,
}

#[derive(Clone, Debug)]
struct Tap {
    connector: SharedHttpConnector,
    recorder: Recorder,
    faults: Faults,
}

impl HttpClient for Wire {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Tap {
            connector: self.http.http_connector(settings, components),
            recorder: self.recorder.clone(),
            faults: self.faults.clone(),
        })
    }
}

impl HttpConnector for Tap {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let tap = self.clone();
        HttpConnectorFuture::new(async move { tap.pass(request).await })
    }
}

impl Tap {
    async fn pass(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        // `DynamoDB_20120810.GetItem`
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let asked = json(request.body().bytes());
        self.faults.wait(&operation).await;
        let fault = self.faults.strike(&operation);
        let answer = match fault.and_then(|fault| fault.instead(&asked)) {
            Some(instead) => instead,
            None => whole(self.connector.call(request).await?).await,
        };
        let status = answer.as_ref().ok().map(|answer| answer.status().as_u16());
        let answered = json(answer.as_ref().ok().and_then(|answer| answer.body().bytes()));
        self.recorder.add(Call::new(&operation, &asked, status, &answered));
        match fault {
            Some(Fault::AnswerLost) => Err(ConnectorError::io("connection reset".into())),
            Some(Fault::LeftOver) => answer.map(|answer| {
                let body = leave_over(&asked, answered).to_string();
                HttpResponse::new(answer.status(), SdkBody::from(body))
            }),
            _ => answer,
        }
    }
}

/// Reads the body to its end, so that it can be looked into and handed on.
async fn whole(mut response: HttpResponse) -> Result<HttpResponse, ConnectorError> {
    let body = ByteStream::new(response.take_body()).collect().await;
    let body = body.map_err(|cause| ConnectorError::io(cause.into()))?;
    *response.body_mut() = SdkBody::from(body.into_bytes());
    Ok(response)
}

fn json(body: Option<&[u8]>) -> Value {
    body.and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default()
}
