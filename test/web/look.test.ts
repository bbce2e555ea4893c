import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const css = readFileSync('web/src/styles/tokens.css', 'utf8')

/** The custom properties of one block of the stylesheet. */
function tokens(from: string): Readonly<Record<string, string>> {
  const block = css.slice(css.indexOf(from)).split('}')[0] ?? ''
  return Object.fromEntries(
    [...block.matchAll(/--([a-z-]+):\s*(#[0-9a-f]{6})/g)].map(([, name, value]) => [name, value]),
  )
}

function luminance(colour: string): number {
  const channel = (at: number): number => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

function contrast(a = '#000000', b = '#000000'): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].toSorted((x, y) => x - y)
  return (high + 0.05) / (low + 0.05)
}

const themes = { dark: tokens(':root {'), light: tokens(":root[data-theme='light'] {") }

describe.each(Object.entries(themes))('the %s colours', (_, theme) => {
  test.each(['text', 'muted', 'up', 'down', 'simulated'])('%s can be read on every surface', (name) => {
    expect(contrast(theme[name], theme['background'])).toBeGreaterThanOrEqual(4.5)
    expect(contrast(theme[name], theme['panel'])).toBeGreaterThanOrEqual(4.5)
  })

  test('an attention block has dark text that can be read on it', () => {
    expect(contrast(theme['on-attention'], theme['attention'])).toBeGreaterThanOrEqual(7)
  })

  test('the focus ring stands out from the background by three to one', () => {
    expect(contrast(theme['focus'], theme['background'])).toBeGreaterThanOrEqual(3)
  })
})

describe('the stylesheets', () => {
  test('use the attention colour for filled blocks and hatches, never for text', () => {
    const all = ['base', 'shell', 'panels', 'tables', 'overlays', 'phone']
      .map((name) => readFileSync(`web/src/styles/${name}.css`, 'utf8'))
      .join('\n')

    expect(all).not.toMatch(/[^-]color:\s*var\(--attention\)/)
  })

  test('light by choice and light by the system are the same colours', () => {
    const bySystem = css.slice(css.indexOf('prefers-color-scheme: light'))
    for (const [name, value] of Object.entries(themes.light))
      expect(bySystem).toContain(`--${name}: ${value}`)
  })
})
