/** The few drawings the page uses. They say nothing that is not also said in words. */

const camera =
  "M3 8a3 3 0 0 1 3-3h7a3 3 0 0 1 3 3v8a3 3 0 0 1-3 3H6a3 3 0 0 1-3-3z M16 10.5l5-3v9l-5-3";
const microphone =
  "M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3z M6 11a6 6 0 0 0 12 0 M12 17v4";
const struckOut = " M4 3l16 18";

const drawings = {
  camera,
  cameraOff: camera + struckOut,
  microphone,
  microphoneOff: microphone + struckOut,
  person: "M12 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8z M4 20.500c1-4 4.200-5.500 8-5.500s7 1.500 8 5.500",
  leave: "M10 4H6a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h4 M15 8l4 4-4 4 M19 12H9",
  screen: "M3 5h18v11H3z M8 20h8 M12 16v4 M12 13V8 M9.500 10.500L12 8l2.500 2.500",
  chat: "M4 5h16v11H9l-5 4z",
  settings: "M4 7h9 M17 7h3 M15 5v4 M4 17h3 M11 17h9 M9 15v4 M4 12h12 M20 12h0",
  gallery: "M4 5h7v6H4z M13 5h7v6h-7z M4 13h7v6H4z M13 13h7v6h-7z",
  speaker: "M3 5h18v10H3z M4 18h4 M10 18h4 M16 18h4",
  fullScreen: "M4 9V4h5 M15 4h5v5 M20 15v5h-5 M9 20H4v-5",
  link: "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1 M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
  problem: "M12 4 2.500 20h19z M12 10v4 M12 17v.1",
  info: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z M12 11v5 M12 8v.1",
} as const;

export type Drawing = keyof typeof drawings;

export function Icon({ drawing }: { drawing: Drawing }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={drawings[drawing]} />
    </svg>
  );
}
