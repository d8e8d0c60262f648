// The same endpoint on Fastify with @fastify/jwt, the token in a cookie, as its documentation says.
import cookie from "@fastify/cookie";
import jwt from "@fastify/jwt";
import Fastify from "fastify";
import { body, port, secret, serve } from "./shared.mjs";

const app = Fastify();
app.register(cookie);
app.register(jwt, { secret, cookie: { cookieName: "token", signed: false } });
app.get("/api/me", { onRequest: (request) => request.jwtVerify() }, (request) =>
    body(request.user.sub),
);
await serve(() => app.listen({ port, host: "127.0.0.1" }));
