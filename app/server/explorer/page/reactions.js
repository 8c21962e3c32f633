// GraphiQL's tabs for what follows from records: what a save would do, what happened, texts, triggers.

const VARIABLES = '{ templateVariables { path } }';
const TRIGGERS = '{ triggers { idTrigger } }';

const WHAT_HAPPENED = `# What happened to records and definitions lately, and
# what did it.
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

const AS_IT_HAPPENS = `# The same as it happens: run this, then save something
# in another tab or window.
subscription AsItHappens {
  customDataChanged {
    sequence kind
    definition { key }
    idRecord changedFields before after
  }
}
`;

const TRIGGERS_AND_DELIVERIES = `# Who is told of what, and what was told or could not be.
query TriggersAndDeliveries {
  triggers { idTrigger name when transition enabled broken deliver { url } }
  webhookDeliveries(last: 10) {
    nodes { status attempts lastStatus lastError eventId nextAttemptAt body }
  }
}
`;

/** Of a shop with definitions. `save` is the tab that saves, if there is one; `contact` an id, if there is a contact. */
export async function reactionTabs(ask, save, contact) {
  const [{ data: named }, { data: automated }] = await Promise.all([VARIABLES, TRIGGERS].map(ask));
  return [
    save && dryRunTab(save),
    WHAT_HAPPENED,
    AS_IT_HAPPENS,
    contact && letterTab(contact, named?.templateVariables ?? []),
    automated && TRIGGERS_AND_DELIVERIES,
  ].filter(Boolean);
}

/** The same save, tried. */
function dryRunTab(save) {
  const [, input] = save.match(/saveCustomDataRecords\(input: \{\n([^]*?)\n {2}\}\)/);
  return `# What would the save of the tab before this one do?
# Nothing is written.
mutation DryRun {
  saveCustomDataRecords(input: {
    dryRun: true
${input}
  }) {
    results { outcome errors { path message } }
    dryRun {
      triggers { totalCount { count } nodes { kind changedFields trigger { name } } }
      prices {
        totalCount { count isExact }
        nodes { contact { email } product { name } before after }
      }
    }
    userErrors { code message }
  }
}
`;
}

function letterTab(contact, variables) {
  const more = variables.find(({ path }) => !path.startsWith('contact.') && !path.includes('.contact_id.'));
  const known = more ? ` We know of you: {var=${more.path} default="nothing yet"}.` : '';
  return `# A text for a contact. Each value says where it comes
# from, and what is missing is named.
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
