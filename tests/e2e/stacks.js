// The ways in which Gatelet runs on a desk: each the target of the Makefile that starts it.

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

export const stacks = {
  dev: {
    settings: () => ({ PORT: '0' }),
    // It may have to be compiled first.
    startsWithin: 10 * MINUTE,
    answersWithin: 10 * SECOND,
    stopsWithin: 10 * SECOND,
    leaves: () => [],
  },
  local: {
    settings: ownPorts,
    startsWithin: 30 * MINUTE,
    // SAM waits for the log line of each call, for up to a second; and each function's first call starts its container.
    answersWithin: 60 * SECOND,
    stopsWithin: 60 * SECOND,
    leaves: containers,
  },
  watch: {
    settings: ownPorts,
    startsWithin: 20 * MINUTE,
    // Each function is started, by way of cargo, when it is first called.
    answersWithin: MINUTE,
    stopsWithin: 20 * SECOND,
    leaves: () => [],
  },
};

/** Ports that nobody listens on, for a stack that must know them before it starts. */
async function ownPorts() {
  const servers = ['PORT', 'API_PORT', 'AWS_PORT'].map((name) => [name, createServer().listen(0, '127.0.0.1')]);
  await Promise.all(servers.map(([, server]) => once(server, 'listening')));
  const ports = servers.map(([name, server]) => [name, String(server.address().port)]);
  await Promise.all(servers.map(([, server]) => once(server.close(), 'close')));
  return Object.fromEntries(ports);
}

/** The containers that run functions of this clone. */
function containers(root) {
  const listed = execFileSync('docker', ['ps', '--no-trunc', '--format', '{{.Names}} {{.Mounts}}'], { encoding: 'utf8' });
  return listed.split('\n').filter((line) => line.includes(`${root}.aws-sam/`));
}
