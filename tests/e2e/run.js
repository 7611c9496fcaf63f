// Starts `make dev` as a newcomer would, runs the tests against it, and stops it as Ctrl-C would.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../../', import.meta.url));

// It may have to be compiled first.
const START_WITHIN = 10 * 60_000;
const STOP_WITHIN = 10_000;

const data = mkdtempSync(join(tmpdir(), 'gatelet-e2e-'));
const demo = join(data, 'demo.json');
const out = join(root, '.ci', 'out');
const log = join(out, 'make-dev.log');

mkdirSync(out, { recursive: true });
const output = openSync(log, 'w');
const make = spawn('make', ['dev'], {
  cwd: root,
  env: { ...process.env, PORT: '0', DB: 'memory', DATA: data },
  stdio: ['ignore', output, output],
});
const stopped = once(make, 'exit').then(([code, signal]) => code ?? signal);
let running = true;
stopped.then(() => {
  running = false;
});

/** Waits until the service says of itself that it is the issuer in demo.json. */
async function ready() {
  for (const since = Date.now(); running && Date.now() - since < START_WITHIN; await pause(100)) {
    try {
      const { issuer } = JSON.parse(readFileSync(demo, 'utf8'));
      const answer = await fetch(`${issuer}/.well-known/openid-configuration`, { signal: AbortSignal.timeout(2000) });
      if ((await answer.json()).issuer === issuer) return true;
    } catch {
      // Not yet.
    }
  }
  return false;
}

async function test() {
  const tests = spawn(process.execPath, ['--test', '--test-reporter=spec', '--test-timeout=120000'], {
    cwd: here,
    env: { ...process.env, GATELET_DEMO: demo },
    stdio: 'inherit',
  });
  const [code] = await once(tests, 'exit');
  return code === 0;
}

/** Interrupts the service itself, not make, which would then end as interrupted whatever the service does. */
async function stop() {
  process.kill(service(), 'SIGINT');
  return Promise.race([stopped, pause(STOP_WITHIN, 'nothing, and was killed', { ref: false })]);
}

/** What make runs, behind any shell or cargo between them. */
function service(pid = make.pid) {
  const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  return child === undefined ? pid : service(Number(child));
}

function fail(what) {
  process.exitCode = 1;
  const last = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-40).join('\n');
  console.error(`${what} The last of ${log}:\n${last}`);
}

try {
  if (!(await ready())) {
    fail(running ? 'make dev is not ready in time.' : `make dev ended with ${await stopped}.`);
  } else if (!(await test())) {
    fail('Tests failed.');
  }
  const end = running ? await stop() : await stopped;
  if (end !== 0 && !process.exitCode) fail(`make dev, interrupted, ended with ${end}.`);
} finally {
  if (running) process.kill(service(), 'SIGKILL');
  rmSync(data, { recursive: true, force: true });
}
