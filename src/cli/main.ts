#!/usr/bin/env node
import { wantsColor } from '../render/colors.ts';
import { dispatch } from './dispatch.ts';

const DEFAULT_COLUMNS = 100;
const { stdout, stderr } = process;

// `leak show | head` closes the pipe early, which is no fault.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

process.exitCode = await dispatch(process.argv.slice(2), {
  cwd: process.cwd(),
  env: process.env,
  get columns() {
    return stdout.columns > 0 ? stdout.columns : Number(process.env['COLUMNS']) || DEFAULT_COLUMNS;
  },
  get rows() {
    return stdout.isTTY && process.env['TERM'] !== 'dumb' ? stdout.rows : undefined;
  },
  color: wantsColor({ env: process.env, isTTY: stdout.isTTY }),
  out: (text) => void stdout.write(text),
  error: (text) => void stderr.write(text),
});
