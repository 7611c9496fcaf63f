//! Every path is there, and asks who calls.

use testkit::actors::Gatelet;

#[tokio::test]
async fn callers_without_credentials_are_told_so_in_the_envelope() {
    let gatelet = Gatelet::start().await;
    for path in ["/authentication/v1/oauth/client", "/authentication/v1/apikey", "/directory/v1/user"] {
        let answer = gatelet.get(path).await;
        assert_eq!(answer.status(), 401, "{path}");
        insta::allow_duplicates! {
            insta::assert_json_snapshot!(answer.json(), @r#"
            {
              "count": 0,
              "data": null,
              "limit": 0,
              "messages": [
                {
                  "field": null,
                  "message": "Authentication failed.",
                  "messageTemplate": "Authentication failed.",
                  "parameter": null,
                  "type": "ACTION_ERROR"
                }
              ],
              "metaData": {},
              "offset": 0,
              "responseCode": 401,
              "size": 0
            }
            "#);
        }
    }
}
