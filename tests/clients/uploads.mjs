// Files by apollo-upload-client and by urql's own exchange, as their documentations set them up.
import { ApolloClient, InMemoryCache, gql } from "@apollo/client";
import UploadHttpLink from "apollo-upload-client/UploadHttpLink.mjs";
import { Client, fetchExchange } from "@urql/core";

const { GATEWAY, KEY } = process.env;
const headers = { authorization: `Bearer ${KEY}` };
const PRODUCTS = "mutation In($input: ImportProductsInput!) { importProducts(input: $input) { read created unchanged rejected rejects { line errors { code } } userErrors { code } } }";
const products = (...rows) => new File([["idProduct,name,price", ...rows].join("\n")], "products.csv", { type: "text/csv" });

const apollo = new ApolloClient({ link: new UploadHttpLink({ uri: GATEWAY, headers: { ...headers, "Apollo-Require-Preflight": "true" } }), cache: new InMemoryCache() });
const mutate = async (file) => (await apollo.mutate({ mutation: gql(PRODUCTS), variables: { input: { file, format: "CSV" } } })).data;

const urql = new Client({ url: GATEWAY, exchanges: [fetchExchange], preferGetMethod: false, fetchOptions: { headers } });
const people = new Blob([Array.from({ length: 40000 }, (_, n) => JSON.stringify({ idCustomer: `c${n}`, firstName: "x".repeat(190) })).join("\n")]);
const { data, error } = await urql.mutation(
  "mutation($file: Upload!) { importCustomers(input: { file: $file, format: JSONL, dryRun: true }) { read created dryRun } }", { file: people },
).toPromise();

console.log(JSON.stringify({
  first: await mutate(products("u1,U,9.90", "u2,U,dear")), again: await mutate(products("u1,U,9.90")),
  people: data, failed: error?.message, bytes: people.size,
}));
