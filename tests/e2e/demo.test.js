// What a newcomer does with a running `make dev`: click through it, or paste what it prints.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { promisify } from 'node:util';

import { demo, pages } from './actors/demo.js';
import { openBrowser, Person } from './actors/person.js';

const [, user] = demo.users;
const WEB = 'Sign in (confidential client)';
const NATIVE = 'Sign in (public client)';

describe('by clicking', () => {
  let browser;
  before(async () => {
    browser = await openBrowser();
  });
  after(() => browser.close());

  let person;
  beforeEach(async () => {
    person = await Person.at(browser);
    await person.opens(`${pages}/`);
    await person.page.getByRole('link', { name: 'Sign in to a demo application' }).click();
    // An earlier run may have left a consent behind.
    await chooses('What you are asked', 'to consent again (prompt=consent)');
  });
  afterEach(() => person.leaves());

  const clicks = (name) => person.page.getByRole('button', { name }).click();
  const chooses = (what, value) => person.page.getByLabel(what).selectOption(value);

  it('a person signs in to an application, which shows its steps, refreshes and revokes', async () => {
    await person.photographs('demo');
    await clicks(WEB);
    await person.signsIn(user);
    await person.sees('Allow Demo web application to use your account?');
    await person.photographs('demo-consent');
    await person.allows();
    await person.sees('Signed in');
    await person.photographs('demo-signed-in');
    await person.page.getByText(/signature, issuer, audience, expiry, nonce/).waitFor();
    assert.match(await person.page.getByRole('main').innerText(), new RegExp(`"preferred_username": "${user.username}"`));
    await clicks('Refresh');
    await person.sees('New tokens');
    await clicks('Revoke');
    await person.sees('The tokens are revoked');
    await person.photographs('demo-revoked');
    assert.match(await person.page.getByRole('main').innerText(), /"active": false/);
  });

  it('a person signs in to an app that has no secret', async () => {
    await clicks(NATIVE);
    await person.signsIn(user);
    await person.allows();
    await person.sees('Signed in');
  });

  it('the answer may travel as a form', async () => {
    await chooses('How the answer travels', 'in a form (form_post)');
    await clicks(WEB);
    await person.signsIn(user);
    await person.allows();
    await person.sees('Signed in');
    assert.equal(new URL(person.page.url()).search, '');
  });

  it('a person refuses', async () => {
    await clicks(WEB);
    await person.signsIn(user);
    await person.denies();
    await person.sees('You said no');
    await person.photographs('demo-refused');
  });

  it('a person signs out and is back at the application', async () => {
    await clicks(WEB);
    await person.signsIn(user);
    await person.allows();
    await clicks('Sign out');
    await person.sees('Sign out of Gatelet?');
    await clicks('Sign out');
    await person.sees('Sign in to a demo application');
    await chooses('What you are asked', 'nothing (prompt=none)');
    await clicks(WEB);
    await person.sees('Nobody is signed in');
  });

  it('all of it is on one page', async () => {
    await person.opens(`${pages}/`);
    await person.sees('Gatelet runs here');
    await person.photographs('index');
  });
});

describe('by pasting', () => {
  it('the commands go through every flow', async () => {
    const script = await (await fetch(`${pages}/demo/flows.sh`)).text();
    const { stdout, stderr } = await promisify(execFile)('sh', ['-eu', '-c', script]);
    assert.equal(stderr, '');
    const said = [
      ['discovery', `"issuer":"${demo.issuer}"`],
      ['client credentials', '"token_type":"Bearer"'],
      ['authorization code', '"id_token":"'],
      ['userinfo', '"preferred_username":"'],
      ['introspection', '"active":true'],
      ['introspection after revocation', '{"active":false}'],
      ['registration', '"registration_access_token":"'],
      ['Argus: definition', '"shortName":"myclient-'],
      ['Argus: client credentials', '"refresh_token":null'],
      ['Argus: introspection', '"permissions":["viewDatastore"]'],
      ['Kustvakt: registration', '"client_secret":"'],
      ['Kustvakt: authorization code', '"scope":"search"'],
    ];
    let rest = stdout;
    for (const [flow, answer] of said) {
      assert.ok(rest.includes(answer), `${flow}: no ${answer} in the rest of\n${stdout}`);
      rest = rest.slice(rest.indexOf(answer) + answer.length);
    }
    assert.ok(!stdout.includes('"error"'), stdout);
  });
});
