import { parseArgs } from 'node:util';
import { colors } from '../render/colors.ts';
import { plainText } from '../render/plainText.ts';
import { projectFolder } from '../files/projectFolder.ts';
import type { Command, Terminal } from './command.ts';
import type { Diagnosis } from './diagnosis.ts';
import { chromiumDiagnosis, descriptorDiagnosis, detectorDiagnoses, nodeDiagnosis } from './machineDiagnoses.ts';
import { ownPackage } from '../assets/ownPackage.ts';
import { hasConfig } from './suiteFiles.ts';
import { playwrightDiagnoses, reporterDiagnoses, useDiagnoses } from './suiteDiagnoses.ts';

const USAGE = `Usage: leak doctor

Looks at this machine and at the project in this folder: versions of Node and Playwright, second copies of Playwright, whatever
takes the place of the reporter, which detectors run here and why not, the limit of open files, Chromium, and whether the suite
uses the reporter and the fixtures. Changes nothing. Exit code 1 when something would break.
`;

/** `leak doctor`: says what would keep the detection from working, and what to do about it. */
export const doctor: Command = {
  summary: 'say what works here, what does not, and why',
  usage: USAGE,
  run: async (args, terminal) => {
    parseArgs({ args: [...args], options: {} });
    const diagnoses = diagnose(terminal.cwd);
    terminal.out(diagnoses.map((diagnosis) => render(diagnosis, terminal)).join(''));
    const count = diagnoses.filter(({ state }) => state === 'broken').length;
    terminal.out(count === 0 ? '\nNothing here keeps leak from working.\n' : `\n${count} of these would break: see →\n`);
    return count === 0 ? 0 : 1;
  },
};

function diagnose(cwd: string): Diagnosis[] {
  const own = ownPackage();
  const folder = projectFolder(cwd);
  return [
    nodeDiagnosis(own),
    ...playwrightDiagnoses(folder, own),
    ...reporterDiagnoses(cwd, folder, own),
    ...useDiagnoses(hasConfig(cwd) ? cwd : folder),
    chromiumDiagnosis(folder),
    descriptorDiagnosis(),
    ...detectorDiagnoses(folder),
  ];
}

const SUBJECT_WIDTH = 12;

function render(diagnosis: Diagnosis, { color }: Terminal): string {
  const paint = colors(color);
  const marks = { fine: paint.green('ok   '), note: paint.yellow('note '), broken: paint.red('BREAK') };
  const indent = ' '.repeat(SUBJECT_WIDTH + 7);
  const line = `${marks[diagnosis.state]}  ${diagnosis.subject.padEnd(SUBJECT_WIDTH)}${plainText(diagnosis.detail, 1000)}\n`;
  return diagnosis.state === 'fine' ? line : `${line}${indent}→ ${plainText(diagnosis.remedy, 1000)}\n`;
}
