/** What the name of an account says of its place: a sub-account ends in `-SUB-` and its own part. */
export interface AccountFamily {
  readonly parentName: string | null
  readonly subName: string | null
}

const SUB_ACCOUNT = /^(?<parent>.+)-(?<own>SUB-.+)$/i

/** `PRAC-V2-645001-11-SUB-01` is the sub-account `SUB-01` of `PRAC-V2-645001-11`; any other name stands alone. */
export function familyOf(name: string): AccountFamily {
  const groups = SUB_ACCOUNT.exec(name)?.groups
  return { parentName: groups?.['parent'] ?? null, subName: groups?.['own'] ?? null }
}
