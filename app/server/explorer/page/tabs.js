// GraphiQL's first tabs, made from this shop: its own definitions, records, contacts and products.

import { reactionTabs } from './reactions.js';

const HANDFUL = 6; // definitions with a tab of their own

const DEFINITIONS = `{
  customDataDefinitions {
    key name description status uniqueKeys
    fields { name label type options elementType }
    relationships { sourceField targetSchemaType targetSchema }
  }
}`;
const PRICED = `{
  contacts(first: 3) { nodes { idContact products(first: 3) { nodes { idProduct pricing { price { winner { priority } } } } } } }
}`;

const SEGMENTS = '{ segments { name } contacts(first: 1) { nodes { idContact } } }';

/**
 * The tabs as GraphiQL takes them: a price and a segment with their reasons, each definition read, two records saved,
 * and what follows from that.
 * `ask` runs a query; whatever its key may not see is left out of the tabs.
 */
export async function freshTabs(ask) {
  const [{ data: shop }, { data: priced }, { data: kept }] = await Promise.all([DEFINITIONS, PRICED, SEGMENTS].map(ask));
  if (!shop) return [{ query: (await ask('{ me { idContact } }')).data?.me ? AS_CONTACT : FIRST_LOOK }];
  const definitions = shop.customDataDefinitions;
  const saved = definitionToSave(definitions);
  const save = saved ? saveTab(saved, await targetsOf(saved, ask)) : null;
  const tabs = [
    priceTab(bestExample(priced)),
    segmentTab(kept),
    ...definitions.slice(0, HANDFUL).map(readTab),
    save ?? CREATE_DEFINITION,
    ...(definitions.length ? await reactionTabs(ask, save, priced?.contacts.nodes[0]?.idContact) : []),
  ];
  return tabs.filter(Boolean).map((query) => ({ query }));
}

const FIRST_LOOK = `# This key may not list the shop's definitions.
# The Docs, top left, show all there is to ask.
query FirstLook {
  shop { name timeZone }
}
`;

const AS_CONTACT = `# What a storefront sees with this contact's token.
query AsContact {
  me { idContact firstName lastName }
  products(first: 5) {
    nodes { name nativePrice payable }
  }
}
`;

const CREATE_DEFINITION = `# This shop has no definition to write to.
# Here is one: a contact's standing in a loyalty
# programme.
mutation CreateDefinition {
  createCustomDataDefinition(input: {
    name: "Loyalty"
    fields: [
      {name: "contact_id", type: NUMBER, required: true}
      {name: "tier", type: STRING, options: ["bronze", "silver", "gold"]}
      {name: "points", type: NUMBER, default: 0}
    ]
    relationships: [{sourceField: "contact_id", targetSchemaType: SYSTEM, targetSchema: "contacts"}]
    uniqueKeys: ["contact_id"]
  }) {
    definition { key name status }
    userErrors { code message path }
  }
}
`;

/** A contact and a product, if possible a pair whose price is not simply the catalogue's. */
function bestExample(priced) {
  const pairs = (priced?.contacts.nodes ?? []).flatMap(({ idContact, products }) =>
    products.nodes.map(({ idProduct, pricing }) => ({ idContact, idProduct, won: Boolean(pricing.price.winner) })));
  return pairs.find((pair) => pair.won) ?? pairs[0];
}

function priceTab(example) {
  if (!example) return null;
  return `# What does this contact pay, and why?
query PriceExplained {
  product(idProduct: ${text(example.idProduct)}) {
    name
    nativePrice
    pricing(contact: {idContact: ${text(example.idContact)}}) {
      contact { firstName lastName }
      payable
      price {
        because
        sources { priority outcome amount path }
      }
      priceDiscount { amount because }
    }
  }
}
`;
}

/** The last of the shop's segments, which may use those before it. */
function segmentTab(kept) {
  const segment = kept?.segments.at(-1);
  const contact = kept?.contacts.nodes[0];
  if (!segment || !contact) return null;
  return `# Who is in this segment, and why is this contact
# in it, or not?
query SegmentExplained {
  segment(name: ${text(segment.name)}) {
    where
    count { count isExact }
    contacts(first: 5) { nodes { idContact email firstName lastName } }
    why(contact: {idContact: ${text(contact.idContact)}}) {
      lines
    }
  }
}
`;
}

function readTab({ key, name, description, relationships }) {
  return `${comment(description ? `${name}: ${description}` : name)}
query ${pascal(key)} {
  customDataRecords(definition: ${text(key)}, first: 10) {
    totalCount { count isExact }
    nodes {
      idRecord
      data
${relationships.map(relation).join('')}    }
    pageInfo { hasNextPage endCursor }
  }
}
`;
}

