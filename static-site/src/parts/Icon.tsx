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
