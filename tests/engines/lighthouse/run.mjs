/**
 * node run.mjs PORT URL: one Lighthouse run in the browser whose debugging port this is; prints its scores and what lowered them.
 * The browser keeps its cookies, so that a page can be judged as somebody who is signed in sees it.
 */
import lighthouse, { desktopConfig } from 'lighthouse';

const [port, url] = process.argv.slice(2);
const config = {
  ...desktopConfig,
  settings: {
    ...desktopConfig.settings,
    throttlingMethod: 'provided', // a simulated network would be a guess about a page that comes from this machine
    onlyCategories: ['performance', 'accessibility', 'best-practices', 'seo'],
    disableStorageReset: true,
    maxWaitForLoad: 20_000,
  },
};
const { lhr } = await lighthouse(url, { port: Number(port), logLevel: 'error', output: 'json' }, config);
const scores = {};
for (const [name, category] of Object.entries(lhr.categories)) {
  const lowered = category.auditRefs.filter(({ id, weight }) => weight && (lhr.audits[id].score ?? 1) < 1);
  scores[name] = {
    score: Math.round(category.score * 100),
    lowered: lowered.map(({ id }) => `${id}: ${lhr.audits[id].displayValue ?? lhr.audits[id].title}`),
  };
}
console.log(JSON.stringify({ at: lhr.finalDisplayedUrl, error: lhr.runtimeError?.message ?? null, scores }));
