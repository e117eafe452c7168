/** How the video server is asked whether it answers. What people read of it is in `failures.test.tsx`. */
import { describe, expect, it, vi } from "vitest";
import { ok } from "../src/result";
import { checkServers } from "../src/servers";

const openviduUrl = "https://video.example:4443";
const api = { check: () => Promise.resolve(ok(null)) };

describe("the video server", () => {
  it("is asked for a page that needs no password, without telling who asks", async () => {
    const fetcher = vi.fn<typeof fetch>(() => Promise.resolve(new Response()));
    expect(await checkServers({ openviduUrl, api, online: true, fetcher })).toEqual([]);
    expect(fetcher).toHaveBeenCalledExactlyOnceWith(
      `${openviduUrl}/openvidu/api/config/openvidu-publicurl`,
      expect.objectContaining({ mode: "no-cors", credentials: "omit", cache: "no-store" }),
    );
  });

  it("is not waited for any longer than that", async () => {
    const fetcher: typeof fetch = (_url, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener("abort", () => reject(init.signal?.reason as Error));
      });
    const options = { openviduUrl, api, online: true, fetcher, patienceMs: 5 };
    expect(await checkServers(options)).toEqual([{ code: "video_silent" }]);
  });
});
