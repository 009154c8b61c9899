import { Help, type HelpConfiguration } from 'commander'

const OFF = / \(default: (?:false|\[\])\)$/

/** How every command prints its help. That a switch is off until it is typed goes without saying. */
export const HELP_STYLE: HelpConfiguration = {
  showGlobalOptions: true,
  optionDescription: (option) => new Help().optionDescription(option).replace(OFF, ''),
}
