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
    // Four letters are three bytes. A single letter that is left over, and a last letter of UTF-8 of
    // which bytes are missing, come from a cut: what stands before them can still be read.
    const whole = text.length % 4 === 1 ? text.slice(0, -1) : text;
    const bytes = Uint8Array.from(atob(whole.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
    const json = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    try {
      return { name, text, value: JSON.parse(json), problem: '' };
    } catch {
      return { name, text: json, value: null, problem: 'not JSON' };
    }
  } catch {
    return { name, text, value: null, problem: 'not UTF-8' };
  }
}

/** Header and claims as an unsigned token: for examples. */
export function encode(header, claims) {
  const part = (value) => btoa(JSON.stringify(value)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  return `${part(header)}.${part(claims)}.${'A'.repeat(86)}`;
}
