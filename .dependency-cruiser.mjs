/**
 * Who may import whom. The sentence of each rule is printed with `-T err-long`.
 * `src/tools/architecture.ts` runs this and also fails when fewer modules were seen than the tree has.
 */
const only = (from, allowed, comment) => ({
  name: `${from.replaceAll(/[^a-z]+/g, '-').replaceAll(/^-|-$/g, '')}-imports`,
  comment,
  severity: 'error',
  from: { path: `^${from}` },
  to: { pathNot: [`^${from}`, ...allowed] },
})

const NODE = '^node:|^(assert|async_hooks|buffer|child_process|crypto|events|fs|http|https|module|net|os|path|perf_hooks|process|stream|timers|url|util|v8|vm|worker_threads|zlib)(/|$)'
const PACKAGES = '^node_modules/'
const LIB = '^src/lib/'
const DOMAIN = '^src/domain/'

export default {
  forbidden: [
    { name: 'no-cycles', comment: 'A cycle has no first file to read.', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    { name: 'no-unresolved', comment: 'Every import names a file that is there.', severity: 'error', from: {}, to: { couldNotResolve: true } },
    only('src/lib/', [], 'lib knows nothing: it imports nothing.'),
    only('src/domain/', [LIB], 'The domain knows no threads, no clock and no package.'),
    only('src/gate/', [LIB, DOMAIN], 'The gate is pure: domain and lib.'),
    only('src/execution/', [LIB, DOMAIN], 'Execution decides, it does not act: domain and lib.'),
    only('src/desk/', [LIB, DOMAIN, '^src/gate/index', '^src/execution/index'], 'The desk knows an account; it sends nothing.'),
    only('src/dashboard/', [LIB, DOMAIN, '^src/wire/', '^src/store/index'], 'The dashboard turns rows into what a screen shows.'),
    only('src/wire/', [LIB, DOMAIN], 'The wire is what server and page say to each other, and nothing else.'),
    only('src/kernel/', [LIB, NODE], 'The kernel knows no trading and no package.'),
    only('src/feed/', [LIB, DOMAIN, NODE, PACKAGES], 'The feed reaches brokers through the port that it is given.'),
    only('src/brokers/', [LIB, DOMAIN, NODE, PACKAGES], 'A broker adapter knows the domain and its own wire.'),
    only('src/gateway/', [LIB, DOMAIN, NODE, PACKAGES], 'The simulated gateway never imports a client of it.'),
    only('src/store/', [LIB, DOMAIN, NODE, PACKAGES, '^migrations/'], 'The store keeps what it is given.'),
    only('src/server/', [LIB, DOMAIN, '^src/wire/', NODE, PACKAGES], 'The server reaches state through its ports.'),
    only('migrations/', [PACKAGES], 'A migration is SQL with a reason: it must not change when code does.'),
    only('web/', [LIB, DOMAIN, '^src/wire/', PACKAGES], 'The page knows the wire and the domain, never the server.'),
    {
      name: 'actors-know-no-packages',
      comment: 'Actors hold no Node and no package: they meet the outside through the front doors of src.',
      severity: 'error',
      from: { path: '^actors/' },
      to: { path: [NODE, PACKAGES] },
    },
    {
      name: 'actors-enter-by-the-front-door',
      comment: 'Outside domain, gate, execution, wire and lib an actor imports a folder only through its index.ts.',
      severity: 'error',
      from: { path: '^actors/' },
      // The order client has no front door on purpose: `orders-leave-through-the-executor` says who may hold it.
      to: { path: '^src/(kernel|feed|brokers|gateway|store|server|config|desk|dashboard)/', pathNot: '(/index|/order-client)\\.ts$' },
    },
    {
      name: 'actors-know-each-other-by-type',
      comment: 'One actor imports another by type only: at run time they hold refs.',
      severity: 'error',
      from: { path: '^actors/', pathNot: '^actors/supervisor\\.ts$' },
      to: { path: '^actors/', dependencyTypesNot: ['type-only'], pathNot: '^actors/(protocol|support)/' },
    },
    {
      name: 'orders-leave-through-the-executor',
      comment: 'The order client can move money: the executor alone may hold it.',
      severity: 'error',
      from: { pathNot: '^(actors/executor\\.ts$|src/brokers/|test/)' },
      to: { path: '^src/brokers/(order-desk|[a-z]+/order-client)\\.ts$' },
    },
    {
      name: 'brokers-do-not-know-each-other',
      comment: 'One broker never imports another.',
      severity: 'error',
      from: { path: '^src/brokers/([a-z]+)/' },
      to: { path: '^src/brokers/[a-z]+/', pathNot: '^src/brokers/$1/' },
    },
    {
      name: 'production-knows-no-tests',
      comment: 'Nothing that runs in production imports a test.',
      severity: 'error',
      from: { path: '^(src|actors|web|migrations)/' },
      to: { path: '^test/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    parser: 'swc',
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'], extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'] },
  },
}
