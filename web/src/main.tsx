import { render } from 'preact'
import { thisBrowser } from './api/this-browser.ts'
import { App } from './components/app.tsx'
import { createPage } from './state/page.ts'
import './styles/index.css'

const root = document.getElementById('page')
if (root !== null) {
  const page = createPage(thisBrowser())
  render(<App page={page} />, root)
  void page.begin()
}
