/**
 * Tracks with a black picture or silence. They stand in for a
 * device that is off, missing or denied, so that a stream always has both kinds
 * of tracks and a device can be started later without publishing again.
 */
import type { Device } from "./devices";

export function standInFor(device: Device): MediaStreamTrack {
  return device === "camera" ? blackPicture() : silence();
}

function blackPicture(): MediaStreamTrack {
  const canvas = document.createElement("canvas");
  canvas.width = 160;
  canvas.height = 90;
  const context = canvas.getContext("2d");
  const [track] = canvas.captureStream().getVideoTracks();
  if (track === undefined) throw new Error("a canvas gives no track");
  // A frame is captured only when something is drawn after the capture has begun.
  context?.fillRect(0, 0, canvas.width, canvas.height);
  track.contentHint = "motion";
  return track;
}

function silence(): MediaStreamTrack {
  const context = new AudioContext();
  const [track] = context.createMediaStreamDestination().stream.getAudioTracks();
  if (track === undefined) throw new Error("an audio context gives no track");
  // The track outlives the context, which need not run to be silent.
  void context.close();
  return track;
}
