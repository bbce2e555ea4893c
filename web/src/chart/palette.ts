/** The colours of the page, read from its custom properties, so that the canvas and the page never differ. */
export interface Palette {
  readonly background: string
  readonly line: string
  readonly text: string
  readonly muted: string
  readonly up: string
  readonly down: string
  readonly attention: string
  readonly simulated: string
}

export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element)
  const read = (name: string): string => style.getPropertyValue(`--${name}`).trim()
  return {
    background: read('background'),
    line: read('line'),
    text: read('text'),
    muted: read('muted'),
    up: read('up'),
    down: read('down'),
    attention: read('attention'),
    simulated: read('simulated'),
  }
}

/** A `#RRGGBB` colour at an opacity from 0 to 1. */
export function faded(colour: string, opacity: number): string {
  const channel = (at: number): number => Number.parseInt(colour.slice(at, at + 2), 16)
  return `rgba(${channel(1)}, ${channel(3)}, ${channel(5)}, ${opacity})`
}
