// npm graphql-ws, the protocol's own client.
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const { GATEWAY, KEY } = process.env;
const url = GATEWAY.replace("http", "ws");
const client = (connectionParams, more = {}) =>
  createClient({ url, webSocketImpl: WebSocket, connectionParams, retryAttempts: 0, ...more });

const results = (from, payload) =>
  new Promise((resolve) => {
    const seen = [];
    from.subscribe(payload, {
      next: (result) => seen.push(result),
      error: (error) => resolve({ seen, failed: Array.isArray(error) ? error.map((each) => each.extensions.code) : error.code }),
      complete: () => resolve({ seen }),
    });
  });

const good = client({ "spm-api-key": KEY }, { keepAlive: 50 });
const query = await results(good, { query: "{ shop { idShop } }" });
const mutation = await results(good, {
  query: "mutation($input: SaveProductsInput!) { saveProducts(input: $input) { created } }",
  variables: { input: { products: [{ idProduct: "w", name: "W", price: "9.90", currency: "EUR" }] } },
});
const subscription = await results(good, { query: "subscription { ping(times: 3) }" });
const invalid = await results(good, { query: "{ nothing }" });
const stopped = [];
for await (const result of good.iterate({ query: "subscription { ping(times: 600) }" })) {
  stopped.push(result.data.ping);
  if (stopped.length === 2) break;
}
const afterwards = await results(good, { query: "{ __typename }" });
await good.dispose();
const bearer = await results(client(() => ({ Authorization: `Bearer ${KEY}` })), { query: "{ __typename }" });
const refused = await results(client({ "spm-api-key": "wrong" }), { query: "{ __typename }" });
console.log(JSON.stringify({ query, mutation, subscription, invalid, stopped, afterwards, bearer, refused }));
process.exit(0);
