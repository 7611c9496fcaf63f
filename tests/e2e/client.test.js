// A certified client library and a browser, through whole flows.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';

import { Application, header } from './actors/application.js';
import { confidential, demo, native } from './actors/demo.js';
import { openBrowser, Person } from './actors/person.js';

const [user] = demo.users;

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser.close());

let person;
beforeEach(async () => {
  person = await Person.at(browser);
});
afterEach(() => person.leaves());

/** Sends the person to sign in and consent, and returns the answer that reaches the application. */
async function authorize(application, request) {
  await person.receivesAnswersAt(application.redirectUri);
  await person.opens(request);
  await person.signsIn(user);
  await person.allows();
  return person.brings();
}

async function grantTo(application, parameters) {
  const request = await application.asks(parameters);
  return application.redeems(await authorize(application, request), request);
}

const refusedWith = (error) => ({ error });

/** The library keeps the challenge of a 401 rather than its body. */
const challengedWith = (error) => (thrown) => thrown.cause[0].parameters.error === error;

describe('the confidential client of make dev', () => {
  it('goes from discovery to a refusal after revocation', async () => {
    const application = await Application.known(confidential);
    const tokens = await grantTo(application, { prompt: 'consent' });
    assert.equal(header(tokens.id_token).alg, 'RS256');
    assert.equal(tokens.claims().aud, confidential.client_id);

    const { sub } = tokens.claims();
    const about = await application.readsAbout(sub, tokens.access_token);
    assert.equal(about.preferred_username, user.username);

    const refreshed = await application.refreshes(tokens.refresh_token);
    assert.notEqual(refreshed.access_token, tokens.access_token);
    assert.notEqual(refreshed.refresh_token, tokens.refresh_token);

    const live = await application.introspects(refreshed.access_token);
    assert.equal(live.active, true);
    assert.equal(live.username, user.username);
    assert.equal(live.client_id, confidential.client_id);

    await application.revokes(refreshed.refresh_token);
    assert.deepEqual(await application.introspects(refreshed.access_token), { active: false });
    await assert.rejects(application.refreshes(refreshed.refresh_token), refusedWith('invalid_grant'));
    await assert.rejects(application.readsAbout(sub, refreshed.access_token), challengedWith('invalid_token'));
  });

  it('obtains a token of its own', async () => {
    const application = await Application.known(confidential);
    const tokens = await application.obtainsItsOwnToken();
    assert.equal(tokens.refresh_token, undefined);
    const live = await application.introspects(tokens.access_token);
    assert.equal(live.active, true);
    assert.equal(live.username, undefined);
  });

  it('finds the same service by the metadata of RFC 8414', async () => {
    const [one, other] = [await Application.known(confidential), await Application.known(confidential, 'oauth2')];
    assert.deepEqual(other.config.serverMetadata(), one.config.serverMetadata());
  });
});

describe('the public client of make dev', () => {
  it('goes from discovery to a refresh without a secret', async () => {
    const application = await Application.known(native);
    const tokens = await grantTo(application, { prompt: 'consent' });
    const about = await application.readsAbout(tokens.claims().sub, tokens.access_token);
    assert.equal(about.preferred_username, user.username);
    const refreshed = await application.refreshes(tokens.refresh_token);
    assert.notEqual(refreshed.refresh_token, tokens.refresh_token);
  });

  it('gets no token of its own', async () => {
    const application = await Application.known(native);
    await assert.rejects(application.obtainsItsOwnToken(), refusedWith('unauthorized_client'));
  });
});

