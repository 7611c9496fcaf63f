// The pages, as a person meets them in Chromium.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';

import { Application } from './actors/application.js';
import { demo } from './actors/demo.js';
import { openBrowser, Person } from './actors/person.js';

const [user, other] = demo.users;

let browser;
let application;
before(async () => {
  browser = await openBrowser();
});
after(() => browser.close());

let person;
beforeEach(async () => {
  // Of its own for each test, so that no consent is remembered from another.
  application = await Application.registered({
    client_description: 'Keeps what you noted on the way, on every device.',
    client_uri: 'https://notes.example/',
  });
  person = await Person.at(browser);
  await person.receivesAnswersAt(application.redirectUri);
});
afterEach(() => person.leaves());

/** What the application is told. */
async function answerTo(parameters) {
  await person.opens(await application.asks(parameters));
  return parametersOf(await person.brings());
}

const parametersOf = (answer) => Object.fromEntries(new URL(answer.url).searchParams);

describe('signing in', () => {
  it('says that a wrong password is wrong, keeps the name, and then takes the right one', async () => {
    await person.opens(await application.asks());
    await person.photographs('sign-in');
    await person.signsIn({ username: user.username, password: `${user.password}x` });
    const alert = person.page.getByRole('alert');
    assert.equal(await alert.textContent(), 'The username or password is not right.');
    assert.equal(await person.page.getByLabel('Username').inputValue(), user.username);
    assert.equal(await person.page.getByLabel('Password').inputValue(), '');
    person.toldAbout(/401 \(Unauthorized\)/i);
    await person.photographs('sign-in-wrong');
    await person.signsIn(user);
    await person.sees('Allow Field Notes to use your account?');
  });

  it('needs no mouse', async () => {
    await person.opens(await application.asks());
    const { keyboard } = person.page;
    // A page that has loaded may not have been painted yet, and it is then that the field gets the focus.
    await person.page.locator('input[name=username]:focus').waitFor();
    await keyboard.type(user.username);
    await keyboard.press('Tab');
    await keyboard.type(user.password);
    await keyboard.press('Enter');
    await person.sees('Allow Field Notes to use your account?');
    for (let presses = 0; (await focused()).text !== 'Allow'; presses += 1) {
      assert.ok(presses < 10, 'Tab does not lead to the button');
      await keyboard.press('Tab');
      assert.notEqual((await focused()).outline, 'none', 'focus can not be seen');
    }
    await keyboard.press('Enter');
    assert.ok(parametersOf(await person.brings()).code);
  });

  const focused = () =>
    person.page.evaluate(() => {
      const element = document.activeElement;
      return { text: element.textContent, outline: getComputedStyle(element).outlineStyle };
    });

  it('begins with the name that the application expects', async () => {
    await person.opens(await application.asks({ login_hint: other.username }));
    assert.equal(await person.page.getByLabel('Username').inputValue(), other.username);
  });

  it('shows where it leads and who is signed in when nobody came from anywhere', async () => {
    await person.opens(`${demo.issuer}/login`);
    await person.signsIn(user);
    await person.sees('You are signed in');
    await person.photographs('signed-in');
  });

  it('refuses a form that another browser was shown', async () => {
    const victim = await Person.at(browser);
    await person.opens(`${demo.issuer}/login`);
    await victim.opens(`${demo.issuer}/login`);
    const stolen = await person.page.locator('input[name=csrf]').inputValue();
    await victim.page.locator('input[name=csrf]').evaluate((input, value) => { input.value = value; }, stolen);
    await victim.signsIn(user);
    await victim.page.getByRole('alert').waitFor();
    victim.toldAbout(/400 \(Bad Request\)/i);
    await victim.leaves();
  });

  it('works with scripts switched off, and so does an answer that travels as a form', async () => {
    const cautious = await Person.at(browser, { javaScriptEnabled: false });
    await cautious.receivesAnswersAt(application.redirectUri);
    await cautious.opens(await application.asks({ response_mode: 'form_post' }));
    await cautious.signsIn(user);
    await cautious.allows();
    await cautious.sees('Returning to notes.example');
    await cautious.photographs('form-post');
    await cautious.page.getByRole('button', { name: 'Continue' }).click();
    assert.equal((await cautious.brings()).method, 'POST');
    await cautious.leaves();
  });
});

describe('consent', () => {
  beforeEach(async () => {
    await person.opens(await application.asks());
    await person.signsIn(user);
    await person.sees('Allow Field Notes to use your account?');
  });

  it('says who asks and for what', async () => {
    const text = await person.page.getByRole('main').innerText();
    for (const said of [user.username, 'Keeps what you noted', 'https://notes.example/', 'Know who you are here', 'notes.example']) {
      assert.ok(text.includes(said), said);
    }
    await person.photographs('consent');
  });

  it('can be refused, which the application is told', async () => {
    await person.denies();
    const told = parametersOf(await person.brings());
    assert.equal(told.error, 'access_denied');
    assert.equal(told.iss, demo.issuer);
    assert.equal(told.code, undefined);
  });

  it('is asked again after a refusal, and not after it was given', async () => {
    await person.denies();
    await person.brings();
    await person.opens(await application.asks());
    await person.allows();
    assert.ok(parametersOf(await person.brings()).code);
    assert.ok((await answerTo()).code);
  });

  it('is asked again for more than was allowed', async () => {
    await person.allows();
    await person.brings();
    await person.opens(await application.asks({ scope: 'openid profile offline_access' }));
    await person.sees('Allow Field Notes to use your account?');
  });

  it('is asked again when the application wants that', async () => {
    await person.allows();
    await person.brings();
    await person.opens(await application.asks({ prompt: 'consent' }));
    await person.sees('Allow Field Notes to use your account?');
  });

  it('can be left to another account', async () => {
    await person.page.getByRole('link', { name: 'Use another account' }).click();
    await person.signsIn(other);
    await person.sees('Allow Field Notes to use your account?');
    assert.ok((await person.page.getByRole('main').innerText()).includes(`Signed in as ${other.username}`));
  });
});

describe('a session', () => {
  beforeEach(async () => {
    await person.opens(await application.asks());
    await person.signsIn(user);
    await person.allows();
    await person.brings();
  });

  it('answers prompt=none without a word', async () => {
    assert.ok((await answerTo({ prompt: 'none' })).code);
  });

  it('does not answer prompt=login: the password is asked again', async () => {
    await person.opens(await application.asks({ prompt: 'login' }));
    await person.signsIn(user);
    assert.ok(parametersOf(await person.brings()).code);
  });

  it('ends by signing out', async () => {
    await person.page.goto(`${demo.issuer}/logout`);
    await person.photographs('sign-out');
    await person.page.getByRole('button', { name: 'Sign out' }).click();
    await person.sees('You are signed out');
    await person.photographs('signed-out');
    assert.equal((await answerTo({ prompt: 'none' })).error, 'login_required');
  });

  it('is kept in a cookie that no script can read', async () => {
    const [cookie] = (await person.context.cookies()).filter(({ name }) => name.endsWith('gatelet-session'));
    assert.equal(cookie.httpOnly, true);
    assert.equal(cookie.sameSite, 'Lax');
  });
});

describe('a request that is wrong', () => {
  it('ends on a page when there is nowhere safe to send it', async () => {
    const request = await application.asks({ redirect_uri: 'https://elsewhere.example/' });
    const response = await person.opens(request);
    assert.equal(response.status(), 400);
    person.toldAbout(/400 \(Bad Request\)/i);
    await person.sees('This request can’t be answered');
    await person.photographs('error');
  });
});
