/** Fake cameras that can be told apart, and what colour the screen has where they should be seen. */
import type { Locator, Page } from "playwright-core";

export const colours = {
  red: [200, 40, 40],
  green: [30, 150, 60],
  blue: [40, 70, 200],
  yellow: [215, 185, 40],
} as const;

export type Colour = keyof typeof colours;

/** A script for a page whose cameras show nothing but a colour each, in the order they are listed. */
export const paintCameras = (...names: Colour[]): string => {
  const paints = names.map((name) => `rgb(${colours[name].join(" ")})`);
  return `(${replaceCameras.toString()})(${JSON.stringify(paints)})`;
};

/** Runs in the page. */
function replaceCameras(paints: string[]): void {
  const { mediaDevices } = navigator;
  const original = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = async (constraints) => {
    const stream = await original(constraints);
    const devices = await mediaDevices.enumerateDevices();
    const cameras = devices.filter(({ kind }) => kind === "videoinput");
    const used = stream.getVideoTracks()[0]?.getSettings().deviceId;
    const paint = paints[cameras.findIndex(({ deviceId }) => deviceId === used)];
    const canvas = document.createElement("canvas");
    canvas.width = 640;
    canvas.height = 480;
    const context = canvas.getContext("2d");
    setInterval(() => {
      if (context === null || paint === undefined) return;
      context.fillStyle = paint;
      context.fillRect(0, 0, canvas.width, canvas.height);
    }, 50);
    for (const track of stream.getVideoTracks()) {
      track.stop();
      stream.removeTrack(track);
      const [painted] = canvas.captureStream(20).getVideoTracks();
      if (painted !== undefined) stream.addTrack(painted);
    }
    return stream;
  };
}

/** Which colour `page` shows in the middle of `place`, as a person sees it; null for none of them. */
export async function colourAt(page: Page, place: Locator): Promise<Colour | null> {
  const box = await place.boundingBox();
  if (box === null) return null;
  const clip = { x: box.x + box.width / 2, y: box.y + box.height / 3, width: 1, height: 1 };
  const png = (await page.screenshot({ clip })).toString("base64");
  const pixel = await readPixel(page, png);
  const distance = (colour: Colour) =>
    Math.hypot(...colours[colour].map((part, index) => part - (pixel[index] ?? 0)));
  const names = Object.keys(colours) as Colour[];
  return names.find((colour) => distance(colour) < 60) ?? null;
}

/** The only pixel of a PNG, read by the browser: no decoder of our own. */
function readPixel(page: Page, png: string): Promise<number[]> {
  return page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const context = new OffscreenCanvas(1, 1).getContext("2d");
    context?.drawImage(image, 0, 0);
    return [...(context?.getImageData(0, 0, 1, 1).data ?? [])];
  }, png);
}
