/** A list of devices. It is hidden if there is nothing to choose. */
import type { DeviceOption } from "../devices";
import { words } from "../messages";

interface Props {
  readonly kind: DeviceOption["kind"];
  readonly options: readonly DeviceOption[];
  readonly picked: string;
  readonly onPick: (id: string) => void;
}

export function Picker({ kind, options, picked, onPick }: Props) {
  const mine = options.filter((option) => option.kind === kind);
  if (mine.length === 0) return null;
  const id = `pick-${kind}`;
  return (
    <div class="picker">
      <label for={id}>{words.setup[kind]}</label>
      <select id={id} onChange={({ currentTarget }) => onPick(currentTarget.value)}>
        {mine.map((option, index) => (
          <option key={option.id} value={option.id} selected={option.id === picked}>
            {option.label || words.setup.unnamed(words.setup[kind], index + 1)}
          </option>
        ))}
      </select>
    </div>
  );
}
