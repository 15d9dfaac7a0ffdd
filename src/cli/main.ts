#!/usr/bin/env node
import { wantsColor } from '../render/colors.ts';
import { screenColumns } from '../render/screenColumns.ts';
import { dispatch } from './dispatch.ts';
import { handleOutputErrors } from './outputErrors.ts';

const { stdout, stderr } = process;

handleOutputErrors(stdout, stderr, () => {
  process.exitCode = 1;
});

const exitCode = await dispatch(process.argv.slice(2), {
  cwd: process.cwd(),
  env: process.env,
  get columns() {
    return screenColumns(stdout.columns, process.env['COLUMNS']);
  },
  get rows() {
    return stdout.isTTY && process.env['TERM'] !== 'dumb' ? stdout.rows : undefined;
  },
  color: wantsColor({ env: process.env, isTTY: stdout.isTTY }),
  out: (text) => void stdout.write(text),
  error: (text) => void stderr.write(text),
});
// A write that failed has set it already.
if (exitCode !== 0) process.exitCode = exitCode;
