// The same endpoint on Express with jsonwebtoken. The secret is a KeyObject: as a string it would
// be prepared again for each token, which is no fair comparison.
import { createSecretKey } from "node:crypto";
import express from "express";
import jwt from "jsonwebtoken";
import { body, port, secret, serve } from "./shared.mjs";

const key = createSecretKey(Buffer.from(secret));
const app = express();
app.get("/api/me", (request, response) => {
    const token = /(?:^|; )token=([^;]*)/.exec(request.headers.cookie ?? "")?.[1];
    try {
        const claims = jwt.verify(token, key, { algorithms: ["HS256"] });
        response.json(body(claims.sub));
    } catch {
        response.status(401).json({ code: "invalid_token" });
    }
});
serve(() => app.listen(port, "127.0.0.1"));
