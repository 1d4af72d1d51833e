// OpenFeature's SDKs with the OFREP providers, unmodified: node client.mjs NODE_MODULES ENGINE SECRET_KEY PUBLISHABLE_KEY
// Prints what both see, a line each; then, once the flags change, what the page's provider tells and sees.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [modules, baseUrl, secret, publishable] = process.argv.slice(2);
const require = createRequire(join(modules, 'index.js'));
const say = (value) => console.log(JSON.stringify(value));
const short = ({ value, variant, reason, errorCode, flagMetadata }) => ({ value, variant, reason, errorCode, version: typeof flagMetadata?.version });

const server = require('@openfeature/server-sdk').OpenFeature;
const { OFREPProvider } = require('@openfeature/ofrep-provider');
await server.setProviderAndWait(new OFREPProvider({ baseUrl, headers: [['X-Api-Key', secret]] }));
const shop = server.getClient();
const zoe = { targetingKey: 'zoe', plan: 'gold' };
say({
  checkout: short(await shop.getBooleanDetails('new-checkout', false, zoe)),
  others: short(await shop.getBooleanDetails('new-checkout', false, { targetingKey: 'ben', plan: 'free' })),
  colour: short(await shop.getStringDetails('colour', 'none', zoe)),
  limit: short(await shop.getNumberDetails('limit', 0, zoe)),
  layout: short(await shop.getObjectDetails('layout', {}, zoe)),
  internal: short(await shop.getBooleanDetails('internal', false, zoe)),
  wrongType: short(await shop.getNumberDetails('colour', 7, zoe)),
  unknown: short(await shop.getBooleanDetails('nowhere', false, zoe)),
  noKey: short(await shop.getStringDetails('colour', 'none', {})),
});

const web = require('@openfeature/web-sdk');
const { OFREPWebProvider } = require('@openfeature/ofrep-web-provider');
await web.OpenFeature.setContext(zoe);
await web.OpenFeature.setProviderAndWait(new OFREPWebProvider({ baseUrl, pollInterval: 100, headers: [['X-Api-Key', publishable]] }));
const page = web.OpenFeature.getClient();
const seen = () => ({
  checkout: short(page.getBooleanDetails('new-checkout', false)),
  colour: short(page.getStringDetails('colour', 'none')),
  internal: short(page.getBooleanDetails('internal', false)),
});
const changed = new Promise((resolve) => page.addHandler(web.ProviderEvents.ConfigurationChanged, (event) => resolve(event.flagsChanged)));
say(seen());
say({ changed: await changed, ...seen() });
await web.OpenFeature.setContext({ targetingKey: 'ben', plan: 'free' });
say(seen());
await web.OpenFeature.close();
await server.close();
