import { render } from 'preact'
import { thisBrowser } from './api/this-browser.ts'
import { App } from './components/app.tsx'
import { goTo } from './state/address.ts'
import { createPage } from './state/page.ts'
import './styles/index.css'

const root = document.getElementById('page')
if (root !== null) {
  const page = createPage(thisBrowser())
  goTo(page.view, location.pathname + location.search)
  render(<App page={page} />, root)
  void page.begin()
}
