import { MICROS_PER_DOLLAR } from '../../domain/index.ts'
import type { ListedContract } from '../contracts.ts'
import type { JsonObject } from '../wire.ts'
import { type Endpoint, type Scene, envelope, succeeded } from './endpoint.ts'

const CONTRACT_NOT_FOUND = 1
const SEARCH_RESULTS_MAX = 20

/** What is traded (projectx-gateway 2.2). With `live: true` there is no data subscription: an empty list, no error. */
export const CONTRACT_ENDPOINTS: readonly Endpoint[] = [
  {
    path: '/api/Contract/search',
    fields: { searchText: 'string?', live: 'boolean?' },
    run(scene, body) {
      const text = (body.stringOrNull('searchText') ?? '').trim().toLowerCase()
      const found = body.boolean('live')
        ? []
        : activeFirst(scene).filter((each) => searched(each).includes(text))
      return {
        contracts: found.slice(0, SEARCH_RESULTS_MAX).map((each) => contractRecord(scene, each)),
        ...succeeded(),
      }
    },
  },
  {
    path: '/api/Contract/searchById',
    fields: { contractId: 'string' },
    run(scene, body) {
      const found = scene.listing.find(body.string('contractId'))
      return found === undefined
        ? { contract: null, ...envelope(CONTRACT_NOT_FOUND, null) }
        : { contract: contractRecord(scene, found), ...succeeded() }
    },
  },
  {
    path: '/api/Contract/available',
    fields: { live: 'boolean?' },
    run(scene, body) {
      // A live reply held active contracts only.
      const active = body.boolean('live') ? [] : activeFirst(scene).filter((each) => scene.isFront(each))
      return { contracts: active.map((each) => contractRecord(scene, each)), ...succeeded() }
    },
  },
]

function activeFirst(scene: Scene): readonly ListedContract[] {
  const listed = scene.listing.listedAt(scene.now)
  return [...listed.filter((each) => scene.isFront(each)), ...listed.filter((each) => !scene.isFront(each))]
}

/** A search is a substring match: "NQ" also finds MNQ. */
function searched({ id, name, description }: ListedContract): string {
  return `${id} ${name} ${description}`.toLowerCase()
}

function contractRecord(scene: Scene, contract: ListedContract): JsonObject {
  const { instrument } = contract
  return {
    id: contract.id,
    name: contract.name,
    description: contract.description,
    tickSize: instrument.tickSize,
    tickValue: instrument.tickValue / MICROS_PER_DOLLAR,
    activeContract: scene.isFront(contract),
    symbolId: instrument.symbolId,
  }
}
