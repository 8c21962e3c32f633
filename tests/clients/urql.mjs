// urql as its documentation sets it up, with and without its exchange for persisted queries.
import { Client, fetchExchange } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";

const { GATEWAY, KEY } = process.env;
const bodies = [];
const fetching = (url, init) => {
  bodies.push(init.body ? JSON.parse(init.body) : String(url));
  return fetch(url, init);
};
const client = (key, ...exchanges) =>
  new Client({
    url: GATEWAY, exchanges: [...exchanges, fetchExchange], fetch: fetching, preferGetMethod: false,
    fetchOptions: { headers: { authorization: `Bearer ${key}` } },
  });
const told = ({ data, error }) => ({ data, codes: error?.graphQLErrors.map((each) => each.extensions.code), network: error?.networkError?.message });

const SHOP = "query Shop { shop { idShop } }";
const plain = client(KEY);
const query = told(await plain.query(SHOP, {}).toPromise());
const mutation = told(await plain.mutation(
  "mutation($input: SaveProductsInput!) { saveProducts(input: $input) { created } }",
  { input: { products: [{ idProduct: "u", name: "U", price: "9.90", currency: "EUR" }] } },
).toPromise());
const invalid = told(await plain.query("{ nothing }", {}).toPromise());
const refused = told(await client("wrong").query(SHOP, {}).toPromise());

bodies.length = 0;
const persisting = () => client(KEY, persistedExchange({ preferGetForPersistedQueries: false }));
const persisted = told(await persisting().query(SHOP, {}).toPromise());
const registering = bodies.splice(0).map((body) => "query" in body);
await persisting().query(SHOP, {}).toPromise();
console.log(JSON.stringify({ query, mutation, invalid, refused, persisted, registering, again: bodies.map((body) => "query" in body) }));
