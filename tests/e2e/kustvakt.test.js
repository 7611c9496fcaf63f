// What was written for Kustvakt: the calls of its wiki's page on registration, base URL aside; what browsers and clients then do with what
// is registered; and the services by which a front end manages it for its users.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';

import { demo, patience } from './actors/demo.js';
import { openBrowser, Person } from './actors/person.js';
import { pasted } from './actors/shell.js';

const API = demo.issuer;

const named = (username) => demo.users.find((known) => known.username === username);
const user = named('username');
const other = named('bob');
const administrator = named(demo.api_keys.find((key) => key.administrator).username);

// As the page shows them, which breaks lines within a text too.
const WEB_APPLICATION = String.raw`curl -H "Content-Type: application/json" \
     -H 'Authorization: Basic dXNlcm5hbWU6cGFzc3dvcmQ=' \
     -d '{"name":"MyOAuth2Client","type":"CONFIDENTIAL","description":"a 
        confidential web application","url":"http://example.client.com",
        "redirect_uri":"http://example.client.com/redirect"}' \
     $API/api/oauth2/client/register`;
const DESKTOP_APPLICATION = String.raw`curl -H "Content-Type: application/json" \
     -H 'Authorization: Basic dXNlcm5hbWU6cGFzc3dvcmQ=' \
     -d '{"name":"My desktop client","type":"PUBLIC","description":"a 
        desktop client","url":"http://desktop.client.com",
        "redirect_uri":"http://desktop.client.com/redirect"}' \
     $API/api/oauth2/client/register`;
const PLUGIN_AS_PRINTED = String.raw`curl -H "Content-Type: application/json" \
     -H 'Authorization: Basic dXNlcm5hbWU6cGFzc3dvcmQ=' \
     -d '{"name":"My plugin","type":"CONFIDENTIAL","description":" a 
         plugin","url":"http://example.plugin.com",
        "redirect_uri":"http://example.plugin.com/redirect",
        "refreshTokenExpiry" : 7776000,
        "source": {"name"}:"{My plugin}"}' \
     $API/api/oauth2/client/register`;
const PLUGIN = PLUGIN_AS_PRINTED.replace('{"name"}:"{My plugin}"', '{"name":"My plugin"}');

const WEB_REDIRECT = 'http://example.client.com/redirect';
const DESKTOP_REDIRECT = 'http://desktop.client.com/redirect';
const PLUGIN_REDIRECT = 'http://example.plugin.com/redirect';

const DAY = 24 * 60 * 60;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;

