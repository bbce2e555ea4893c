import { Command, CommanderError } from 'commander'
import { registerGateway } from './gateway.ts'
import { registerStart } from './start.ts'

/** Bad input of any subcommand: the message names the value, the place and the rule. */
const BAD_INPUT = 2

/** `kael`: one file a subcommand. Exit codes: 0 done, 1 failed, 2 bad input. */
export async function runCli(argv: readonly string[]): Promise<void> {
  const program = new Command('kael')
    .description('Self-hosted trading intelligence: live scan, ICT engine, safety gate, dashboard.')
    .exitOverride()
    .showHelpAfterError('(see --help)')
  registerStart(program)
  registerGateway(program)
  // A subcommand made by `command()` does not inherit what its parent was told after it.
  for (const each of program.commands) each.exitOverride().showHelpAfterError('(see --help)')
  try {
    await program.parseAsync([...argv])
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    process.exitCode = error.exitCode === 0 ? 0 : BAD_INPUT
  }
}
