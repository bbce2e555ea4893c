import type { ChartObject } from '../../../src/domain/index.ts'
import type { KillZoneTime } from './kill-zones.ts'
import type { Space } from './layer.ts'
import { faded } from './palette.ts'

/*
 * Every object is drawn from known-at, where the trader could first have seen it; where it formed is a small tick.
 * What was filled, swept or broken stays, fainter: nothing on the chart is taken back.
 */

/** No filled area hides a candle. */
const OPACITY_MAX = 0.12
const OPACITY_ENDED = 0.04
const FONT = '10px system-ui, sans-serif'

/** The hours in which setups count, behind everything else, with their name at the bottom edge. */
export function drawKillZones(space: Space, zones: readonly KillZoneTime[]): void {
  const { context, height, palette } = space
  context.font = FONT
  for (const each of zones) {
    const from = space.x(each.from)
    const to = space.x(each.to)
    if (to <= from || to < 0 || from > space.width) continue
    context.fillStyle = faded(palette.muted, 0.06)
    context.fillRect(from, 0, to - from, height)
    if (to - from < context.measureText(each.label).width + 8) continue
    context.fillStyle = faded(palette.muted, 0.9)
    space.write(each.label, Math.max(4, from + 4), height - 4, 'bottom')
  }
}

/** Highs and lows where stops rest: a line from known-at until they are taken. */
export function drawPools(space: Space, objects: readonly ChartObject[]): void {
  const { context, palette } = space
  context.font = FONT
  context.lineWidth = 1
  for (const each of objects) {
    if (each.kind !== 'session') continue
    const level = space.y(each.direction === 1 ? each.top : each.bottom)
    const from = space.x(each.knownAt)
    const to = endOf(space, each)
    if (level === null || to < 0 || from > space.width) continue
    const isOver = each.endedAt !== null
    context.strokeStyle = faded(palette.muted, isOver ? 0.25 : 0.7)
    context.setLineDash([2, 4])
    line(context, from, level, to, level)
    context.setLineDash([])
    const width = context.measureText(each.label).width
    if (isOver || to - from < width + 8) continue
    context.fillStyle = palette.muted
    space.write(each.label, Math.max(from, 0) + 4, level - 2, 'bottom')
  }
}

export function drawZones(space: Space, objects: readonly ChartObject[]): void {
  const { context, palette } = space
  context.font = FONT
  for (const each of objects) {
    if (each.kind !== 'fvg') continue
    const top = space.y(each.top)
    const bottom = space.y(each.bottom)
    const from = space.x(each.knownAt)
    const to = endOf(space, each)
    if (top === null || bottom === null || to < 0 || from > space.width) continue
    const colour = each.direction === 1 ? palette.up : palette.down
    const isOver = each.endedAt !== null
    context.fillStyle = faded(colour, isOver ? OPACITY_ENDED : OPACITY_MAX)
    context.fillRect(from, top, to - from, Math.max(1, bottom - top))
    const formed = space.x(each.formedAt)
    context.fillStyle = faded(colour, isOver ? 0.25 : 0.6)
    context.fillRect(formed - 0.5, top, 1, Math.max(1, bottom - top))
    context.fillRect(from, top, 1, Math.max(1, bottom - top))
    if (isOver || bottom - top < 11) continue
    space.write(each.label, Math.max(from, 0) + 5, (top + bottom) / 2, 'middle')
  }
}

export function drawStructure(space: Space, objects: readonly ChartObject[]): void {
  const { context } = space
  context.font = FONT
  for (const each of objects) {
    if (each.kind === 'bos' || each.kind === 'choch') drawBreak(space, each)
    else if (each.kind === 'sweep') drawSweep(space, each)
    else if (each.kind === 'swing') drawSwing(space, each)
  }
}

/** From the swing that was broken to the close that broke it, with its word in the middle. */
function drawBreak(space: Space, each: ChartObject): void {
  const { context } = space
  const level = space.y(each.direction === 1 ? each.top : each.bottom)
  const [from, to] = [space.x(each.formedAt), space.x(each.knownAt)]
  if (level === null || to < 0 || from > space.width) return
  const colour = colourOf(space, each)
  const isInternal = each.degree === 'internal'
  context.strokeStyle = faded(colour, isInternal ? 0.45 : 0.8)
  context.lineWidth = 1
  context.setLineDash(isInternal ? [2, 3] : each.kind === 'choch' ? [5, 3] : [])
  line(context, from, level, to, level)
  context.setLineDash([])
  const width = context.measureText(each.label).width
  if (to - from < width + 4) return
  context.fillStyle = faded(colour, isInternal ? 0.6 : 0.95)
  const isUp = each.direction === 1
  space.write(each.label, (from + to - width) / 2, level + (isUp ? -2 : 3), isUp ? 'bottom' : 'top')
}

/** The level that was taken, and a cross on the bar that took it. */
function drawSweep(space: Space, each: ChartObject): void {
  const { context } = space
  const level = space.y(each.direction === 1 ? each.bottom : each.top)
  const [from, to] = [space.x(each.formedAt), space.x(each.knownAt)]
  if (level === null || to < 0 || from > space.width) return
  const colour = colourOf(space, each)
  context.strokeStyle = faded(colour, 0.75)
  context.lineWidth = 1
  context.setLineDash([1, 2])
  line(context, from, level, to, level)
  context.setLineDash([])
  line(context, to - 3, level - 3, to + 3, level + 3)
  line(context, to - 3, level + 3, to + 3, level - 3)
  context.fillStyle = faded(colour, 0.95)
  space.write(sweepLabel(each.label), to + 6, level, each.direction === 1 ? 'top' : 'bottom')
}

/** A hollow point at the extreme and a thread to the bar at which it was known. */
function drawSwing(space: Space, each: ChartObject): void {
  const { context, palette } = space
  const isHigh = each.direction === 1
  const level = space.y(isHigh ? each.top : each.bottom)
  const [from, to] = [space.x(each.formedAt), space.x(each.knownAt)]
  if (level === null || to < 0 || from > space.width) return
  const radius = each.degree === 'external' ? 3 : 2
  const y = level + (isHigh ? -6 : 6)
  context.strokeStyle = faded(palette.muted, 0.9)
  context.lineWidth = 1
  context.beginPath()
  context.arc(from, y, radius, 0, 2 * Math.PI)
  context.stroke()
  context.strokeStyle = faded(palette.muted, 0.3)
  line(context, from + radius, y, to, y)
  context.fillStyle = faded(palette.muted, 0.9)
  space.write(each.label, from + 5, y, 'middle')
}

/** Which swing it was, the line shows; a named pool keeps its name. */
function sweepLabel(label: string): string {
  return label.replace(/^(internal|external) swing (high|low) /, '')
}

function colourOf({ palette }: Space, each: ChartObject): string {
  return each.direction === 1 ? palette.up : palette.down
}

function endOf(space: Space, each: ChartObject): number {
  return each.endedAt === null ? space.width : space.x(each.endedAt)
}

function line(context: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  context.beginPath()
  // Half a pixel: a line of one pixel is sharp only there.
  context.moveTo(Math.round(x1) + 0.5, Math.round(y1) + 0.5)
  context.lineTo(Math.round(x2) + 0.5, Math.round(y2) + 0.5)
  context.stroke()
}