/** Registers a client by a command of the page. */
async function registers(command) {
  const { status, body } = await pasted(command);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

/** Calls a service, by name and password where there are some, and returns what of the answer is looked at. */
async function calls(path, caller, request) {
  const basic = caller && { authorization: `Basic ${btoa(`${caller.username}:${caller.password}`)}` };
  const answer = await fetch(`${API}${path}`, { headers: basic, redirect: 'manual', signal: AbortSignal.timeout(patience), ...request });
  const text = await answer.text();
  // `sam local` calls an empty answer JSON too.
  const json = text !== '' && answer.headers.get('content-type')?.startsWith('application/json');
  return { status: answer.status, body: json ? JSON.parse(text) : text, location: answer.headers.get('location') };
}

const posts = (path, form, caller) => calls(path, caller, { method: 'POST', body: new URLSearchParams(form) });

/** Posts a form and expects it to be taken. */
async function succeeds(path, form, caller) {
  const { status, body } = await posts(path, form, caller);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

/** Posts a form and expects it to be refused by OAuth's services. */
async function isRefused(path, form, caller, [status, error, description]) {
  const answer = await posts(path, form, caller);
  assert.deepEqual([answer.status, answer.body.error], [status, error]);
  if (description) assert.equal(answer.body.error_description, description);
}

const TOKEN = '/api/oauth2/token';

const redeeming = (client, code, redirect_uri) => ({ grant_type: 'authorization_code', ...client, code, redirect_uri });
const refreshing = (client, { refresh_token }) => ({ grant_type: 'refresh_token', ...client, refresh_token });

/** The address of an authorization request. */
function request({ client_id }, redirect_uri, { prefix = '/api', ...more } = {}) {
  const asked = { response_type: 'code', client_id, redirect_uri, scope: 'search match_info', state: 'a state', ...more };
  return `${prefix}/oauth2/authorize?${new URLSearchParams(asked)}`;
}

const parametersOf = ({ url }) => Object.fromEntries(new URL(url).searchParams);

async function permits(plugin, path) {
  assert.equal(await succeeds(path, { client_id: plugin.client_id, permitted: 'true' }, administrator), 'SUCCESS');
}

describe("the calls of the wiki's page", () => {
  const isClient = ({ client_id: id, client_secret: secret, ...rest }, confidential) => {
    assert.match(id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    if (confidential) assert.match(secret, /^[\w-]{32,}$/);
    else assert.equal(secret, undefined);
    assert.deepEqual(rest, {});
  };

  it('register a web application, which keeps a secret', async () => {
    isClient(await registers(WEB_APPLICATION), true);
  });

  it('register a desktop application, which keeps none', async () => {
    isClient(await registers(DESKTOP_APPLICATION), false);
  });

  it('register a plugin, which as it is printed is no JSON', async () => {
    const { status, body } = await pasted(PLUGIN_AS_PRINTED);
    assert.deepEqual([status, body.error], [400, 'invalid_request']);
    isClient(await registers(PLUGIN), true);
  });

  it("are refused in Kustvakt's words", async () => {
    for (const [command, error_description] of [
      [WEB_APPLICATION.replace('MyOAuth2Client', 'My'), 'client_name must contain at least 3 characters'],
      [PLUGIN.replace('CONFIDENTIAL', 'PUBLIC'), 'Only confidential plugins are supported.'],
      [PLUGIN.replace('7776000', '31536001'), 'Maximum refresh token expiry is 31536000 seconds (1 year)'],
    ]) {
      const { status, body } = await pasted(command);
      assert.deepEqual([status, body], [400, { error: 'invalid_request', error_description }]);
    }
    const { status, body } = await pasted(WEB_APPLICATION.replace('Authorization', 'Nothing'));
    assert.deepEqual([status, body], [401, { errors: [[2010, 'unauthorized operation for user: guest', 'guest']] }]);
  });
});

describe('what is registered, in a browser', () => {
  let browser;
  before(async () => {
    browser = await openBrowser();
  });
  after(() => browser.close());

  /** Somebody at a browser, with whom the application's server can be reached. */
  async function at(redirectUri) {
    const person = await Person.at(browser);
    await person.receivesAnswersAt(redirectUri);
    return person;
  }

  it('a web application gets tokens, and refreshes them', async () => {
    const client = await registers(WEB_APPLICATION);
    const person = await at(WEB_REDIRECT);
    await person.opens(`${API}${request(client, WEB_REDIRECT)}`);
    await person.signsIn(user);
    await person.sees('Allow MyOAuth2Client to use your account?');
    const shown = await person.page.getByRole('main').innerText();
    for (const words of ['a confidential web application', 'http://example.client.com', 'match_info', 'you go back to example.client.com']) {
      assert.ok(shown.includes(words), `no ${words} in\n${shown}`);
    }
    await person.photographs('kustvakt-consent');
    await person.allows();
    const { code, ...rest } = parametersOf(await person.brings());
    assert.deepEqual(rest, { state: 'a state', iss: API });

    const { access_token, refresh_token, ...about } = await succeeds(TOKEN, redeeming(client, code, WEB_REDIRECT));
    assert.deepEqual(about, { token_type: 'Bearer', expires_in: DAY, scope: 'match_info search' });
    const basic = { username: client.client_id, password: client.client_secret };
    const refreshed = await succeeds('/v1.0/oauth2/token', refreshing({}, { refresh_token }), basic);
    assert.notEqual(refreshed.access_token, access_token);
    assert.notEqual(refreshed.refresh_token, refresh_token);
    await person.leaves();
  });

  it('a desktop application needs PKCE, and gets no refresh token', async () => {
    const client = await registers(DESKTOP_APPLICATION);
    const person = await at(DESKTOP_REDIRECT);
    await person.opens(`${API}${request(client, DESKTOP_REDIRECT)}`);
    assert.match(await person.page.getByRole('main').innerText(), /code_challenge is required \(PKCE, S256\)\./);
    person.toldAbout(/status of 400/);

    const code_verifier = randomBytes(32).toString('base64url');
    const code_challenge = createHash('sha256').update(code_verifier).digest('base64url');
    const proof = { code_challenge, code_challenge_method: 'S256' };
    await person.opens(`${API}${request(client, DESKTOP_REDIRECT, { prefix: '/v1.0', ...proof })}`);
    await person.signsIn(user);
    await person.allows();
    const { code } = parametersOf(await person.brings());
    const form = redeeming(client, code, DESKTOP_REDIRECT);
    await isRefused(TOKEN, form, undefined, [400, 'invalid_grant']);
    const { access_token, ...about } = await succeeds(TOKEN, { ...form, code_verifier });
    assert.ok(access_token);
    assert.deepEqual(about, { token_type: 'Bearer', expires_in: DAY, scope: 'match_info search' });

    // Somebody who is signed in is sent back, and the application is told.
    await person.opens(`${API}${request(client, DESKTOP_REDIRECT)}`);
    const { error, state } = parametersOf(await person.brings());
    assert.deepEqual([error, state], ['invalid_request', 'a state']);
    await person.leaves();
  });

  it('a plugin gets nothing until an administrator has permitted it', async () => {
    const plugin = await registers(PLUGIN);
    const person = await at(PLUGIN_REDIRECT);
    await person.opens(`${API}${request(plugin, PLUGIN_REDIRECT)}`);
    assert.match(await person.page.getByRole('main').innerText(), /An administrator has to permit this plugin first\./);
    await person.photographs('kustvakt-not-permitted');
    person.toldAbout(/status of 400/);
    await person.opens(`${API}/login`);
    await person.signsIn(user);
    await person.sees('You are signed in');
    await person.opens(`${API}${request(plugin, PLUGIN_REDIRECT)}`);
    const { error, state } = parametersOf(await person.brings());
    assert.deepEqual([error, state], ['unauthorized_client', 'a state']);
    const itself = { grant_type: 'client_credentials', ...plugin };
    await isRefused(TOKEN, itself, undefined, [401, 'unauthorized_client', 'An administrator has to permit this plugin first.']);

    await permits(plugin, '/api/admin/oauth2/client/permit');
    await person.opens(`${API}${request(plugin, PLUGIN_REDIRECT)}`);
    await person.sees('Allow My plugin to use your account?');
    await person.allows();
    const { code } = parametersOf(await person.brings());
    const tokens = await succeeds(TOKEN, redeeming(plugin, code, PLUGIN_REDIRECT));
    assert.equal((await succeeds(TOKEN, refreshing(plugin, tokens))).scope, 'match_info search');
    await person.leaves();
  });
});

describe('a front end that an administrator trusts', () => {
  let client;
  let frontEnd;
  before(async () => {
    client = await registers(WEB_APPLICATION);
    frontEnd = await registers(WEB_APPLICATION.replace('MyOAuth2Client', 'My front end'));
    const privileged = { client_id: frontEnd.client_id, super: 'true' };
    const refused = await manages('/api/oauth2/client/list', {});
    assert.deepEqual([refused.status, refused.body.error], [401, 'unauthorized_client']);
    const notTheirs = await posts('/api/admin/oauth2/client/privilege', privileged, user);
    assert.deepEqual([notTheirs.status, notTheirs.body.errors[0][0]], [401, 2010]);
    assert.equal(await succeeds('/api/v1.0/admin/oauth2/client/privilege', privileged, administrator), 'SUCCESS');
  });

  /** Calls a service through the front end, in a user's name. */
  const manages = (path, form, whose = user) =>
    posts(path, { super_client_id: frontEnd.client_id, super_client_secret: frontEnd.client_secret, ...form }, whose);

  /** The same, and expects to be answered. */
  async function tells(path, form, whose) {
    const { status, body } = await manages(path, form, whose);
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  }

  /** Lets the client in without a browser, as a front end does that has asked its user itself. */
  async function tokens() {
    const { status, location } = await calls(request(client, WEB_REDIRECT), user);
    assert.equal(status, 303);
    return succeeds(TOKEN, redeeming(client, parametersOf({ url: location }).code, WEB_REDIRECT));
  }

  const ids = (clients) => clients.map(({ client_id }) => client_id);

  it('lists what a user owns, and what they have let in', async () => {
    await tokens();
    const owned = ids(await tells('/api/oauth2/client/list', { filter_by: 'owned_only' }));
    assert.ok(owned.includes(client.client_id));
    assert.ok(!owned.includes(frontEnd.client_id), 'front ends are left out');
    const authorized = ids(await tells('/api/v1.0/oauth2/client/list', { filter_by: 'authorized_only' }));
    assert.ok(authorized.includes(client.client_id));
  });

  it('shows a client to its owner in full, and to others in part', async () => {
    const path = `/api/oauth2/client/${client.client_id}`;
    const { registration_date, client_redirect_uri, refresh_token_expiry, ...rest } = await tells(path, {});
    assert.match(registration_date, TIME);
    assert.deepEqual([client_redirect_uri, refresh_token_expiry], [WEB_REDIRECT, 365 * DAY]);
    assert.deepEqual(rest, {
      super: false,
      client_id: client.client_id,
      client_name: 'MyOAuth2Client',
      client_type: 'CONFIDENTIAL',
      client_description: 'a confidential web application',
      client_url: 'http://example.client.com',
      permitted: true,
    });
    assert.deepEqual(await tells(path, {}, other), rest);
  });

  it('lists tokens by handles, and ends one by its handle', async () => {
    const wanted = { token_type: 'refresh_token', client_id: client.client_id };
    const earlier = (await tells('/api/oauth2/token/list', wanted)).map(({ token }) => token);
    const given = await tokens();
    const listed = await tells('/api/oauth2/token/list', wanted);
    const added = listed.filter(({ token }) => !earlier.includes(token));
    assert.equal(added.length, 1, JSON.stringify(listed));
    const [{ token, created_date, expires_in, user_authentication_time, ...rest }] = added;
    assert.ok(!JSON.stringify(listed).includes(given.refresh_token));
    assert.match(created_date, TIME);
    assert.match(user_authentication_time, TIME);
    assert.ok(expires_in > 364 * DAY && expires_in <= 365 * DAY, expires_in);
    assert.deepEqual(rest, {
      scope: ['match_info', 'search'],
      client_id: client.client_id,
      client_name: 'MyOAuth2Client',
      client_description: 'a confidential web application',
      client_url: 'http://example.client.com',
    });
    assert.equal(await tells('/api/oauth2/revoke/super', { token }), 'SUCCESS');
    await isRefused(TOKEN, refreshing(client, given), undefined, [400, 'invalid_grant']);
    const left = await tells('/api/oauth2/token/list', wanted);
    assert.ok(!left.some((known) => known.token === token));
  });

  it('gives a client a new secret, and the old one is good for nothing at once', async () => {
    const itself = { grant_type: 'client_credentials', scope: 'search' };
    await succeeds(TOKEN, { ...itself, ...client });
    const { client_id, client_secret, ...rest } = await succeeds('/api/oauth2/client/reset', { client_id: client.client_id }, user);
    assert.deepEqual([client_id, rest], [client.client_id, {}]);
    await isRefused(TOKEN, { ...itself, ...client }, undefined, [401, 'invalid_client']);
    client = { client_id, client_secret };
    const { access_token, ...about } = await succeeds(TOKEN, { ...itself, ...client });
    assert.ok(access_token);
    assert.deepEqual(about, { token_type: 'Bearer', expires_in: DAY, scope: 'search' });
  });

  it('installs a plugin that is permitted, and removes it', async () => {
    const plugin = await registers(PLUGIN);
    const chosen = { client_id: plugin.client_id };
    const early = await manages('/api/plugins/install', chosen);
    assert.deepEqual([early.status, early.body], [400, { errors: [[1850, 'plugin not permitted', plugin.client_id]] }]);
    await permits(plugin, '/admin/oauth2/client/permit');
    assert.ok(ids(await tells('/plugins', { permitted_only: 'true' })).includes(plugin.client_id));

    const { installed_date, ...rest } = await tells('/api/plugins/install', chosen);
    assert.match(installed_date, TIME);
    const installed = {
      client_id: plugin.client_id,
      super_client_id: frontEnd.client_id,
      name: 'My plugin',
      description: 'a plugin',
      url: 'http://example.plugin.com',
    };
    assert.deepEqual(rest, installed);
    assert.deepEqual((await manages('/api/plugins/install', chosen)).body.errors[0][0], 1851);
    assert.deepEqual(await tells('/api/plugins/installed', {}), [{ ...installed, installed_date }]);
    assert.equal(await tells('/v1.0/plugins/uninstall', chosen), '');
    assert.deepEqual(await tells('/api/plugins/installed', {}), []);
  });

  it('has done with a client once its owner has deregistered it', async () => {
    const path = `/api/oauth2/client/deregister/${client.client_id}`;
    const given = await tokens();
    const notTheirs = await calls(path, other, { method: 'DELETE' });
    assert.deepEqual([notTheirs.status, notTheirs.body.errors[0][0]], [401, 2010]);
    assert.equal((await calls(path, user, { method: 'DELETE' })).status, 200);
    await isRefused(TOKEN, refreshing(client, given), undefined, [401, 'invalid_client']);
    const owned = ids(await tells('/api/oauth2/client/list', { filter_by: 'owned_only' }));
    assert.ok(!owned.includes(client.client_id));
  });
});
