import { createProgram } from 'sealgate/internal'
import { tableOf } from './markdown-table.ts'

export type Command = ReturnType<typeof createProgram>
type Option = Command['options'][number]

/** The program as it is typed; nothing is run. */
export function program(): Command {
  const nothing = (): never => {
    throw new Error('help runs nothing')
  }
  return createProgram({ run: nothing, say: nothing })
}

/** What docs/reference/cli.md says of each command: its own help, in Markdown. */
export function commandPages(): string {
  const root = program()
  const overview = tableOf(
    ['command', 'does'],
    root.commands.map((command) => [
      `[\`${command.name()}\`](#sealgate-${command.name()})`,
      command.summary(),
    ]),
  )
  const options = tableOf(
    ['option', 'meaning'],
    root.options.filter(({ long }) => long !== '--version').map((option) => rowOf(root, option)),
  )
  return [overview, `For every command:\n\n${options}`, ...root.commands.map(pageOf)].join('\n\n')
}

function pageOf(command: Command): string {
  const help = command.createHelp()
  const words = `sealgate ${command.name()}`
  const rows = [
    ...command.registeredArguments.map((argument) => [
      code(help.argumentTerm(argument)),
      argument.description,
    ]),
    ...command.options.map((option) => rowOf(command, option)),
  ]
  return [
    `## ${words}`,
    paragraphs(command.description()),
    ...(rows.length === 0 ? [] : [tableOf(['argument or option', 'meaning'], rows)]),
    ...notesOf(command),
  ].join('\n\n')
}

function rowOf(command: Command, option: Option): readonly string[] {
  return [code(option.flags), escaped(command.createHelp().optionDescription(option))]
}

/** What stands below the options of a command's help: sentences, and commands to type. */
function notesOf(command: Command): readonly string[] {
  const blocks = textAfterHelp(command)
    .trim()
    .split(/\n{2,}/)
  return blocks.flatMap((block) => {
    const [first = '', ...rest] = block.split('\n')
    if (!/^Examples?:$/.test(first)) return block.trim() === '' ? [] : [paragraphs(block)]
    const lines = rest.map((line) => line.trim().replaceAll(/(^|\| )sealgate /g, '$1npx sealgate '))
    return [`\`\`\`sh\n${lines.join('\n')}\n\`\`\``]
  })
}

/** commander has it as a listener: only whoever prints the help hears it. */
export function textAfterHelp(command: Command): string {
  let printed = ''
  const before = command.configureOutput()
  command.configureOutput({ ...before, writeOut: (text) => (printed += text) })
  command.outputHelp()
  command.configureOutput(before)
  return printed.slice(printed.indexOf(command.helpInformation()) + command.helpInformation().length)
}

/** Lines that were broken for a terminal flow again. */
function paragraphs(text: string): string {
  return text
    .trim()
    .split(/\n{2,}/)
    .map((one) => escaped(one.replaceAll('\n', ' ')))
    .join('\n\n')
}

/** `<name>` is no element. */
function escaped(text: string): string {
  return text.replaceAll('<', '&lt;')
}

function code(text: string): string {
  return `\`${text}\``
}
