// What `make dev` made for newcomers, as it says itself in demo.json.

import { readFileSync } from 'node:fs';

const path = process.env.GATELET_DEMO ?? new URL('../../../.gatelet/demo.json', import.meta.url);

export const demo = JSON.parse(readFileSync(path, 'utf8'));

export const confidential = demo.clients.find((client) => client.client_secret !== undefined);
export const native = demo.clients.find((client) => client.client_secret === undefined);

/** Where the demo's own pages are: with the functions elsewhere, not at the issuer. */
export const pages = new URL(confidential.redirect_uris[0]).origin;

/** How long whoever waits for an answer has patience, in milliseconds. */
export const patience = Number(process.env.GATELET_ANSWERS_WITHIN ?? 10_000);
