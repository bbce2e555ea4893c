export { SHOWN_STATES, type Shown, type ShownState, derive, unknown } from './shown.ts'
export type * from './stream.ts'
export type * from './views.ts'
