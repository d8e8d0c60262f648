import cluster from "node:cluster";

// What both servers are told by bench/overhttp.py, and the JSON that every stack answers with.
export const port = Number(process.env.BENCH_PORT);
export const secret = process.env.BENCH_SECRET;

export function body(sub) {
    return {
        id: sub,
        session_id: "hT4kPzq0WnVb2LrYc8sXdA",
        client_id: "web",
        scope: ["notes:read", "notes:write"],
        expires_at: "2030-01-01T00:00:00Z",
    };
}

// The first process only shares the connections out where others serve.
export function serve(start) {
    const processes = Number(process.env.BENCH_PROCESSES);
    if (processes === 1 || cluster.isWorker) return start();
    for (let n = 0; n < processes; n++) cluster.fork();
}
