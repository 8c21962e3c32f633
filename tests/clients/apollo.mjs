// Apollo Client 4 as its documentation sets it up: HttpLink, and the link for automatic persisted queries.
import { createHash } from "node:crypto";
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, ServerError, gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";

const { GATEWAY, KEY } = process.env;
const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const requests = [];

const fetching = async (url, init) => {
  const response = await fetch(url, init);
  requests.push({ method: init.method, hasQuery: (init.body ?? url).includes("query Shop"), status: response.status });
  return response;
};
const client = (headers, ...links) =>
  new ApolloClient({
    cache: new InMemoryCache(),
    link: ApolloLink.from([...links, new HttpLink({ uri: GATEWAY, headers, fetch: fetching })]),
  });
const kind = (error) =>
  CombinedGraphQLErrors.is(error) ? error.errors.map((each) => each.extensions.code) : ServerError.is(error) ? error.statusCode : String(error);
const failing = (promise) => promise.then((done) => done, (error) => ({ failed: kind(error) }));

const SHOP = gql`query Shop { shop { idShop name } }`;
const SAVE = gql`
  mutation Save($input: SaveProductsInput!) {
    saveProducts(input: $input) { created userErrors { code } }
  }`;

const plain = client({ "spm-api-key": KEY });
const query = await plain.query({ query: SHOP });
const mutation = await plain.mutate({ mutation: SAVE, variables: { input: { products: [{ idProduct: "a", name: "A", price: "9.90", currency: "EUR" }] } } });
const invalid = await failing(plain.query({ query: gql`query Wrong { nothing }` }));
const partial = await plain.query({
  query: gql`query Partial { shop { idShop } customDataRecords(definition: "none") { totalCount { count } } }`,
  errorPolicy: "all",
});
const refused = await failing(client({ "spm-api-key": "wrong" }).query({ query: SHOP }));

requests.length = 0;
const link = new PersistedQueryLink({ sha256, useGETForHashedQueries: true });
const persisted = await client({ "spm-api-key": KEY }, link).query({ query: SHOP });
const registering = requests.splice(0);
await client({ "spm-api-key": KEY }, link).query({ query: SHOP });

console.log(JSON.stringify({
  query: query.data, mutation: mutation.data, invalid, partial: { data: partial.data, failed: kind(partial.error) }, refused,
  persisted: persisted.data, registering, again: requests,
}));
client({}).stop();
