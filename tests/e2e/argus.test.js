// What was written for Argus: the commands of its documentation, base URL and placeholders aside, and its own client library.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { demo } from './actors/demo.js';
import { openBrowser, Person } from './actors/person.js';
import { pasted } from './actors/shell.js';

const run = promisify(execFile);

const key = (administrator) => demo.api_keys.find((known) => known.administrator === administrator);
const administrator = key(true).key;
const { key: script, username } = key(false);
const user = demo.users.find((known) => known.username === username);

const API = demo.issuer;
const PORTAL = demo.issuer;
const CALLBACK = 'https://my.application/oauth/callback';
const SECRET = 'mySecretPassword';

/** The description of the documentation's client, under a name that no other test has. */
const description = (shortName, more = {}) => ({
  shortName,
  name: 'My OAuth Client',
  description: 'This is the description of the client',
  customer: 'mycustomer',
  mainURI: 'https://my.application',
  redirectURI: CALLBACK,
  requiredFunction: 'myAccessFunction',
  permissionScope: 'DATASTORE-VIEWER',
  clientIPRange: ['127.0.0.1', '::1'],
  clientSecret: SECRET,
  ...more,
});

const define = (client) =>
  pasted('curl -XPOST -H"Argus-API-Key: $KEY" -d "$CLIENT" $API/authentication/v1/oauth/client', {
    KEY: administrator,
    CLIENT: JSON.stringify(client),
  });

