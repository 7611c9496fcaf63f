// A shell, into which the commands of documentation are pasted.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { demo } from './demo.js';

const run = promisify(execFile);

/** Runs a command that ends in an address for curl. The shell knows `API` and `values` by name. Returns status and body. */
export async function pasted(command, values = {}) {
  const env = { ...process.env, API: demo.issuer, ...values };
  const { stdout, stderr } = await run('sh', ['-euc', `${command} -sS -w '\\n%{http_code}'`], { env });
  assert.equal(stderr, '');
  const end = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(end + 1)), body: JSON.parse(stdout.slice(0, end)) };
}
