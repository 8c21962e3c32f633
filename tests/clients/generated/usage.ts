// What a frontend does with the generated types. Lines that must not compile say so.
import type { Loyalty, VetPricing } from "./schema";
import type { MembersQuery, MembersQueryVariables, SaveLoyaltyMutationVariables, VetQuery } from "./types";

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