const unique = (name) => `${name}-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;

describe('the commands of the documentation', () => {
  const shortName = unique('myclient');
  let id;
  before(async () => {
    const { status, body } = await define(description(shortName));
    assert.equal(status, 201, JSON.stringify(body));
    id = body.data.id;
  });

  const basic = () => Buffer.from(`${id}:${SECRET}`).toString('base64');
  const fetchToken = () =>
    pasted(
      'curl -XPOST -H"Argus-API-Key: $KEY" $API/authentication/v1/oauth/token -d client_id=$ID -d grant_type=client_credentials',
      { KEY: script, ID: id },
    );

  it('define a client', async () => {
    const { status, body } = await define(description(unique('another')));
    assert.equal(status, 201);
    assert.match(body.data.id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.equal(body.responseCode, 201);
    assert.equal(body.data.customer.shortName, 'mycustomer');
    assert.equal(body.data.requiredFunction.name, 'myAccessFunction');
    assert.ok(!JSON.stringify(body).includes(SECRET));
  });

  it('an empty address range is a placeholder, and told so', async () => {
    const { status, body } = await define(description(unique('empty'), { clientIPRange: [''] }));
    assert.equal(status, 412);
    assert.deepEqual(body.messages.map(({ type, field }) => [type, field]), [['FIELD_ERROR', 'clientIPRange']]);
  });

  it('list and update a client', async () => {
    const name = 'A better name for my OAuth client';
    const values = { KEY: administrator, ID: id, CHANGE: JSON.stringify({ name }) };
    const update = 'curl -XPUT -H"Argus-API-Key: $KEY" -d "$CHANGE" $API/authentication/v1/oauth/client/$ID';
    const changed = await pasted(update, values);
    assert.deepEqual([changed.status, changed.body.data.name], [200, name]);
    assert.equal((await pasted(update, values)).status, 220);

    const listed = await pasted('curl -H"Argus-API-Key: $KEY" "$API/authentication/v1/oauth/client?keywords=$NAME"', {
      KEY: administrator,
      NAME: shortName,
    });
    assert.equal(listed.status, 200);
    assert.deepEqual(listed.body.data.map((client) => [client.id, client.name]), [[id, name]]);
    assert.deepEqual([listed.body.count, listed.body.size, listed.body.limit, listed.body.offset], [1, 1, 25, 0]);
  });

  it('client credentials by an API key, and introspection by form and by Basic', async () => {
    const fetched = await fetchToken();
    assert.equal(fetched.status, 200, JSON.stringify(fetched.body));
    const { access_token: token, ...rest } = fetched.body;
    assert.deepEqual(rest, { id_token: null, refresh_token: null, token_type: 'Bearer', expires_in: 300 });
    assert.ok(token.startsWith(`${username}/`), token);

    const values = { ID: id, TOKEN: token, BASIC: basic(), ADDRESS: '127.0.0.1' };
    const byForm = `curl -XPOST -H"X-Forwarded-For: $ADDRESS" $API/authentication/v1/oauth/token -d client_id=$ID -d client_secret=${SECRET} -d token=$TOKEN`;
    const byBasic = 'curl -XPOST -H"X-Forwarded-For: $ADDRESS" -H"Authorization: Basic $BASIC" $API/authentication/v1/oauth/token/introspect -d token=$TOKEN';
    for (const command of [byForm, byBasic]) {
      const { status, body } = await pasted(command, values);
      assert.equal(status, 200);
      assert.deepEqual([body.active, body.token_type, body.username, body.client_id], [true, 'Bearer', username, id]);
      assert.deepEqual([body.permissions, body.customer], [['viewDatastore'], 'mycustomer']);
      // The address of another user agent than the one that fetched the token.
      const other = await pasted(command, { ...values, ADDRESS: '94.127.56.1' });
      assert.deepEqual([other.status, other.body], [200, { active: false }]);
    }
  });

  it('userinfo with the forwarded address of the user agent', async () => {
    const fetched = await pasted(
      'curl -XPOST -H"Argus-API-Key: $KEY" $API/authentication/v1/oauth/token -d client_id=$ID -d grant_type=client_credentials -d scope=openid',
      { KEY: script, ID: id },
    );
    const values = { TOKEN: fetched.body.access_token, ADDRESS: '127.0.0.1' };
    const command = 'curl -XGET -H"X-Forwarded-For: $ADDRESS" -H"Authorization:Bearer $TOKEN" $API/authentication/v1/oauth/userinfo';
    const { status, body } = await pasted(command, values);
    assert.equal(status, 200, JSON.stringify(body));
    assert.ok(body.sub);
    const other = await pasted(command, { ...values, ADDRESS: '94.127.56.1' });
    assert.equal(other.status, 401);
  });

  describe('in a browser', () => {
    let browser;
    let person;
    before(async () => {
      browser = await openBrowser();
      person = await Person.at(browser);
    });
    after(async () => {
      await person.leaves();
      await browser.close();
    });

    it('somebody without the function is told what is missing, and goes back to the application', async () => {
      const stranger = demo.users.find((known) => known.username === 'bob');
      const other = await Person.at(browser);
      await other.receivesAnswersAt(CALLBACK);
      await other.opens(`${PORTAL}/spa/oauth/authorize?client_id=${id}&redirect_uri=${CALLBACK}&response_type=code&state=a%20state`);
      await other.signsIn(stranger);
      await other.sees('A better name for my OAuth client doesn\u2019t let you in');
      const told = await other.page.getByRole('main').innerText();
      assert.match(told, /myAccessFunction/);
      assert.match(told, /mycustomer/);
      await other.photographs('not-let-in');
      other.toldAbout(/status of 403/);
      await other.page.getByRole('link', { name: 'Back to the application' }).click();
      const answer = new URL((await other.brings()).url).searchParams;
      assert.deepEqual([answer.get('error'), answer.get('state'), answer.get('iss')], ['access_denied', 'a state', demo.issuer]);
      await other.leaves();
    });

    it('authorization code', async () => {
      await person.receivesAnswersAt(CALLBACK);
      await person.opens(`${PORTAL}/spa/oauth/authorize?client_id=${id}&redirect_uri=${CALLBACK}&response_type=code`);
      await person.signsIn(user);
      const answer = new URL((await person.brings()).url);
      const values = { ID: id, CODE: answer.searchParams.get('code') };
      const redeem = `curl -XPOST $API/authentication/v1/oauth/token -d "client_id=$ID&client_secret=${SECRET}&grant_type=authorization_code&code=$CODE&redirect_uri=${CALLBACK}"`;
      const { status, body } = await pasted(redeem, values);
      assert.equal(status, 200, JSON.stringify(body));
      assert.ok(body.access_token.startsWith(`${username}/`));
      assert.equal(body.token_type, 'Bearer');

      const refresh = `curl -XPOST $API/authentication/v1/oauth/token -d "client_id=$ID&client_secret=${SECRET}&grant_type=refresh_token&redirect_uri=${CALLBACK}&code=$REFRESH"`;
      const refreshed = await pasted(refresh, { ID: id, REFRESH: body.refresh_token });
      assert.equal(refreshed.status, 200, JSON.stringify(refreshed.body));
      assert.notEqual(refreshed.body.access_token, body.access_token);
    });
  });
});

describe("Argus's own client library", () => {
  it('defines, lists, searches, fetches, updates and deletes a client, and obtains a token', async () => {
    const installed = fileURLToPath(new URL('../../.ci/venv/bin/python3', import.meta.url));
    const python = existsSync(installed) ? installed : 'python3';
    const program = fileURLToPath(new URL('argus_sdk.py', import.meta.url));
    const env = { ...process.env, API, ADMINISTRATOR: administrator, SCRIPT: script, NAME: unique('sdk') };
    const { stdout } = await run(python, ['-B', program], { env });
    assert.equal(stdout.trim(), 'created listed searched fetched updated unchanged refused authorized token introspected userinfo deleted keyed locked');
  });
});
