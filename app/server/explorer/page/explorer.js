// The bar above GraphiQL: which shop the questions are about, and with whose key.

import { askGateway, credentials } from './gateway.js';
import { subscribeGateway } from './subscriptions.js';
import { freshTabs } from './tabs.js';

const KEY = 'custom-data:key';
const SIGNED_OUT = 'custom-data:signed-out';
const THEME = 'graphiql:theme';

const $ = (id) => document.getElementById(id);
const demoKey = document.querySelector('meta[name=demo-key]').content;

// Monaco asks for its workers by these names.
const WORKERS = { graphql: 'graphql.worker.js', json: 'json.worker.js' };
self.MonacoEnvironment = {
  getWorkerUrl: (_module, label) => new URL(WORKERS[label] ?? 'editor.worker.js', $('graphiql').src).href,
};

$('key-form').addEventListener('submit', (event) => {
  event.preventDefault();
  open($('key').value.trim());
});
$('demo').addEventListener('click', () => open(demoKey));
$('sign-out').addEventListener('click', () => beginAgain(() => {
  sessionStorage.clear();
  sessionStorage.setItem(SIGNED_OUT, 'yes');
}));
$('fresh').addEventListener('click', () => beginAgain(() => {
  Object.keys(sessionStorage).filter((name) => name.startsWith('graphiql:')).forEach((name) => sessionStorage.removeItem(name));
}));

let leaving = false;

/** Forgets and loads the page anew: GraphiQL, which keeps its tabs half a second after a change, must not do so between. */
function beginAgain(forget) {
  leaving = true;
  forget();
  location.reload();
}

const first = keyFromAddress() || sessionStorage.getItem(KEY) || (sessionStorage.getItem(SIGNED_OUT) ? '' : demoKey);
if (first) open(first);
else askForKey();

/** #key=... in the address: a fragment never leaves the browser. It is taken out, so that no bookmark keeps it. */
function keyFromAddress() {
  const key = new URLSearchParams(location.hash.slice(1)).get('key');
  if (key) history.replaceState(null, '', location.pathname + location.search);
  return key?.trim();
}

/** Opens the shop of this key, or says why that does not work. */
async function open(key) {
  $('shop').textContent = 'Opening…';
  const { data, errors, status } = await askGateway(key, { query: '{ shop { id name createdAt } }' });
  if (status === 401) return askForKey(refusal(key));
  if (!data?.shop && status !== 200) return askForKey(errors?.[0]?.message ?? `The gateway answered with status ${status}.`);
  sessionStorage.setItem(KEY, key);
  $('key').value = '';
  $('shop').textContent = (data?.shop?.name ?? 'Signed in') + (key === demoKey ? ' (demo key)' : '');
  $('key-form').hidden = $('welcome').hidden = true;
  $('signed-in').hidden = false;
  notify(data?.shop ? '' : errors?.[0]?.message);
  mount(key, await freshTabs((query) => askGateway(key, { query })));
}

function askForKey(message = '') {
  sessionStorage.removeItem(KEY);
  $('shop').textContent = '';
  $('key-form').hidden = $('welcome').hidden = false;
  $('demo').hidden = !demoKey;
  notify(message);
  $('key').focus();
}

function refusal(key) {
  if (key.startsWith('eyJ')) return 'The gateway refused this contact token. Tokens are short-lived: mint a new one, or use an API key.';
  const hint = key.startsWith('cdg_') ? 'Check that you copied all of it' : 'Keys of this gateway begin with cdg_';
  return `The gateway refused this key: it is unknown, revoked, or a key of another gateway. ${hint}, or make a new one: custom-data key create --shop <id or name>`;
}

function notify(message) {
  $('notice').textContent = message ?? '';
  $('notice').hidden = !message;
}

function mount(key, tabs) {
  const place = document.createElement('div');
  place.className = 'mounted';
  $('explorer').append(place);
  self.YogaGraphiQL.renderYogaGraphiQL(place, {
    fetcher: fetcherWith(key),
    defaultTabs: tabs,
    ...lastOpenTab(),
    storage: keptInThisTab(),
    shouldPersistHeaders: false,
    defaultEditorToolsVisibility: false,
    onEditQuery: () => {}, // the bundle would write every query into the address
    title: '',
    logo: '',
  });
}

/** After a reload: GraphiQL would open an empty tab beside those it kept, unless told which one was open. */
function lastOpenTab() {
  const { tabs = [], activeTabIndex } = JSON.parse(sessionStorage.getItem('graphiql:tabState') ?? '{}');
  const tab = tabs[activeTabIndex];
  return tab ? { initialQuery: tab.query ?? '', initialVariables: tab.variables ?? '' } : {};
}

/** Asks with the key of the bar; the headers editor may name another one, or anything else. */
function fetcherWith(key) {
  return async (request, { headers, documentAST } = {}) => {
    if (isSubscription(documentAST, request.operationName)) return subscribeGateway(credentials(key, headers), request);
    const { status, ...answer } = await askGateway(key, request, headers);
    notify(status === 401 ? `${refusal(key)} – then choose “Change key”.` : '');
    return answer;
  };
}

function isSubscription(document, name) {
  return document?.definitions.some((each) =>
    each.operation === 'subscription' && (!name || each.name?.value === name)) ?? false;
}

/** GraphiQL's storage: gone with the browser tab, except for the choice of colours; headers are never kept. */
function keptInThisTab() {
  const of = (name) => (name === THEME ? localStorage : sessionStorage);
  const names = () => Object.keys(sessionStorage).filter((name) => name.startsWith('graphiql:'));
  return {
    getItem: (name) => of(name).getItem(name),
    setItem: (name, value) => leaving || of(name).setItem(name, withoutHeaders(value)),
    removeItem: (name) => of(name).removeItem(name),
    clear: () => names().forEach((name) => sessionStorage.removeItem(name)),
    get length() {
      return names().length;
    },
  };
}

function withoutHeaders(value) {
  if (!value.includes('"headers"')) return value;
  try {
    return JSON.stringify(JSON.parse(value, (name, inner) => (name === 'headers' ? null : inner)));
  } catch {
    return value;
  }
}
