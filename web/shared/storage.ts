/** Storage: what the browser keeps; some browsers refuse it to pages that are opened from disk. */

/** Reads a text; null if there is none or nothing may be read. */
export function readStored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Keeps a text; tells whether that was possible. */
export function store(key: string, value: string): boolean {
  try {
    localStorage.setItem(key, value);
    return true;
  } catch {
    return false;
  }
}
