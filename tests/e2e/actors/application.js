// A relying party: all that it knows of the protocol is openid-client's, which is certified by the OpenID Foundation.

import * as oidc from 'openid-client';

import { demo } from './demo.js';

const METHODS = {
  none: oidc.None,
  client_secret_basic: oidc.ClientSecretBasic,
  client_secret_post: oidc.ClientSecretPost,
};

const options = {
  execute: [
    // `make dev` is plain http on loopback.
    oidc.allowInsecureRequests,
    // Without it, the library trusts the connection and leaves an ID token's signature unverified.
    oidc.enableNonRepudiationChecks,
  ],
};

export class Application {
  constructor(config, redirectUri) {
    this.config = config;
    this.redirectUri = redirectUri;
  }

  /** A client that make dev has registered: what is known of it is in demo.json. */
  static async known(client, algorithm = 'oidc') {
    const { client_id, client_secret, token_endpoint_auth_method: method, redirect_uris } = client;
    const metadata = { client_secret };
    const config = await oidc.discovery(new URL(demo.issuer), client_id, metadata, METHODS[method](), { ...options, algorithm });
    return new Application(config, redirect_uris[0]);
  }

  /** A client that registers itself (RFC 7591). */
  static async registered(about = {}) {
    const metadata = {
      client_name: 'Field Notes',
      redirect_uris: ['https://notes.example/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'client_secret_basic',
      scope: 'openid profile offline_access',
      ...about,
    };
    const method = METHODS[metadata.token_endpoint_auth_method]();
    const config = await oidc.dynamicClientRegistration(new URL(demo.issuer), metadata, method, options);
    return new Application(config, metadata.redirect_uris?.[0]);
  }

  get id() {
    return this.config.clientMetadata().client_id;
  }

  /** An authorization request with everything that makes it safe, and what the answer has to be checked against. */
  async asks(parameters = {}) {
    const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
    const expectedState = oidc.randomState();
    const expectedNonce = oidc.randomNonce();
    const url = oidc.buildAuthorizationUrl(this.config, {
      redirect_uri: this.redirectUri,
      scope: 'openid profile',
      state: expectedState,
      nonce: expectedNonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      ...parameters,
    });
    return { url, checks: { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true } };
  }

  /** Verifies the answer (state and issuer), exchanges the code, verifies the ID token (signature, nonce and the rest). */
  redeems(answer, request) {
    return oidc.authorizationCodeGrant(this.config, answer, request.checks);
  }

  refreshes(token, parameters) {
    return oidc.refreshTokenGrant(this.config, token, parameters);
  }

  introspects(token) {
    return oidc.tokenIntrospection(this.config, token);
  }

  revokes(token) {
    return oidc.tokenRevocation(this.config, token);
  }

  /** Asks who a token is of, and refuses an answer about anybody but `subject`. */
  readsAbout(subject, token) {
    return oidc.fetchUserInfo(this.config, token, subject);
  }

  obtainsItsOwnToken(parameters) {
    return oidc.clientCredentialsGrant(this.config, parameters);
  }
}

/** The header of a signed token. */
export function header(jwt) {
  return JSON.parse(Buffer.from(jwt.split('.', 1)[0], 'base64url'));
}
