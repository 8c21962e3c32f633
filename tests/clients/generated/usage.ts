// What a frontend does with the generated types. Lines that must not compile say so.
import type { Loyalty, VetPricing } from "./schema";
import type {
  KeepSegmentMutationVariables,
  LoyaltyChangedSubscription,
  MembersQuery,
  MembersQueryVariables,
  SaveLoyaltyMutationVariables,
  TiersQuery,
  TiersQueryVariables,
  UpdateLoyaltyMutationVariables,
  VetQuery,
  WatchMutationVariables,
} from "./types";

export const variables: MembersQueryVariables = {
  where: {
    tier: { in: ["gold", "silver"] },
    contact: { email: { endsWith: "@example.com" }, custom: { vetAssignment: { some: {} } } },
    since: { within: { this: "YEAR" } },
  },
  orderBy: [{ points: "DESC" }, { contact: { lastName: "ASC_NULLS_FIRST" } }],
};

// @ts-expect-error: no option of the field
export const tier: MembersQueryVariables = { where: { tier: { eq: "lead" } } };
// @ts-expect-error: no field of the definition
export const field: MembersQueryVariables = { where: { teir: { isNull: true } } };
// @ts-expect-error: exactly one field to order by
export const order: MembersQueryVariables = { orderBy: [{ points: "DESC", tier: "ASC" }] };

export function richest(found: MembersQuery): string | null | undefined {
  const [first] = found.custom.loyalty?.nodes ?? [];
  const points: number | null | undefined = first?.points;
  const vet = first?.contact?.custom.vetAssignment?.nodes[0]?.veto?.nom;
  return points && points > 100 ? vet : first?.pricing?.payable;
}

export const price = (found: VetQuery): string | null | undefined =>
  found.custom.veterinarianByKey?.vetPricing?.nodes[0]?.price;

export const label = (record: Loyalty | VetPricing): string => ("tier" in record ? (record.tier ?? "none") : record.id);

export const saved: SaveLoyaltyMutationVariables = {
  records: [{ contact: { email: "a@example.com" }, tier: "gold", points: null }, { contact: { idContact: "1" } }],
};
// @ts-expect-error: a contact is named by one identifier
export const both: SaveLoyaltyMutationVariables = { records: [{ contact: { email: "a", idContact: "1" } }] };

export const update: UpdateLoyaltyMutationVariables = {
  record: { contactId: "1" },
  data: { points: 2, tier: "silver" },
  ifVersion: 3,
};
// @ts-expect-error: a record is named by one identifier
export const none: UpdateLoyaltyMutationVariables = { record: {}, data: {} };

export const tiers: TiersQueryVariables = {
  groupBy: [{ tier: "VALUE" }, { since: "MONTH" }, { contact: { lang: "VALUE" } }],
  having: { count: { gte: 2 }, or: [{ sum: { points: { gt: 1000 } } }, { max: { since: { after: { this: "YEAR" } } } }] },
  orderBy: [{ sum: { points: "DESC" } }, { count: "ASC" }],
};
// @ts-expect-error: days are grouped by a unit
export const days: TiersQueryVariables = { groupBy: [{ since: "VALUE" }] };
// @ts-expect-error: no sum of texts
export const texts: TiersQueryVariables = { having: { sum: { tier: { gt: 1 } } } };

export const total = (found: TiersQuery): number =>
  (found.custom.loyaltyAggregate?.groups ?? []).reduce((sum, group) => sum + (group.sum.points ?? 0) + group.count, 0);

export const segment: KeepSegmentMutationVariables = {
  input: { name: "Gold", filter: { custom: { loyalty: { some: { tier: { eq: "gold" } } } }, customers: { some: {} } } },
};
export const trigger: WatchMutationVariables = {
  input: { name: "Gold", on: { loyalty: { tier: { eq: "gold" } } }, deliver: { url: "https://example.com" } },
};

export const gained = (seen: LoyaltyChangedSubscription): number =>
  (seen.loyaltyChanged.after?.points ?? 0) - (seen.loyaltyChanged.before?.points ?? 0);
