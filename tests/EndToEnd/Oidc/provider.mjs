// npm's oidc-provider with one client and any account: node provider.mjs NODE_MODULES ENGINE_ADDRESS CLAIMS, where CLAIMS is userinfo or idtoken: where the claims of scopes are
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { generateKeyPairSync } from 'node:crypto';

const [modules, engine, claims] = process.argv.slice(2);
const { Provider } = await import(pathToFileURL(join(modules, 'oidc-provider', 'lib', 'index.js')).href);
const server = createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const provider = new Provider(issuer, {
  clients: [{
    client_id: 'cartrecovery',
    client_secret: 'a secret of the test',
    redirect_uris: [`${engine}/v1/auth/oidc/callback`],
    post_logout_redirect_uris: [`${engine}/`],
    backchannel_logout_uri: `${engine}/v1/auth/oidc/backchannel-logout`,
    backchannel_logout_session_required: true,
    id_token_signed_response_alg: 'ES384',
  }],
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES384', use: 'sig', kid: 'k1' }] },
  enabledJWA: { idTokenSigningAlgValues: ['ES384'] },
  scopes: ['openid', 'email', 'groups'],
  claims: { openid: ['sub', 'sid'], email: ['email', 'email_verified'], groups: ['groups'] },
  conformIdTokenClaims: claims === 'userinfo',
  pkce: { required: () => true },
  features: { backchannelLogout: { enabled: true }, rpInitiatedLogout: { enabled: true } },
  cookies: { keys: ['a key of the test'] },
  // Its own would not call this machine.
  fetch: (url, { dispatcher, ...options }) => fetch(url, options),
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: `${id}@shop.example`, email_verified: true, groups: ['marketing'] }) }),
});
server.on('request', provider.callback());
console.log(issuer);
