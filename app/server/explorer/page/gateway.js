// Asking the gateway, which answers at the address of this very page.

const TYPES = { 'content-type': 'application/json', accept: 'application/graphql-response+json, application/json' };

/**
 * The answer to a GraphQL request, always as {status, data, errors}: what is no answer becomes an error that says so.
 * The key travels as a bearer, so that a contact token does as well; headers given win over ours.
 */
export async function askGateway(key, request, headers = {}) {
  let response, text;
  try {
    response = await fetch(location.pathname, {
      method: 'POST',
      headers: { ...TYPES, ...credentials(key, headers) },
      body: JSON.stringify(request),
      credentials: 'omit',
      redirect: 'error',
    });
    text = await response.text();
  } catch (error) {
    const unsendable = error instanceof TypeError && /ByteString|ISO-8859|header/i.test(error.message);
    return problem(0, unsendable
      ? 'This key or header holds characters that cannot be sent. A key has only letters, digits, _ and -.'
      : 'The gateway cannot be reached. Is it still running?');
  }
  try {
    return { ...JSON.parse(text), status: response.status };
  } catch {
    return problem(response.status, `The answer (status ${response.status}) is not JSON: ${text.slice(0, 200)}`);
  }
}

/** The key of the bar, unless the headers given name another one; and those headers, in lower case. */
export function credentials(key, headers = {}) {
  const given = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return 'spm-api-key' in given ? given : { authorization: `Bearer ${key}`, ...given };
}

function problem(status, message) {
  return { status, errors: [{ message }] };
}
