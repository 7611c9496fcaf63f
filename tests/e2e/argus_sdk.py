"""Argus's client library from PyPI, pointed at Gatelet: one client's life, and a token for it.

The library brings Argus's OpenAPI document along, and each answer in the envelope is held against the schema that stands there.
"""

import json
import os
import sys
from importlib import resources

try:
    import jsonschema
    from argus_api.exceptions.http import (
        AuthenticationFailedException,
        ObjectNotFoundException,
        ValidationErrorException,
    )
    from argus_api.lib.authentication.v1 import apikey as apikeys
    from argus_api.lib.authentication.v1.oauth import oauth_authorize as oauth
    from argus_api.session import ArgusAPISession
except ImportError:
    sys.exit("Python packages are missing: .ci/prepare installs them into .ci/venv, or pip install argus-api jsonschema")

API, NAME = os.environ["API"], os.environ["NAME"]
SECRET = "mySecretPassword"
done = []


def check(what, holds, seen):
    if not holds:
        sys.exit(f"{what}: {seen}")
    done.append(what)


DOCUMENT = json.loads(resources.files("argus_api.schema.authentication").joinpath("authentication.json").read_text())


# Its generator took the members of claim providers for objects, whatever they are: no `claim` could be both that and one of its words.
for name, schema in DOCUMENT["components"]["schemas"].items():
    for part in schema.get("allOf", []) if "ConfigurationRe" in name else []:
        for member in part.get("properties", {}).values():
            if member.get("type") == "object":
                del member["type"]
            if isinstance(member.get("additionalProperties"), dict):
                del member["additionalProperties"]


def without_null(value):
    """What an answer says: a member that is null says nothing."""
    if isinstance(value, dict):
        return {name: without_null(member) for name, member in value.items() if member is not None}
    return [without_null(member) for member in value] if isinstance(value, list) else value


def without_claims(answer):
    """The document has the text members of claim providers as objects, and requires them to be of an enumeration of strings at once."""
    data = answer["data"]
    for client in data if isinstance(data, list) else [data]:
        client.pop("openIDCustomClaims", None)
    return answer


def conforms(method, path, answer):
    responses = DOCUMENT["paths"][f"/authentication/v1/{path}"][method]["responses"]
    response = responses.get(str(answer["responseCode"]), {}).get("content", {}).get("application/json", {})
    schema = response.get("schema") or responses["default"]["content"]["application/json"]["schema"]
    jsonschema.Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(without_claims(without_null(answer)))
    return answer


def session(key):
    return ArgusAPISession(auth=key, api_url=API, max_retries=0)


administrator, script = session(os.environ["ADMINISTRATOR"]), session(os.environ["SCRIPT"])

created = conforms("post", "oauth/client", oauth.create_oauth2_client(
    shortName=NAME,
    name="By the library",
    description="Defined by Argus's own client library",
    customer="mycustomer",
    mainURI="https://my.application",
    redirectURIs=["https://my.application/oauth/callback"],
    requiredFunction="myAccessFunction",
    permissionScope="DATASTORE-VIEWER",
    permittedScopes=["openid", "profile"],
    clientIPRange=["127.0.0.1", "::1"],
    authenticationMethod="password",
    clientSecret=SECRET,
    openIDCustomClaims=[{"provider": "customClaim", "claim": "customerShortName", "claimName": "company"}],
    api_session=administrator,
))
client = created["data"]["id"]
check("created", created["responseCode"] == 201 and created["data"]["shortName"] == NAME, created)

listed = conforms("get", "oauth/client", oauth.list_oauth2_clients(keywords=[NAME], api_session=administrator))
check("listed", [one["id"] for one in listed["data"]] == [client] and listed["count"] == 1, listed)

searched = oauth.search_oauth2_clients(
    keywords=[NAME], keywordFieldStrategy=["shortName"], sortBy=["-createdTimestamp"], api_session=script
)
conforms("post", "oauth/client/search", searched)
check("searched", [one["id"] for one in searched["data"]] == [client], searched)
if "clientIPRange" in searched["data"][0]:
    sys.exit(f"details for somebody ordinary: {searched}")

ONE = "oauth/client/{idOrShortname}"
fetched = conforms("get", ONE, oauth.get_oauth2_client(idOrShortname=NAME, api_session=administrator))
check("fetched", fetched["data"]["redirectURIs"] == ["https://my.application/oauth/callback"], fetched)

updated = oauth.update_oauth2_client(idOrShortname=client, name="A better name", api_session=administrator)
conforms("put", ONE, updated)
check("updated", updated["data"]["name"] == "A better name", updated)
same = oauth.update_oauth2_client(idOrShortname=client, name="A better name", json=False, api_session=administrator)
check("unchanged", same.status_code == 220, same.status_code)

try:
    oauth.update_oauth2_client(idOrShortname=client, mainURI="ftp://my.application", api_session=administrator)
    sys.exit("an ftp address was taken")
except ValidationErrorException as error:
    check("refused", "FIELD_ERROR (mainURI)" in error.message, error.message)

authorized = oauth.authorize(
    clientID=client,
    redirectURI="https://my.application/oauth/callback",
    responseType=["code"],
    scope=["openid"],
    state="a state",
    api_session=script,
)
conforms("post", "oauth/authorize", authorized)
code = authorized["data"]["authorizationCode"]
check("authorized", code and authorized["data"]["state"] == "a state", authorized)

# The library presents the API key with every request, here beside the client's own secret.
exchanged = oauth.get_token(
    body={
        "client_id": client,
        "client_secret": SECRET,
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": "https://my.application/oauth/callback",
    },
    api_session=script,
)
for_script = oauth.get_token(body={"client_id": client, "grant_type": "client_credentials", "scope": "openid profile"}, api_session=script)
token = for_script["access_token"]
check("token", "/" in exchanged["access_token"] and "/" in token and for_script["refresh_token"] is None, for_script)

live = oauth.introspect_token(body={"client_id": client, "client_secret": SECRET, "token": token}, api_session=script)
check("introspected", live["active"] and live["client_id"] == client, live)

bearer = {"Authorization": f"Bearer {token}"}
about = oauth.get_user_info(authentication=bearer, api_session=script)
check("userinfo", about["preferred_username"] == token.split("/")[0] and about["company"] == "mycustomer", about)

deleted = conforms("delete", ONE, oauth.delete_oauth2_client(idOrShortname=NAME, api_session=administrator))
gone = None
try:
    oauth.get_oauth2_client(idOrShortname=NAME, api_session=script)
except ObjectNotFoundException as error:
    gone = error.status_code
check("deleted", "deleted" in deleted["data"]["flags"] and gone == 404, (deleted, gone))

made = conforms("post", "apikey", apikeys.initiate_api_key(
    description="By the library", validSources=["127.0.0.0/8", "::1"], expirationDays=1, api_session=script
))
prefix = made["data"]["keyDescriptor"]["prefix"]
own = session(made["data"]["apiKeyString"])
known = conforms("get", "apikey", apikeys.list_api_keys(api_session=own))
check("keyed", prefix in [key["prefix"] for key in known["data"]["keys"]], known)
revoked = apikeys.revoke_api_key_by_prefix(prefix=prefix, api_session=script)
conforms("delete", "apikey/{prefix}", revoked)
try:
    apikeys.list_api_keys(api_session=own)
    sys.exit("a revoked API key was taken")
except AuthenticationFailedException as error:
    check("locked", error.status_code == 401, error.message)

print(*done)
