// PostGraphile as its manual sets it up for production: one process, Node's own HTTP server, no explorer.
import { createServer } from "node:http";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const { PEER_URL, PEER_POOL, PEER_FILTERS, PORT } = process.env;

// filters and aggregates are plugins of their own
const plugins = PEER_FILTERS
  ? [
      (await import("postgraphile-plugin-connection-filter")).PostGraphileConnectionFilterPreset,
      (await import("@graphile/pg-aggregates")).PgAggregatesPreset,
    ]
  : [];

const peer = postgraphile({
  extends: [PostGraphileAmberPreset, ...plugins],
  schema: PEER_FILTERS ? { connectionFilterRelations: true } : {},
  pgServices: [
    makePgService({ connectionString: PEER_URL, schemas: ["peer"], poolConfig: { max: Number(PEER_POOL) } }),
  ],
  grafserv: { graphiql: false, watch: false },
});
const server = createServer();
await peer.createServ(grafserv).addTo(server);
server.listen(Number(PORT), "127.0.0.1");
