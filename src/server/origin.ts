import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'

/** Which host names and origins are ours. */
export interface OriginRules {
  /** Why the Host header is not one of ours, or undefined. */
  faultOfHost(host: string | undefined): string | undefined
  /** Why the request does not come from our own page, or undefined. Missing headers are a fault. */
  faultOfOrigin(headers: IncomingHttpHeaders): string | undefined
}

/**
 * A host name is ours when it is an address literal, `localhost`, the name we bind to, or that of `publicOrigin`.
 * Any other name could be a stranger's that was pointed at this machine after his page was loaded.
 */
export function createOriginRules(bind: string, publicOrigin: string | undefined): OriginRules {
  const outside = publicOrigin === undefined ? undefined : new URL(publicOrigin)

  function faultOfHost(host: string | undefined): string | undefined {
    const name = host === undefined ? undefined : nameOf(host)
    if (name === undefined) return 'the Host header is a name or address and a port'
    const isOurs =
      isIP(name) !== 0 || name === 'localhost' || name === bind.toLowerCase() || name === outside?.hostname
    return isOurs ? undefined : `the Host header ${name} is not a name of this server`
  }

  function faultOfOrigin(headers: IncomingHttpHeaders): string | undefined {
    const { origin, host } = headers
    const fetchSite = headers['sec-fetch-site']
    if (origin === undefined) return 'the Origin header is there'
    const expected =
      outside !== undefined && host?.toLowerCase() === outside.host ? outside.origin : `http://${host}`
    if (origin.toLowerCase() !== expected.toLowerCase()) return `the Origin header is ${expected}`
    // Browsers leave it out on plain http to another machine, and other programs do not know it.
    if (fetchSite !== undefined && fetchSite !== 'same-origin') return 'Sec-Fetch-Site is same-origin'
    return undefined
  }

  return { faultOfHost, faultOfOrigin }
}

function nameOf(host: string): string | undefined {
  const match = /^(?:\[([\dA-Fa-f:.]+)\]|([\w.-]+))(?::\d{1,5})?$/.exec(host)
  return (match?.[1] ?? match?.[2])?.toLowerCase()
}
