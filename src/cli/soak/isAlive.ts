/** Whether a process of this user has the pid. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // Gone, or somebody else's, which then is no soak of this user.
    return false;
  }
}
