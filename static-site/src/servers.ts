/**
 * Checks whether the API and the video server answer, while the user fills in
 * the join form: it is better to know before pressing Join.
 */
import type { Api } from "./api";
import type { Problem } from "./result";
import { type VideoServer, certificatePage, openPage } from "./video-server";

interface Options {
  /** Null if unknown, then nothing is checked. */
  readonly videoServer: VideoServer | null;
  readonly api: Pick<Api, "check">;
  /** Whether the browser believes that it has a network. */
  readonly online: boolean;
  readonly patienceMs?: number;
}

/** For how many milliseconds to wait for the video server. */
const patience = 8_000;

/** What is wrong with the servers; null if that is not known. */
export async function checkServers({
  videoServer,
  api,
  online,
  patienceMs = patience,
}: Options): Promise<readonly Problem[] | null> {
  if (videoServer === null) return null;
  if (!online) return [{ code: "offline" }];
  const video = await checkVideoServer(videoServer, patienceMs);
  const answer = await api.check(video !== null);
  if (answer.ok) return video === null ? [] : [video];
  // A browser that reaches neither most likely has no network, and the certificate is fine.
  return answer.error.code === "offline" || video === null ? [answer.error] : [answer.error, video];
}

/**
 * Why the browser does not reach the video server; null if it does. Any answer shows that the
 * certificate is trusted. OpenVidu lets no page read it; LiveKit does, and says whether it is ready.
 */
async function checkVideoServer(server: VideoServer, patienceMs: number): Promise<Problem | null> {
  const readable = server.kind === "livekit";
  try {
    const response = await fetch(openPage(server), {
      mode: readable ? "cors" : "no-cors",
      credentials: "omit",
      cache: "no-store",
      signal: AbortSignal.timeout(patienceMs),
    });
    return readable && !response.ok ? { code: "video_silent" } : null;
  } catch (error) {
    const page = certificatePage(server);
    // Browsers refuse a certificate that they do not trust at once.
    const silent = page.link === undefined || (error as Error).name === "TimeoutError";
    return silent ? { code: "video_silent" } : { code: "video_unreachable", ...page };
  }
}
