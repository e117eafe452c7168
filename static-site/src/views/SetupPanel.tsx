/** The preview of camera and microphone before a call, and the lists of devices. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Actions } from "../actions";
import { browserOf } from "../browser";
import type { Device } from "../devices";
import { describeDevices, words } from "../messages";
import { Icon } from "../parts/Icon";
import { LevelMeter } from "../parts/LevelMeter";
import { Notice } from "../parts/Notice";
import { Picker } from "../parts/Picker";
import { Video } from "../parts/Video";
import type { Setup } from "../setup-state";

interface Props {
  readonly setup: Setup;
  readonly actions: Actions;
}

export function SetupPanel({ setup, actions }: Props) {
  const { tracks, preferences } = setup;
  // After joining has failed, the devices are still open.
  const [wereOpen] = useState(setup.report !== null);
  useEffect(() => {
    if (!wereOpen) void actions.prepare();
  }, [actions, wereOpen]);
  return (
    <section class="setup" aria-label={words.setup.title}>
      <div class="preview">
        <Mirror camera={tracks?.camera ?? null} />
        <div class="preview-switches">
          {(["microphone", "camera"] as const).map((device) => (
            <Wanted
              key={device}
              device={device}
              on={preferences.wanted[device]}
              actions={actions}
            />
          ))}
        </div>
      </div>
      {tracks?.microphone && preferences.wanted.microphone ? (
        <LevelMeter track={tracks.microphone} onSilent={actions.microphoneSilent} />
      ) : null}
      <Readiness setup={setup} actions={actions} />
      <div class="pickers">
        <Pickers setup={setup} actions={actions} />
      </div>
    </section>
  );
}

/** The lists of devices. */
export function Pickers({ setup, actions }: Props) {
  // Only some browsers let a page choose the speaker.
  const kinds = (["camera", "microphone", "speaker"] as const).filter(
    (kind) => kind !== "speaker" || "setSinkId" in HTMLMediaElement.prototype,
  );
  return (
    <>
      {kinds.map((kind) => (
        <Picker
          key={kind}
          kind={kind}
          options={setup.options}
          picked={setup.preferences[kind]}
          onPick={(id) => void actions.pick(kind, id)}
        />
      ))}
    </>
  );
}

function Mirror({ camera }: { camera: MediaStreamTrack | null }) {
  const media = useMemo(() => (camera === null ? null : new MediaStream([camera])), [camera]);
  return (
    <span class="picture" data-camera={media === null ? "off" : "on"}>
      <Video media={media} muted mirrored onBlocked={() => undefined} />
      {media === null ? <span class="picture-state">{words.call.cameraOff}</span> : null}
    </span>
  );
}

interface WantedProps {
  readonly device: Device;
  readonly on: boolean;
  readonly actions: Actions;
}

function Wanted({ device, on, actions }: WantedProps) {
  return (
    <button
      type="button"
      class="button switch"
      data-on={on}
      onClick={() => void actions.want(device, !on)}
    >
      <Icon drawing={on ? device : `${device}Off`} />
      {words.call.turn[device][on ? "off" : "on"]}
    </button>
  );
}

/** Says whether the devices work, and if not, what to do about it. */
function Readiness({ setup, actions }: Props) {
  const { busy, report, silent, preferences } = setup;
  if (busy) return <p role="status">{words.setup.asking}</p>;
  if (report === null) return null;
  const trouble = describeDevices(report, browserOf(navigator.userAgent));
  if (trouble !== null) {
    return (
      <Notice
        tone="problem"
        actions={
          <button type="button" class="button" onClick={() => void actions.prepare()}>
            {words.tryAgain}
          </button>
        }
      >
        {trouble}
      </Notice>
    );
  }
  if (silent && preferences.wanted.microphone) {
    return <Notice tone="problem">{words.setup.silent}</Notice>;
  }
  return (
    <p class="ready" role="status">
      <Icon drawing="done" /> {words.setup.ready}
    </p>
  );
}
