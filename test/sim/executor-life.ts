/**
 * What belongs to one incarnation of the executor. A crash cuts all of it off at once, as the end of its thread does:
 * what is on the wire arrives, what comes back finds nobody, a statement under way is lost.
 */
import type { ExecutorPorts } from '../../actors/executor.ts'
import { createSession, createUserHub, openGateway } from '../../src/brokers/index.ts'
import { createOrderClient } from '../../src/brokers/topstepx/order-client.ts'
import type { ExchangeSide } from './exchange-side.ts'
import { type StoreSurroundings, type Tables, memoryExecutorStore } from './memory-store.ts'

export interface ExecutorLives {
  readonly ports: ExecutorPorts
  /** Ends the present incarnation's part in the world. */
  cut(): void
}

interface Life {
  isOver: boolean
  readonly atEnd: (() => void)[]
}

const NEVER = new Promise<never>(() => undefined)

export function executorLives(side: ExchangeSide, tables: Tables, around: StoreSurroundings): ExecutorLives {
  let life: Life = { isOver: false, atEnd: [] }

  /** Nothing begins and nothing comes back after the end. */
  function mortal<Args extends unknown[], T>(
    run: (...args: Args) => Promise<T>,
  ): (...args: Args) => Promise<T> {
    const own = life
    return async (...args) => {
      if (own.isOver) return NEVER
      const result = await run(...args)
      return own.isOver ? NEVER : result
    }
  }

  const ports: ExecutorPorts = {
    // The first thing that an incarnation does.
    openStore(_url, { route }) {
      life = { isOver: false, atEnd: [] }
      return memoryExecutorStore(tables, route, { ...around, delay: mortal(around.delay) })
    },
    openGateway: (options) => openGateway({ ...options, send: mortal(side.send), pause: mortal(side.pause) }),
    createSession,
    createOrderClient,
    createUserHub(options) {
      const own = life
      const heard = Object.entries(options.events).map(
        ([name, hear]: [string, (...args: never[]) => void]) => [
          name,
          (...args: never[]) => {
            if (!own.isOver) hear(...args)
          },
        ],
      )
      const hub = createUserHub({
        ...options,
        pause: side.pause,
        openLink: side.openLink('user'),
        events: Object.fromEntries(heard) as typeof options.events,
      })
      own.atEnd.push(() => void hub.stop())
      return hub
    },
  }

  return {
    ports,
    cut() {
      life.isOver = true
      for (const end of life.atEnd) end()
    },
  }
}
