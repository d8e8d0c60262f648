/** Decodes a JWT in the browser: as much of it as can be read, never repaired, and nothing is sent anywhere. */

/**
 * @typedef {{name: string, text: string, value: any, problem: string}} Segment
 * @param {string} token
 * @returns {{segments: Segment[], problem: string}}
 */
export function decode(token) {
  const parts = token.trim().split('.');
  const segments = parts.slice(0, 2).map((text, index) => segment(['Header', 'Claims'][index], text));
  const problem = parts.length === 3 ? '' : `It has ${parts.length} segment${parts.length === 1 ? '' : 's'}, not three.`;
  return { segments, problem };
}

function segment(name, text) {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return { name, text, value: null, problem: 'not base64url' };
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
    const json = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    try {
      return { name, text, value: JSON.parse(json), problem: '' };
    } catch {
      return { name, text: json, value: null, problem: 'not JSON' };
    }
  } catch {
    return { name, text, value: null, problem: 'cut off, or not UTF-8' };
  }
}

/** Header and claims as an unsigned token: for examples. */
export function encode(header, claims) {
  const part = (value) => btoa(JSON.stringify(value)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  return `${part(header)}.${part(claims)}.${'A'.repeat(86)}`;
}
