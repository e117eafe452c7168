/** Says whether the servers answer. It never keeps anybody from joining. */
import { useEffect, useState } from "preact/hooks";
import type { Actions } from "../actions";
import { describe, words } from "../messages";
import { CertificateLink } from "../parts/CertificateLink";
import { Icon } from "../parts/Icon";
import { useLatest } from "../parts/useLatest";
import type { Problem } from "../result";
import type { Servers } from "../state";

interface Props {
  readonly servers: Servers;
  readonly actions: Actions;
}

export function ServersLine({ servers, actions }: Props) {
  const { busy, problems } = servers;
  // If the button went away when all is well, the focus would be lost.
  const [hadTrouble, setHadTrouble] = useState(false);
  if (!hadTrouble && problems !== null && problems.length > 0) setHadTrouble(true);
  const mayBeOver = useLatest(hadTrouble);
  useEffect(() => {
    const check = () => void actions.checkServers();
    // The user may have accepted the certificate in another tab.
    const comeBack = () => {
      if (mayBeOver.current) check();
    };
    check();
    addEventListener("online", check);
    addEventListener("offline", check);
    addEventListener("focus", comeBack);
    return () => {
      removeEventListener("online", check);
      removeEventListener("offline", check);
      removeEventListener("focus", comeBack);
    };
  }, [actions, mayBeOver]);
  return (
    <>
      {/* Screen readers read what changes in it, so it is there before it has something to say. */}
      <div class="servers" role="status">
        {problems === null ? null : <Findings problems={problems} />}
      </div>
      {hadTrouble ? (
        <button
          type="button"
          class="button"
          aria-disabled={busy}
          onClick={() => void actions.checkServers()}
        >
          {busy ? words.servers.checking : words.servers.again}
        </button>
      ) : null}
    </>
  );
}

function Findings({ problems }: { readonly problems: readonly Problem[] }) {
  if (problems.length === 0) {
    return (
      <p class="ready">
        <Icon drawing="done" /> {words.servers.ready}
      </p>
    );
  }
  return (
    <>
      {problems.map((problem) => (
        <div class="notice" data-tone="problem" key={problem.code}>
          <Icon drawing="problem" />
          <p>{describe(problem)}</p>
          {problem.link === undefined ? null : (
            <div class="notice-actions">
              <CertificateLink link={problem.link} />
            </div>
          )}
        </div>
      ))}
    </>
  );
}
