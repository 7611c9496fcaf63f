// Starts Gatelet as a newcomer would, runs the tests against it, and stops it as Ctrl-C would.
//
// Usage: node run.js STACK [FILE...], a stack being one of stacks.js; all tests unless files are named.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { stacks } from './stacks.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../../', import.meta.url));

const [name, ...files] = process.argv.slice(2);
const stack = stacks[name];
if (stack === undefined) {
  console.error(`Usage: node run.js ${Object.keys(stacks).join('|')} [FILE...]`);
  process.exit(2);
}

const data = mkdtempSync(join(tmpdir(), 'gatelet-e2e-'));
const demo = join(data, 'demo.json');
const out = join(root, '.ci', 'out');
const log = join(out, `make-${name}.log`);

mkdirSync(out, { recursive: true });
const output = openSync(log, 'w');
const make = spawn('make', [name], {
  cwd: root,
  env: { ...process.env, DB: 'memory', DATA: data, ...(await stack.settings()) },
  stdio: ['ignore', output, output],
});
const stopped = once(make, 'exit').then(([code, signal]) => code ?? signal);
let running = true;
stopped.then(() => {
  running = false;
});

/** Waits until the service says of itself that it is the issuer in demo.json. */
async function ready() {
  for (const since = Date.now(); running && Date.now() - since < stack.startsWithin; await pause(100)) {
    try {
      const { issuer } = JSON.parse(readFileSync(demo, 'utf8'));
      const document = `${issuer}/.well-known/openid-configuration`;
      const answer = await fetch(document, { signal: AbortSignal.timeout(stack.answersWithin) });
      if ((await answer.json()).issuer === issuer) return true;
    } catch {
      // Not yet.
    }
  }
  return false;
}

async function test() {
  const limit = `--test-timeout=${12 * stack.answersWithin}`;
  const tests = spawn(process.execPath, ['--test', '--test-reporter=spec', limit, ...files], {
    cwd: here,
    env: { ...process.env, GATELET_DEMO: demo, GATELET_ANSWERS_WITHIN: String(stack.answersWithin) },
    stdio: 'inherit',
  });
  const [code] = await once(tests, 'exit');
  return code === 0;
}

/** Interrupts the service itself, not make, which would then end as interrupted whatever the service does. */
async function stop() {
  process.kill(service(), 'SIGINT');
  return Promise.race([stopped, pause(stack.stopsWithin, 'nothing, and was killed', { ref: false })]);
}

/** What make runs, behind any shell or cargo between them: those have one child, and a script that runs the stack has several. */
function service(pid = make.pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  return children.length === 1 ? service(Number(children[0])) : pid;
}

function fail(what) {
  process.exitCode = 1;
  const last = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-40).join('\n');
  console.error(`${what} The last of ${log}:\n${last}`);
}

try {
  if (!(await ready())) {
    fail(running ? `make ${name} is not ready in time.` : `make ${name} ended with ${await stopped}.`);
  } else if (!(await test())) {
    fail('Tests failed.');
  }
  const end = running ? await stop() : await stopped;
  if (end !== 0 && !process.exitCode) fail(`make ${name}, interrupted, ended with ${end}.`);
  const left = stack.leaves(root);
  if (left.length > 0 && !process.exitCode) fail(`make ${name} left behind: ${left.join(', ')}.`);
} finally {
  if (running) process.kill(service(), 'SIGKILL');
  rmSync(data, { recursive: true, force: true });
}
