/** Replaces a picture by the first letter of a name, on a colour of its own. */

const colours = 6;

export function Avatar({ name }: { name: string }) {
  const letters = Array.from(name);
  const sum = letters.reduce((total, letter) => total + (letter.codePointAt(0) ?? 0), 0);
  return (
    <span class="avatar" data-colour={sum % colours} aria-hidden="true">
      {letters[0]?.toLocaleUpperCase()}
    </span>
  );
}