describe('a client that registers itself', () => {
  it('gets its ID tokens signed with ES256 when it asks for that', async () => {
    const application = await Application.registered({ id_token_signed_response_alg: 'ES256' });
    const tokens = await grantTo(application);
    assert.equal(header(tokens.id_token).alg, 'ES256');
  });

  it('may be public', async () => {
    const application = await Application.registered({ token_endpoint_auth_method: 'none' });
    assert.equal(application.config.clientMetadata().client_secret, undefined);
    const tokens = await grantTo(application);
    assert.equal(tokens.claims().aud, application.id);
  });

  it('may send its secret in the form', async () => {
    const application = await Application.registered({ token_endpoint_auth_method: 'client_secret_post' });
    await grantTo(application);
  });

  it('may be an app that listens on whichever loopback port is free', async () => {
    const application = await Application.registered({
      token_endpoint_auth_method: 'none',
      application_type: 'native',
      redirect_uris: ['http://127.0.0.1/callback'],
    });
    application.redirectUri = 'http://127.0.0.1:47113/callback';
    await grantTo(application);
  });

  it('takes the answer as a form when it asks for that', async () => {
    const application = await Application.registered();
    const request = await application.asks({ response_mode: 'form_post' });
    const answer = await authorize(application, request);
    assert.equal(answer.method, 'POST');
    assert.equal(new URL(answer.url).search, '');
    await application.redeems(answer, request);
  });

  it('is told how long ago the person signed in', async () => {
    const application = await Application.registered();
    const request = await application.asks({ max_age: '600' });
    request.checks.maxAge = 600;
    await application.redeems(await authorize(application, request), request);
  });

  it('reads, changes and deletes its registration', async () => {
    const application = await Application.registered();
    const { registration_client_uri: address, registration_access_token: token, client_secret: _, ...registered } =
      application.config.clientMetadata();
    const ask = (method, body) =>
      fetch(address, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
        body: body && JSON.stringify(body),
      });
    assert.equal((await (await ask('GET')).json()).client_name, 'Field Notes');
    assert.equal((await (await ask('PUT', { ...registered, client_name: 'Notes' })).json()).client_name, 'Notes');
    assert.equal((await ask('DELETE')).status, 204);
    assert.equal((await ask('GET')).status, 401);
    await assert.rejects(application.obtainsItsOwnToken(), { status: 401 });
  });
});

describe('what is used up', () => {
  it('is a code after one exchange: a second one ends what the first began', async () => {
    const application = await Application.registered();
    const request = await application.asks();
    const answer = await authorize(application, request);
    const tokens = await application.redeems(answer.clone(), request);
    await assert.rejects(application.redeems(answer, request), refusedWith('invalid_grant'));
    await assert.rejects(application.refreshes(tokens.refresh_token), refusedWith('invalid_grant'));
  });

  it('is not a code that somebody else tries without the verifier', async () => {
    const application = await Application.registered();
    const request = await application.asks();
    const answer = await authorize(application, request);
    const stolen = { checks: { ...request.checks, pkceCodeVerifier: 'x'.repeat(43) } };
    await assert.rejects(application.redeems(answer.clone(), stolen), refusedWith('invalid_grant'));
    await application.redeems(answer, request);
  });

  it('is a refresh token once its successor has been used: a replay ends the grant', async () => {
    const application = await Application.registered();
    const first = await grantTo(application);
    const second = await application.refreshes(first.refresh_token);
    const third = await application.refreshes(second.refresh_token);
    await assert.rejects(application.refreshes(first.refresh_token), refusedWith('invalid_grant'));
    await assert.rejects(application.refreshes(third.refresh_token), refusedWith('invalid_grant'));
  });

  it('is not a refresh token that is sent several times at once: all get the one successor', async () => {
    const application = await Application.registered();
    const tokens = await grantTo(application);
    const all = await Promise.all(Array.from({ length: 5 }, () => application.refreshes(tokens.refresh_token)));
    assert.equal(new Set(all.map((one) => one.refresh_token)).size, 1);
  });
});

describe('a grant', () => {
  it('ends when the person signs out', async () => {
    const application = await Application.registered();
    const tokens = await grantTo(application);
    await person.signsOut(demo.issuer);
    await assert.rejects(application.refreshes(tokens.refresh_token), refusedWith('invalid_grant'));
    assert.deepEqual(await application.introspects(tokens.access_token), { active: false });
  });

  it('goes on when the person has allowed that too', async () => {
    const application = await Application.registered();
    const tokens = await grantTo(application, { scope: 'openid offline_access' });
    await person.signsOut(demo.issuer);
    await application.refreshes(tokens.refresh_token);
  });

  it('may be used for less than was allowed', async () => {
    const application = await Application.registered();
    const tokens = await grantTo(application);
    const narrowed = await application.refreshes(tokens.refresh_token, { scope: 'openid' });
    const about = await application.readsAbout(tokens.claims().sub, narrowed.access_token);
    assert.equal(about.preferred_username, undefined);
  });
});
