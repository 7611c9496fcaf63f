// A person at a browser: Debian's Chromium, with a profile that nobody has used before.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

import { patience } from './demo.js';

const SHOTS = fileURLToPath(new URL('../../../.ci/out/screenshots/', import.meta.url));

const DESK = { width: 1024, height: 768 };
// The narrowest width that must do without scrolling sideways (WCAG 2.2, 1.4.10).
const PHONE = { width: 320, height: 640 };

export function openBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export class Person {
  #complaints = [];
  #answers = [];
  #waiting = [];

  constructor(context, page) {
    this.context = context;
    this.page = page;
  }

  /** Somebody new. `settings` are Playwright's for a browser context. */
  static async at(browser, settings = {}) {
    const context = await browser.newContext({ viewport: DESK, colorScheme: 'light', ...settings });
    context.setDefaultTimeout(patience);
    const person = new Person(context, await context.newPage());
    await person.#watch();
    return person;
  }

  async #watch() {
    const complain = (what) => this.#complaints.push(what);
    this.page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complain(`console: ${message.text()}`);
    });
    this.page.on('pageerror', (error) => complain(`script: ${error.message}`));
    this.page.on('response', (response) => {
      if (response.status() >= 500) complain(`${response.status()} from ${response.url()}`);
    });
    await this.context.exposeBinding('complainOfPolicy', (_, violation) => complain(`policy: ${violation}`));
    await this.context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        window.complainOfPolicy(`${event.effectiveDirective} blocked ${event.blockedURI}`);
      });
    });
  }

  /**
   * Stands in for the application's server: what the browser is sent to `redirectUri` with is kept, and a bare page shown instead.
   *
   * Chromium's own interception is used, since Playwright's lets requests pass that a redirect leads to.
   */
  async receivesAnswersAt(redirectUri) {
    const chrome = await this.context.newCDPSession(this.page);
    chrome.on('Fetch.requestPaused', async ({ requestId, request }) => {
      this.#receive(new Request(request.url, { method: request.method, headers: request.headers, body: request.postData }));
      await chrome.send('Fetch.fulfillRequest', {
        requestId,
        responseCode: 200,
        responseHeaders: [{ name: 'content-type', value: 'text/html' }],
        body: Buffer.from('<!doctype html><link rel="icon" href="data:,"><title>Application</title>').toString('base64'),
      });
    });
    await chrome.send('Fetch.enable', { patterns: [{ urlPattern: `${redirectUri}*`, requestStage: 'Request' }] });
  }

  #receive(answer) {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(answer);
    else this.#answers.push(answer);
  }

  /** The next answer that the browser has brought to the application. */
  async brings() {
    if (this.#answers.length > 0) return this.#answers.shift();
    const { promise: late, cancel } = timeout(patience, () => `no answer reached the application; the page is ${this.page.url()}`);
    const answer = new Promise((resolve) => this.#waiting.push(resolve));
    return Promise.race([answer, late]).finally(cancel);
  }

  opens(request) {
    return this.page.goto(String(request.url ?? request));
  }

  async signsIn({ username, password }) {
    await this.page.getByLabel('Username').fill(username);
    await this.page.getByLabel('Password').fill(password);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
  }

  allows() {
    return this.page.getByRole('button', { name: 'Allow' }).click();
  }

  denies() {
    return this.page.getByRole('button', { name: 'Deny' }).click();
  }

  async signsOut(issuer) {
    await this.page.goto(`${issuer}/logout`);
    await this.page.getByRole('button', { name: 'Sign out' }).click();
    await this.sees('You are signed out');
  }

  /** Waits for the page of this heading. */
  sees(heading) {
    return this.page.getByRole('heading', { level: 1, name: heading }).waitFor();
  }

  /**
   * Takes pictures of the page as it is at a desk by day, by night, and on a phone, and holds it to what must be true of every page.
   */
  async photographs(name) {
    mkdirSync(SHOTS, { recursive: true });
    const shots = [
      ['light', 'light', DESK],
      ['dark', 'dark', DESK],
      ['phone', 'light', PHONE],
    ];
    for (const [suffix, colorScheme, viewport] of shots) {
      await this.page.emulateMedia({ colorScheme });
      await this.page.setViewportSize(viewport);
      await this.page.screenshot({ path: `${SHOTS}${name}-${suffix}.png`, fullPage: true, animations: 'disabled' });
      const looks = await this.page.evaluate(look);
      assert.ok(looks.contentWidth <= viewport.width, `${name}-${suffix} scrolls sideways: ${looks.contentWidth} px`);
      assert.deepEqual(looks.faint, [], `${name}-${suffix} has text of too little contrast (WCAG 2.2, 1.4.3)`);
      assert.equal(looks.ground < 0.2, colorScheme === 'dark', `${name}-${suffix} has a ground of luminance ${looks.ground}`);
      assert.equal(looks.language, 'en');
      assert.deepEqual(looks.unnamed, [], `${name} has controls without a name`);
    }
    await this.page.emulateMedia({ colorScheme: 'light' });
    await this.page.setViewportSize(DESK);
  }

  /** Takes note that a complaint was to be expected. */
  toldAbout(expected) {
    const left = this.#complaints.filter((complaint) => !expected.test(complaint));
    assert.notEqual(left.length, this.#complaints.length, `no complaint like ${expected}`);
    this.#complaints = left;
  }

  /** Closes the browser, in which nothing has gone wrong unnoticed. */
  async leaves() {
    await this.context.close();
    assert.deepEqual(this.#complaints, []);
  }
}

function timeout(milliseconds, message) {
  let timer;
  const promise = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(message())), milliseconds);
  });
  return { promise, cancel: () => clearTimeout(timer) };
}

/** Runs in the page. */
function look() {
  const colour = (text) => {
    const [red, green, blue, alpha = 1] = text.match(/[\d.]+/g).map(Number);
    return { channels: [red, green, blue], alpha };
  };
  // WCAG 2.2, relative luminance and contrast ratio.
  const luminance = ({ channels }) => {
    const [red, green, blue] = channels
      .map((channel) => channel / 255)
      .map((channel) => (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const behind = colour(getComputedStyle(at).backgroundColor);
      if (behind.alpha === 1) return luminance(behind);
    }
    return 1;
  };
  const contrast = (element) => {
    const [dark, light] = [luminance(colour(getComputedStyle(element).color)), ground(element)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const shown = (element) => element.checkVisibility({ visibilityProperty: true });
  const hasText = (element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  const texts = [...document.body.querySelectorAll('*')].filter((element) => hasText(element) && shown(element));
  const controls = [...document.querySelectorAll('input:not([type=hidden]), button, a')];
  return {
    contentWidth: document.documentElement.scrollWidth,
    ground: ground(document.body),
    faint: texts.filter((element) => contrast(element) < 4.5).map((element) => element.textContent.trim()),
    language: document.documentElement.lang,
    unnamed: controls.filter((control) => !(control.labels?.length || control.textContent.trim())).map((control) => control.outerHTML),
  };
}
