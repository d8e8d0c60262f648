import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';

const gatehouse = fileURLToPath(new URL('../../accounts/static/gatehouse', import.meta.url));
// The server must see the page's own host, so that the page's requests are of its own origin.
const proxied = { target: process.env.SERVER ?? 'http://localhost:8000', changeOrigin: false };

export default defineConfig({
  plugins: [vue()],
  resolve: { alias: { gatehouse } },
  server: { proxy: { '/api': proxied, '/auth': proxied }, fs: { allow: ['.', gatehouse] } },
});