function relation({ sourceField, targetSchema }) {
  const fields = { contacts: '... on Contact { idContact email firstName lastName }', products: '... on Product { idProduct name nativePrice }' };
  return `      ${aliasOf(sourceField)}: relation(field: ${text(sourceField)}) {
        ${fields[targetSchema] ?? '... on CustomDataRecord { idRecord data }'}
      }
`;
}

/** What a relation leads to, by the name it has in the shop's own types: contact_id gives contact, vet gives vetObject. */
function aliasOf(field) {
  return field.endsWith('_id') ? field.slice(0, -3) : `${field}Object`;
}

/** A definition in which two samples become two new records, rather than change what is there; else any active one. */
function definitionToSave(definitions) {
  const active = definitions.filter(({ status }) => status === 'ACTIVE');
  return active.find(makesNewRecords) ?? active[0];
}

function makesNewRecords({ uniqueKeys, fields, relationships }) {
  const pointing = relationships.map(({ sourceField }) => sourceField);
  return !uniqueKeys.length || fields.some(({ name, type, options }) =>
    type === 'STRING' && !options.length && uniqueKeys.includes(name) && !pointing.includes(name));
}

/** For each relation field, up to two ids that it may point to. */
async function targetsOf({ relationships }, ask) {
  const found = relationships.map(async ({ sourceField, targetSchemaType, targetSchema }) => {
    const custom = targetSchemaType === 'CUSTOM';
    const id = custom ? 'idRecord' : { contacts: 'idContact', products: 'idProduct' }[targetSchema];
    const list = custom ? `customDataRecords(definition: ${text(targetSchema)}, first: 2)` : `${targetSchema}(first: 2)`;
    const { data } = await ask(`{ list: ${list} { nodes { id: ${id} } } }`);
    const ids = (data?.list?.nodes ?? []).map((node) => node.id);
    return [sourceField, targetSchema === 'products' && !custom ? ids.map(text) : ids];
  });
  return Object.fromEntries(await Promise.all(found));
}

function saveTab(definition, targets) {
  const records = [0, 1].map((number) => `      {${definition.fields.map((field) => {
    const ids = targets[field.name];
    const value = ids ? ids[number % ids.length] ?? 'null' : sample(field, number);
    return `${field.name}: ${value}`;
  }).join(', ')}}`);
  const keys = definition.uniqueKeys;
  const again = keys.length
    ? `Sent again, it changes nothing: ${keys.join(' and ')} ${keys.length > 1 ? 'say' : 'says'} which record is meant.`
    : 'Sent again, it saves two more: this definition has no unique key.';
  return `${comment(`Saves two sample records of ${definition.name}. ${again}`)}
mutation Save${pascal(definition.key)} {
  saveCustomDataRecords(input: {
    definition: ${text(definition.key)}
    records: [
${records.join('\n')}
    ]
  }) {
    created updated unchanged rejected
    results {
      outcome
      record { idRecord version data }
      errors { path message }
    }
    userErrors { code message }
  }
}
`;
}

/** A value that fits the field, as GraphQL writes it; a unique one for texts. */
function sample({ name, label, type, options, elementType }, number) {
  if (options.length) return literal(options[number % options.length]);
  const now = new Date().toISOString();
  const samples = {
    STRING: () => text(/mail/i.test(name) ? `sample.${number + 1}@example.com` : `Sample ${label} ${number + 1}`),
    LONGTEXT: () => text(`A longer text about sample ${number + 1}.`),
    NUMBER: () => String(number + 1),
    DECIMAL: () => text(`${number + 10}.50`),
    BOOLEAN: () => String(number === 0),
    DATE: () => text(now.slice(0, 10)),
    DATETIME: () => text(now),
    LIST: () => `[${sample({ name, label, type: elementType ?? 'STRING', options: [] }, number)}]`,
    JSON: () => `{note: "any JSON", number: ${number + 1}}`,
    GEOLOCATION: () => `{lat: ${number ? 50.63 : 45.76}, lng: ${number ? 3.06 : 4.84}}`,
  };
  return samples[type]();
}

/** A JSON value as GraphQL writes it. */
function literal(value) {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  return `{${Object.entries(value).map(([name, inner]) => `${name}: ${literal(inner)}`).join(', ')}}`;
}

const text = (value) => JSON.stringify(String(value));
const comment = (sentence) => sentence.match(/\S.{0,40}\S*/g).map((line) => `# ${line}`).join('\n');
const pascal = (key) => key.split('_').map((word) => word[0].toUpperCase() + word.slice(1)).join('');
