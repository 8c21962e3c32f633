// The GraphQL over HTTP audits of npm graphql-http. They know no key: the fetch they are given adds it.
import { serverAudits } from "graphql-http";

const { GATEWAY, KEY } = process.env;

const fetchFn = (url, init = {}) => {
  const headers = new Headers(init.headers);
  headers.set("spm-api-key", KEY);
  return fetch(url, { ...init, headers });
};

const results = [];
for (const audit of serverAudits({ url: GATEWAY, fetchFn })) {
  const { id, name, status, reason } = await audit.fn();
  results.push({ id, name, status, reason });
}
console.log(JSON.stringify(results));
