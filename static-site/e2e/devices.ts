/** The devices that a page has opened. */
import type { Person } from "./person";

declare global {
  interface Window {
    /** Tracks that the page has opened. */
    opened: MediaStreamTrack[];
  }
}

/** Runs in the page, before its own code. */
export function watchDevices(): void {
  window.opened = [];
  const { mediaDevices } = navigator;
  const getUserMedia = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = async (constraints) => {
    const stream = await getUserMedia(constraints);
    window.opened.push(...stream.getTracks());
    return stream;
  };
}

/** Devices that are open, by kind. */
export const openDevices = ({ page }: Person) =>
  page.evaluate(() =>
    window.opened
      .filter(({ readyState }) => readyState === "live")
      .map(({ kind }) => kind)
      .sort(),
  );
