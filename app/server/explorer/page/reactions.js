// GraphiQL's tabs for what follows from records: what a save would do, what happened, texts, triggers.

const VARIABLES = '{ templateVariables { path } }';
const TRIGGERS = '{ triggers { idTrigger } }';
const OVERRIDES = '{ overrides { systemField definition { key status } field } }';

const WHAT_HAPPENED = `# What happened to records and definitions
# lately, and what did it.
query WhatHappened {
  customDataChanges(last: 10) {
    nodes {
      sequence kind madeAt operation
      definition { key }
      idRecord changedFields before after
    }
    pageInfo { endCursor }
  }
}
`;

const AS_IT_HAPPENS = `# The same as it happens: run this, then save
# something in another tab or window.
subscription AsItHappens {
  customDataChanged {
    sequence kind
    definition { key }
    idRecord changedFields before after
  }
}
`;

const TRIGGERS_AND_DELIVERIES = `# Who is told of what, and what was told or
# could not be.
query TriggersAndDeliveries {
  triggers {
    idTrigger name when transition
    enabled broken
    deliver { url }
  }
  webhookDeliveries(last: 10) {
    nodes {
      status attempts lastStatus lastError
      eventId nextAttemptAt body
    }
  }
}
`;

/** Of a shop with definitions. `save` is the tab that saves, if there is one; `contact` an id, if there is a contact. */
export async function reactionTabs(ask, save, contact) {
  const [{ data: named }, { data: automated }] = await Promise.all([VARIABLES, TRIGGERS].map(ask));
  const row = save && await rowOfPrices(ask);
  return [
    row ? halfPriceTab(row) : save && dryRunTab(save),
    WHAT_HAPPENED,
    AS_IT_HAPPENS,
    contact && letterTab(contact, named?.templateVariables ?? []),
    automated && TRIGGERS_AND_DELIVERIES,
  ].filter(Boolean);
}

/** A record whose amount takes the place of a product's price, if there is one. */
async function rowOfPrices(ask) {
  const { data: sources } = await ask(OVERRIDES);
  const source = sources?.overrides.find(({ systemField, definition }) => systemField === 'price' && definition.status === 'ACTIVE');
  if (!source) return null;
  const { definition: { key }, field } = source;
  const { data } = await ask(`{ list: customDataRecords(definition: ${JSON.stringify(key)}, first: 20) { nodes { idRecord data } } }`);
  const record = data?.list.nodes.find((node) => node.data[field] != null);
  return record ? { id: record.idRecord, field, amount: record.data[field] } : null;
}

/** As a save or an update tells what would follow from it. */
const WHAT_WOULD_FOLLOW = `    dryRun {
      prices {
        totalCount { count isExact }
        nodes {
          contact { email }
          product { name }
          before after
        }
      }
      triggers {
        totalCount { count }
        nodes {
          kind changedFields
          trigger { name }
        }
      }
    }`;

function halfPriceTab({ id, field, amount }) {
  const half = (Number(amount) / 2).toFixed(2);
  return `# What if this price of ${amount} were halved: who
# would pay less, and what would be triggered?
# Nothing is written.
mutation DryRun {
  updateCustomDataRecord(input: {
    dryRun: true
    id: ${JSON.stringify(id)}
    data: {${field}: ${typeof amount === 'string' ? JSON.stringify(half) : half}}
  }) {
    outcome
${WHAT_WOULD_FOLLOW}
    userErrors { code message }
  }
}
`;
}

/** The same save, tried. */
function dryRunTab(save) {
  const [, input] = save.match(/saveCustomDataRecords\(input: \{\n([^]*?)\n {2}\}\)/);
  return `# What would the save of the tab before this one
# do? Nothing is written.
mutation DryRun {
  saveCustomDataRecords(input: {
    dryRun: true
${input}
  }) {
    results { outcome errors { path message } }
${WHAT_WOULD_FOLLOW}
    userErrors { code message }
  }
}
`;
}

function letterTab(contact, variables) {
  const more = variables.find(({ path }) => !path.startsWith('contact.') && !path.includes('.contact_id.'));
  const known = more ? ` We know of you: {var=${more.path} default="nothing yet"}.` : '';
  return `# A text for a contact. Each value says where it
# comes from, and what is missing is named.
query Letter {
  renderTemplate(
    template: ${JSON.stringify(`Dear {var=contact.first_name default="friend"}!${known}`)}
    contact: {idContact: ${JSON.stringify(contact)}}
  ) {
    text missing
    values { path text isDefault record { idRecord } }
  }
}
`;
}
